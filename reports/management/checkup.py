"""What a running installation is asked by ``revisar``: each question answers a sentence or raises one."""

import os
import shutil
import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import redis
from django.conf import settings
from django.core import checks
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now
from django.utils import timezone

from outbox import heartbeat
from outbox.models import Heartbeat, Message
from reports.management import backups
from web import identity
from web.logs import mask
from web.pdf import PdfUnavailable, html_to_pdf

FREE_BYTES = 1 << 30
DRIFT = timedelta(seconds=5)
WAIT = timedelta(seconds=settings.DRAIN_STALE_SECONDS)
CLOCK = "outbox.reconcile"  # what the clock alone asks for, every minute
KEY_LENGTH = 50


class Trouble(Exception):
    """What is wrong and what to do, in one sentence."""


def configuration() -> str:
    is_public = urlsplit(settings.SITE_URL).scheme == "https"
    found = checks.run_checks(include_deployment_checks=is_public)
    # What these two say has a question of its own.
    serious = [one for one in found if one.level >= checks.WARNING and one.id not in ("web.W001", "security.W009")]
    if serious:
        raise Trouble("; ".join(f"{one.id} {one.msg}".replace("\n", " ") for one in serious))
    if is_public and (settings.DEMO or settings.DEBUG):
        raise Trouble("DEMO o DEBUG están encendidos en un portal público; quítelos.")
    return f"correcta para {settings.SITE_URL}" + ("" if is_public else " (sin https: solo para esta máquina)")


def migrations() -> str:
    executor = MigrationExecutor(connection)
    if pending := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Trouble(f"faltan {len(pending)} por aplicar; ejecute: python manage.py prepare")
    return f"las {len(executor.loader.applied_migrations)} aplicadas"


def time_zone() -> str:
    """Mexico City has had no summer time since 2022; old zone data would move every event by an hour."""
    summer = datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("America/Mexico_City")).utcoffset()
    if summer != timedelta(hours=-6):
        raise Trouble("los datos de husos horarios son viejos; instale otra vez requirements/run.txt (tzdata)")
    name = identity.current().time_zone
    try:
        return f"{name}, ahora son las {timezone.localtime(timezone=ZoneInfo(name)):%H:%M}"
    except (ZoneInfoNotFoundError, ValueError):
        raise Trouble(f"el huso «{name}» no existe; elija otro en /gestion/ajustes/") from None


def clock() -> str:
    """The claims of the outbox go by the database's clock, pages by this machine's."""
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        [there] = cursor.fetchone()
    if isinstance(there, str):
        there = datetime.fromisoformat(f"{there}+00:00")
    # The database's clock may be in whole seconds, and asking takes its time.
    drift = max(before - there - timedelta(seconds=1), there - timezone.now(), timedelta())
    if drift > DRIFT:
        raise Trouble(
            f"este reloj y el de la base de datos difieren {drift.total_seconds():.0f} s; ponga ambos en hora (NTP)"
        )
    return "en hora con la base de datos"


def mail() -> str:
    """Connects and signs in to the mail server; sends nothing."""
    line = get_connection(timeout=10)
    try:
        line.open()
        line.close()
    except (OSError, ValueError) as error:
        raise Trouble(f"el servidor de correo no acepta la conexión ({mask(str(error))}); revise EMAIL_URL") from None
    return f"se conecta con {settings.EMAIL_HOST}" if settings.EMAIL_URL else "se escribe en DATA_DIR/mail, no se envía"


def storage() -> str:
    place, said = storages["default"], b"revisar"
    try:
        name = place.save(f"revisar/{token_hex(16)}.txt", ContentFile(said))
        try:
            with place.open(name) as file:
                same = file.read() == said
        finally:
            place.delete(name)
    except Exception as error:
        raise Trouble(f"no se puede guardar un archivo ({type(error).__name__}: {error})") from None
    if not same:
        raise Trouble("lo que se lee no es lo que se guardó")
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < FREE_BYTES:
        raise Trouble(f"quedan {free / (1 << 20):.0f} MB libres en {settings.DATA_DIR}; deje al menos 1 GB")
    return f"se escribe y se lee; {free / (1 << 30):.0f} GB libres"


