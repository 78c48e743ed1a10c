"""``respaldar`` and ``restaurar``: what was there comes back, and what is wrong is said before anything changes."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.utils import timezone

from events.models import Material, Registration
from network.models import Designation, User
from outbox.models import Message, Step
from outbox.services import enqueue
from reports.management import backups, databases
from tests.factories import (
    PASSWORD,
    AdminFactory,
    DesignationFactory,
    EventFactory,
    MaterialFactory,
    RegistrationFactory,
    StaffFactory,
)  # fmt: skip

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
LETTER = b"%PDF-1.7 the letter"
NOTHING = "No se cambió nada."
KEPT = 60


@pytest.fixture
def portal(settings: Any, tmp_path: Path) -> Path:
    """The data folder of a portal at work: accounts, an event, a registration, a letter, mail to come, a session."""
    settings.DATA_DIR = tmp_path
    StaffFactory(email="personal@prueba.example")
    AdminFactory(email="admin@prueba.example")
    letter = DesignationFactory()
    letter.oficio_file.save("oficio.pdf", ContentFile(LETTER))
    RegistrationFactory(event=EventFactory(slug="webinar", title="Webinar que vuelve"))
    for key, due in (("due", timezone.now() - timedelta(minutes=1)), ("later", timezone.now() + timedelta(days=9))):
        enqueue(kind="outbox.recovered", dedupe_key=key, to_email="a@b.example", language="es", params={}, due_at=due)
    Client().post("/cuenta/login/", {"login": "personal@prueba.example", "password": PASSWORD})
    assert Session.objects.exists()
    return tmp_path


def back_up(portal: Path, name: str = "copia.tar", **options: Any) -> Path:
    call_command("respaldar", str(portal / name), stdout=io.StringIO(), **options)
    return portal / name


def restore(file: Path, *flags: str) -> str:
    said = io.StringIO()
    call_command("restaurar", str(file), *flags, stdout=said)
    return said.getvalue()


def wipe(portal: Path) -> None:
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(portal / "media", ignore_errors=True)
    assert not backups.has_data()


def walk() -> None:
    """The smoke journey: the public pages, the staff's after signing in, and a file's bytes."""
    visitor = Client()
    for path in ("/", "/calendario/", "/municipios/", "/red/", "/resultados/", "/acciones/", "/readyz"):
        assert visitor.get(path).status_code == 200, path
    assert "Webinar que vuelve" in visitor.get("/eventos/webinar/").text
    assert visitor.get("/gestion/").status_code == 302
    visitor.post("/cuenta/login/", {"login": "personal@prueba.example", "password": PASSWORD})
    for path in ("/gestion/", "/gestion/personas/", "/gestion/correo/", "/gestion/designaciones/"):
        assert visitor.get(path).status_code == 200, path
    letter = Designation.objects.get()
    with letter.oficio_file.open() as file:
        assert file.read() == LETTER
    assert Registration.objects.count() == 1


def state() -> tuple[Any, ...]:
    """What a restore that fails must leave alone."""
    with Designation.objects.get().oficio_file.open() as file:
        letter = file.read()
    return list(User.objects.values_list("pk", "email")), letter, Session.objects.count(), Message.objects.count()


def test_wiped_portal_comes_back(portal: Path) -> None:
    copy = back_up(portal)
    assert copy.stat().st_mode & 0o777 == 0o600
    wipe(portal)
    said = restore(copy)
    assert "Restaurado lo del" in said
    walk()
    # Nobody is signed in any more, and mail that was due then is not sent once more by itself.
    assert dict(Message.objects.values_list("dedupe_key", "state")) == {"due": "in_doubt", "later": "scheduled"}
    assert "pudo haber salido después" in Step.objects.get().text
    assert [path.name for path in portal.glob(".respaldo-*")] == []


def test_sessions_of_the_backup_are_over(portal: Path) -> None:
    copy = back_up(portal)
    restore(copy, "--reemplazar")
    assert not Session.objects.exists()


def test_what_is_replaced_is_backed_up_first_and_comes_back_too(portal: Path) -> None:
    copy = back_up(portal)
    AdminFactory(email="despues@prueba.example")
    MaterialFactory(url="", file=ContentFile(b"%PDF later", name="b.pdf"))
    added = Material.objects.get().file.name
    said = restore(copy, "--reemplazar")
    assert not User.objects.filter(email="despues@prueba.example").exists()
    assert not (portal / "media" / added).exists()
    [kept] = (portal / "respaldos").glob("antes-de-restaurar-*.tar")
    assert str(kept) in said
    restore(kept, "--reemplazar", "--sin-copia-previa")
    assert User.objects.filter(email="despues@prueba.example").exists()
    with Material.objects.get().file.open() as file:
        assert file.read() == b"%PDF later"


def test_damaged_stored_file_is_mended(portal: Path) -> None:
    copy = back_up(portal)
    name = Designation.objects.get().oficio_file.name
    (portal / "media" / name).unlink()
    (portal / "media" / name).write_bytes(b"something else")
    restore(copy, "--reemplazar", "--sin-copia-previa")
    walk()


def test_encrypted_backup_tells_nothing_and_comes_back(portal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_PASSWORD", "una contraseña larga")
    copy = back_up(portal, "copia.tar.age", cifrar=True)
    assert b"prueba.example" not in copy.read_bytes()
    before = state()
    for password, sentence in (("otra", "La contraseña no abre este respaldo."), ("", "Falta la contraseña")):
        monkeypatch.setenv("BACKUP_PASSWORD", password)
        with pytest.raises(CommandError, match=sentence):
            restore(copy, "--reemplazar")
    monkeypatch.setenv("BACKUP_PASSWORD", "una contraseña larga")
    for spoil in (cut, change_a_byte):
        with pytest.raises(CommandError, match="incompleto o dañado"):
            restore(spoil(copy), "--reemplazar")
        monkeypatch.setenv("BACKUP_PASSWORD", "una contraseña larga")
    assert state() == before
    wipe(portal)
    restore(copy)
    walk()


def cut(file: Path) -> Path:
    target = file.with_name(f"cut-{file.name}")
    target.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return target


def change_a_byte(file: Path) -> Path:
    """One bit in the middle, which belongs to the database."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    target = file.with_name(f"changed-{file.name}")
    target.write_bytes(data)
    return target


