"""``revisar``: a line for each question, and each thing that may be wrong is said."""

import io
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.management import call_command
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from outbox import registry
from outbox.heartbeat import beating
from outbox.models import Heartbeat, Message
from outbox.services import enqueue
from reports.management import checkup
from tests.live import free_port
from trainings.documents import credentials
from web.models import Installation
from web.pdf import PdfUnavailable

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def well(settings: Any, tmp_path: Path) -> Any:
    """A portal in which everything is as it should be; on this machine, so without https."""
    settings.DATA_DIR = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.SECRET_KEY = "a key for the tests, as long as one has to be, and longer"
    credentials._key.cache_clear()
    for job in registry.jobs():
        with beating(job.name):
            pass
    yield settings
    credentials._key.cache_clear()


def look() -> tuple[int, dict[str, tuple[bool, str]]]:
    """The exit code, and what was said to each question."""
    said, code = io.StringIO(), 0
    try:
        call_command("revisar", stdout=said, no_color=True)
    except SystemExit as end:
        code = int(str(end.code))
    lines = [line.split("  ", 1) for line in said.getvalue().replace("MAL   ", "MAL  ").splitlines()]
    answers = {}
    for word, rest in lines:
        name, sentence = rest.split(": ", 1)
        answers[name] = (word.strip() == "bien", sentence)
    return code, answers


def test_portal_that_is_well_says_so_line_by_line(well: Any) -> None:
    code, answers = look()
    assert [said for is_well, said in answers.values() if not is_well] == []
    assert code == 0
    assert list(answers) == list(checkup.QUESTIONS)


def spoil_configuration(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SITE_URL, settings.DEMO = "https://red.example.org", True
    monkeypatch.setattr(checkup.checks, "run_checks", lambda **options: [])


def spoil_checks(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SITE_URL, settings.SESSION_COOKIE_SECURE = "https://red.example.org", False


def spoil_migrations(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    MigrationRecorder.Migration.objects.filter(app="reports").delete()


def spoil_zone(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Installation.objects.update_or_create(pk=1, defaults={"time_zone": "America/Ninguna"})


def spoil_zone_data(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = checkup.ZoneInfo
    monkeypatch.setattr(checkup, "ZoneInfo", lambda name: zone("America/New_York"))


def spoil_clock(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = SimpleNamespace(now=lambda: timezone.now() + timedelta(seconds=40), localtime=timezone.localtime)
    monkeypatch.setattr(checkup, "timezone", ahead)


def spoil_mail(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_URL = "django.core.mail.backends.smtp.EmailBackend", "smtp://x"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()


def spoil_storage(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(settings.MEDIA_ROOT).write_text("a file where the folder should be")


def spoil_space(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=90 << 20))


def spoil_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"


def spoil_worker(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old = timezone.now() - timedelta(hours=9)
    Heartbeat.objects.filter(pk="outbox.drain").update(last_succeeded_at=old, last_error="no ana@b.example")


def spoil_scheduler(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Heartbeat.objects.filter(pk="outbox.reconcile").update(last_started_at=timezone.now() - timedelta(minutes=6))


def spoil_outbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    enqueue(kind="outbox.recovered", dedupe_key="k", to_email="a@b.example", language="es", params={})
    past = timezone.now() - timedelta(minutes=20)
    Message.objects.update(due_at=past, next_attempt_at=past)


def spoil_pdf(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_library(html: str, **options: Any) -> bytes:
        raise PdfUnavailable("libpango")

    monkeypatch.setattr(checkup, "html_to_pdf", without_library)


def spoil_key(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SECRET_KEY = "short"


def spoil_issuer_key(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ISSUER_KEY = "no PEM at all"


def spoil_key_file(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.DATA_DIR / "secret_key").write_text("x")
    (settings.DATA_DIR / "secret_key").chmod(0o644)


@pytest.mark.parametrize(
    ("spoil", "name", "sentence"),
    [
        (spoil_configuration, "Configuración", "DEMO o DEBUG están encendidos"),
        (spoil_checks, "Configuración", "security.W012"),
        (spoil_migrations, "Migraciones", "faltan 1 por aplicar; ejecute: python manage.py prepare"),
        (spoil_zone, "Husos horarios", "el huso «America/Ninguna» no existe"),
        (spoil_zone_data, "Husos horarios", "los datos de husos horarios son viejos"),
        (spoil_clock, "Reloj", "el de la base de datos difieren"),
        (spoil_mail, "Correo", "el servidor de correo no acepta la conexión"),
        (spoil_storage, "Almacenamiento", "no se puede guardar un archivo"),
        (spoil_space, "Almacenamiento", "quedan 90 MB libres"),
        (spoil_redis, "Caché y avisos", "Redis no contesta"),
        (spoil_worker, "Trabajos", "Envío de correo (no a…@b.example)"),
        (spoil_scheduler, "Programador", "revise el servicio beat"),
        (spoil_outbox, "Bandeja de salida", "un mensaje espera desde hace 20 min"),
        (spoil_pdf, "PDF", "libpango-1.0-0"),
        (spoil_key, "Claves", "SECRET_KEY es corta o simple"),
        (spoil_issuer_key, "Claves", "ISSUER_KEY no se puede leer"),
        (spoil_key_file, "Claves", "chmod 600"),
    ],
)
def test_what_is_wrong_is_said_and_the_exit_code_is_one(
    well: Any, monkeypatch: pytest.MonkeyPatch, spoil: Callable[..., None], name: str, sentence: str
) -> None:
    spoil(well, monkeypatch)
    code, answers = look()
    assert code == 1
    is_well, said = answers[name]
    assert not is_well
    assert sentence in said
    assert len(answers) == len(checkup.QUESTIONS)


def test_mail_server_is_asked_and_gets_no_mail(well: Any) -> None:
    received: list[Any] = []

    class Sink:
        async def handle_DATA(self, *said: Any) -> str:
            received.append(said)
            return "250 taken"

    spoil_mail(well, pytest.MonkeyPatch())
    server = Controller(Sink(), hostname="127.0.0.1", port=well.EMAIL_PORT)
    server.start()
    try:
        code, answers = look()
    finally:
        server.stop()
    assert (code, answers["Correo"]) == (0, (True, "se conecta con 127.0.0.1"))
    assert received == []


def test_database_that_is_away_is_said_once_for_each_question(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("connection refused: password=ana@b.example\nmore")

    monkeypatch.setattr(checkup.heartbeat, "signs", away)
    code, answers = look()
    assert (code, answers["Trabajos"]) == (1, (False, "OperationalError: connection refused: password=a…@b.example"))
    assert answers["PDF"][0]