def cache_and_broker() -> str:
    if not settings.REDIS_URL:
        return "sin Redis: archivos en DATA_DIR"
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3, socket_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        raise Trouble(f"Redis no contesta ({mask(str(error))}); el portal sigue, más lento") from None
    return "Redis contesta"


def worker() -> str:
    """Every job's last success. None of all lately: no worker lives; some missing: they fail or wait."""
    stale = [sign for sign in heartbeat.signs() if sign.is_stale and sign.name != CLOCK]
    if stale:
        said = "; ".join(f"{sign.label}{f' ({mask(sign.last_error)})' if sign.last_error else ''}" for sign in stale)
        raise Trouble(f"sin terminar a tiempo: {said}. Revise los servicios worker y heavy")
    return "todos los trabajos terminaron a tiempo"


def scheduler() -> str:
    row = Heartbeat.objects.filter(pk=CLOCK).annotate(now=Now()).first()
    if row is None or row.last_started_at is None or row.now - row.last_started_at > WAIT:
        raise Trouble("el reloj no ha pedido nada en cinco minutos; revise el servicio beat")
    return "el reloj pide sus trabajos"


def outbox() -> str:
    waiting = heartbeat.oldest_overdue()
    if waiting is not None and waiting > WAIT:
        raise Trouble(f"un mensaje espera desde hace {waiting.total_seconds() / 60:.0f} min; vea /gestion/correo/")
    counts = Message.objects.all().counts()
    return f"nada atrasado; {counts.get('in_doubt', 0)} en duda, {counts.get('failed', 0)} fallidos"


def pdf() -> str:
    try:
        made = html_to_pdf("<html lang=es><title>revisar</title><p>revisar</p>", moment=timezone.now())
    except PdfUnavailable as error:
        raise Trouble(
            f"faltan bibliotecas; apt-get install --no-install-recommends {' '.join(error.packages)}"
        ) from None
    return f"se imprimen ({len(made)} bytes de prueba)"


def keys() -> str:
    """Long enough, readable, in files of nobody else; said by fingerprint, to compare with what was kept apart."""
    if len(settings.SECRET_KEY) < KEY_LENGTH or len(set(settings.SECRET_KEY)) < 5:
        raise Trouble(f"SECRET_KEY es corta o simple; ponga {KEY_LENGTH} caracteres al azar o más")
    try:
        prints = backups.fingerprints()
    except (ValueError, OSError) as error:
        raise Trouble(f"ISSUER_KEY no se puede leer ({error}); ponga la clave que se guardó aparte") from None
    for name in ("secret_key", "issuer_key.pem"):
        path = settings.DATA_DIR / name
        if path.exists() and stat.S_IMODE(os.stat(path).st_mode) & 0o077:
            raise Trouble(f"otras cuentas pueden leer {path}; ejecute: chmod 600 {path}")
    return ", ".join(f"{name} {value[:12]}…" for name, value in prints.items())


QUESTIONS: dict[str, Callable[[], str]] = {
    "Configuración": configuration,
    "Migraciones": migrations,
    "Husos horarios": time_zone,
    "Reloj": clock,
    "Correo": mail,
    "Almacenamiento": storage,
    "Caché y avisos": cache_and_broker,
    "Trabajos": worker,
    "Programador": scheduler,
    "Bandeja de salida": outbox,
    "PDF": pdf,
    "Claves": keys,
}


def ask(question: Callable[[], str]) -> tuple[bool, str]:
    """Whether all is well, and the sentence. What nobody foresaw is a sentence too."""
    try:
        return True, question()
    except Trouble as trouble:
        return False, str(trouble)
    except Exception as error:
        return False, mask(f"{type(error).__name__}: {error}".splitlines()[0])