def with_manifest(file: Path, change: Callable[[dict[str, Any]], None], *, name: str = "manifest.json") -> Path:
    target = file.with_name(f"other-{file.name}")
    with tarfile.open(file) as source, tarfile.open(target, "w") as made:
        for member in source:
            opened = source.extractfile(member)
            assert opened is not None
            data = opened.read()
            if member.name == "manifest.json":
                manifest = json.loads(data)
                change(manifest)
                data = json.dumps(manifest).encode()
                member.name = name
                member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return target


WRONG: list[tuple[Callable[[Path], Path], str]] = [
    (cut, "incompleto o dañado"),
    (change_a_byte, "dañado en «database»"),
    (lambda file: with_manifest(file, lambda m: None, name="media/x"), "incompleto o dañado"),
    (lambda file: with_manifest(file, lambda m: None, name="../manifest.json"), "incompleto o dañado"),
    (lambda file: with_manifest(file, lambda m: m.update(format=2)), "tiene el formato 2 y este portal lee el 1"),
    (lambda file: with_manifest(file, lambda m: m["members"].update({"media/x": [1, "a"]})), "dañado en «media/x»"),
    (lambda file: with_manifest(file, lambda m: m["migrations"].append("network.9999_x")), "versión más nueva"),
    (lambda file: with_manifest(file, lambda m: m["migrations"].pop()), "versión anterior .* le faltan 1 "),
    (lambda file: with_manifest(file, lambda m: m.update(database="oracle")), "es de oracle y este portal usa"),
    (lambda file: with_manifest(file, lambda m: m["keys"].update(SECRET_KEY="x")), "con otra SECRET_KEY"),
    (lambda file: with_manifest(file, lambda m: m["rows"].update(network_user=999)), "network_user|está dañada"),
    (lambda file: Path("/nowhere/copia.tar"), "No se puede leer /nowhere/copia.tar: No such file"),
    (lambda file: Path(__file__), "incompleto o dañado"),
]


def test_wrong_backup_is_refused_and_nothing_changes(portal: Path) -> None:
    copy = back_up(portal)
    before = state()
    for spoil, sentence in WRONG:
        with pytest.raises(CommandError, match=sentence) as refused:
            restore(spoil(copy), "--reemplazar", "--sin-copia-previa")
        assert NOTHING in str(refused.value) or "todo quedó como estaba" in str(refused.value)
        assert state() == before, sentence
        assert [path.name for path in portal.glob(".respaldo-*")] == []


def test_portal_with_data_is_not_overwritten_unless_told_so(portal: Path) -> None:
    copy = back_up(portal)
    before = state()
    with pytest.raises(CommandError, match=r"ya tiene datos.*--reemplazar"):
        restore(copy)
    assert state() == before


def test_older_backup_and_other_keys_are_taken_where_told_so(portal: Path) -> None:
    copy = back_up(portal)
    older = with_manifest(copy, lambda m: (m["migrations"].pop(), m["keys"].update(ISSUER_KEY="x")))
    restore(older, "--reemplazar", "--version-anterior", "--otras-claves", "--sin-copia-previa")
    walk()


def test_backup_from_before_migrations_were_joined_is_not_taken_for_another_version(portal: Path) -> None:
    disk = MigrationLoader(None).disk_migrations
    joined = {f"{app}.{name}" for (app, name), migration in disk.items() if migration.replaces}
    copy = back_up(portal)
    earlier = with_manifest(copy, lambda m: m.update(migrations=[one for one in m["migrations"] if one not in joined]))
    restore(earlier, "--reemplazar", "--sin-copia-previa")
    walk()


def test_running_portal_is_not_restored_under_its_feet(portal: Path) -> None:
    copy = back_up(portal)
    with backups.the_only_one(), pytest.raises(CommandError, match="El portal está en marcha"):
        restore(copy, "--reemplazar")
    if connection.vendor == "postgresql":
        with databases._postgres(), pytest.raises(CommandError, match=r"Hay \d conexiones abiertas"):
            restore(copy, "--reemplazar", "--sin-copia-previa")


def test_database_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    away = {"DATABASE_URL": "postgres://portal@127.0.0.1:1/portal", "REDIS_URL": "", "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "respaldar", str(tmp_path / "copia.tar")]
    done = subprocess.run(
        command, cwd=project.BASE_DIR, env=os.environ | away | {"SECRET_KEY": "x" * 50}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "La base de datos no responde" in done.stderr
    assert "No se cambió nada." in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "copia.tar").exists()


def test_backup_never_replaces_a_file(portal: Path) -> None:
    copy = back_up(portal)
    with pytest.raises(CommandError, match="Ya existe"):
        back_up(portal, copy.name)


def test_file_that_rows_name_and_nobody_has_is_told(portal: Path) -> None:
    name = Designation.objects.get().oficio_file.name
    (portal / "media" / name).unlink()
    said = io.StringIO()
    call_command("respaldar", str(portal / "copia.tar"), stdout=io.StringIO(), stderr=said)
    assert f"nombra un archivo que ya no existe: {name}" in said.getvalue()


def test_portal_that_goes_on_writing_is_backed_up_at_one_moment(portal: Path) -> None:
    """Rows and files come and go while the backup is made: every file that a row of it names is in it."""
    event, over = EventFactory(), threading.Event()
    made: list[Material] = []

    def write() -> None:
        try:
            while not over.is_set():
                file = ContentFile(b"%PDF" + os.urandom(2000), name="a.pdf")
                made.append(MaterialFactory(event=event, url="", file=file))
                if len(made) > KEPT:
                    gone = made[len(made) - KEPT]
                    gone.delete()
                    gone.file.storage.delete(gone.file.name)
                time.sleep(0.03)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(made) < 2 * KEPT:
            assert writer.is_alive()
            time.sleep(0.05)
        copies = [back_up(portal, f"{number}.tar") for number in range(3)]
        assert writer.is_alive()
    finally:
        over.set()
        writer.join()
    for copy in copies:
        with tarfile.open(copy) as archive:
            manifest = json.load(archive.extractfile("manifest.json"))  # type: ignore[arg-type]
        assert manifest["missing"] == []
        restore(copy, "--reemplazar", "--sin-copia-previa")
        names = [material.file.name for material in Material.objects.all()]
        assert len(names) >= KEPT - 1
        assert all(len((portal / "media" / name).read_bytes()) == 2004 for name in names)


# The process dies where the new database is half in its place: on SQLite after some pages, else before the COMMIT.
DIE = """
import os, signal, sqlite3, sys
import django
django.setup()
from django.core.management import call_command
from reports.management import backups, databases
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[1] == "dump":
    databases.dump = lambda *a, **k: die()
class Dies(sqlite3.Connection):
    def backup(self, target):
        super().backup(target, pages=20, progress=die)
connect = sqlite3.connect
databases.sqlite3.connect = lambda *a, **k: connect(*a, **k, factory=Dies)
copy = databases.shutil.copyfileobj
def copy_and_die(*a):
    copy(*a)
    a[1].flush()
    die()
databases.shutil.copyfileobj = copy_and_die
call_command(*sys.argv[2:])
"""


def run_and_die(portal: Path, where: str, *command: str) -> None:
    place = connection.settings_dict
    url = f"sqlite:///{place['NAME']}"
    if connection.vendor == "postgresql":
        url = f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT'] or 5432}/{place['NAME']}"
        connection.close()
        connection.close_pool()
    environment = os.environ | {
        "DATABASE_URL": url,
        "DATA_DIR": str(portal),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    environment |= {"SECRET_KEY": project.SECRET_KEY}
    done = subprocess.run(
        [sys.executable, "-c", DIE, where, *command], cwd=project.BASE_DIR, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def test_killed_restore_leaves_what_was_there(portal: Path) -> None:
    copy = back_up(portal)
    AdminFactory(email="despues@prueba.example")
    before = state()
    run_and_die(portal, "load", "restaurar", str(copy), "--reemplazar", "--sin-copia-previa", "--otras-claves")
    assert state() == before
    assert len(list(portal.glob(".respaldo-*"))) == 1
    restore(copy, "--reemplazar", "--sin-copia-previa")  # which also clears what the killed one left
    assert list(portal.glob(".respaldo-*")) == []
    assert not User.objects.filter(email="despues@prueba.example").exists()
    walk()


def test_killed_backup_leaves_no_file_under_its_name(portal: Path) -> None:
    run_and_die(portal, "dump", "respaldar", str(portal / "copia.tar"))
    assert not (portal / "copia.tar").exists()
    back_up(portal)
    assert list(portal.glob(".respaldo-*")) == []
