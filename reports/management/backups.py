"""A backup: one tar file with the database, the media and a manifest, encrypted where a password is given.

The manifest comes last, so that a file that was cut short has none, and names size and SHA-256 of every member. The
secrets themselves are never in it, only their fingerprints. An encrypted backup is two texts of age, one after the
other: a key under the password, and the tar under that key, which is read and written piece by piece.
"""

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

import psycopg
import pyrage
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils.crypto import salted_hmac

from network.models import User
from reports.management import databases
from trainings.documents import credentials

FORMAT = 1
DATABASE, MANIFEST, MEDIA = "database", "manifest.json", "media/"
ARMOUR = b"-----BEGIN AGE ENCRYPTED FILE-----"
PIECE = 1 << 20
SNAPSHOTS = 5
NOTHING_CHANGED = "No se cambió nada."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup. ``members``: name → (bytes, SHA-256); ``missing``: files that rows name and nobody has."""

    format: int
    made_at: str
    version: str
    site: str
    database: str
    rows: dict[str, int]
    migrations: list[str]
    keys: dict[str, str]
    members: dict[str, tuple[int, str]]
    missing: list[str]


def product_version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def fingerprints() -> dict[str, str]:
    """Of each secret what tells it from another one and from which it cannot be found."""
    return {
        "SECRET_KEY": salted_hmac("reports.backups", "fingerprint", algorithm="sha256").hexdigest()[:32],
        "ISSUER_KEY": credentials.public_key()["kid"],
    }


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder beside the data, for pieces of a backup; gone afterwards. What a killed one left is cleared first."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    for old in settings.DATA_DIR.glob(".respaldo-*"):
        with (old / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # somebody is at work in it
            shutil.rmtree(old, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(prefix=".respaldo-", dir=settings.DATA_DIR) as name,
        (Path(name) / "lock").open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield Path(name)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise CommandError(f"No queda espacio en {settings.DATA_DIR}. {NOTHING_CHANGED}") from None
            raise
        except (OperationalError, psycopg.OperationalError) as error:
            raise CommandError(f"La base de datos no responde ({str(error).strip()}). {NOTHING_CHANGED}") from None


# --- Making one


def create(target: Path, *, password: str) -> Manifest:
    """Write a backup under a name that is free. It appears there whole and read again, or not at all."""
    if target.exists():
        raise CommandError(f"Ya existe {target}; elija otro nombre.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with workshop() as folder:
        media = folder / "media"
        # Before the snapshot for what is deleted while it is made, after it for what is written meanwhile. What was
        # written and deleted in between is named by a row of the snapshot alone: then another one is taken.
        hold(storages["default"], media)
        missing: set[str] | None = None
        for _turn in range(SNAPSHOTS):
            (folder / DATABASE).unlink(missing_ok=True)
            snapshot = databases.dump(folder / DATABASE, at_once=lambda: hold(storages["default"], media))
            before, missing = missing, {name for name in snapshot.files if not (media / name).exists()}
            if not missing or missing == before:
                break
        plain = folder / "backup.tar"
        manifest = _pack(folder, plain, snapshot, missing or set())
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                _encrypt(plain, out, password) if password else _copy(plain, out)
                out.flush()
                os.fsync(out.fileno())
            plain.unlink()
            (folder / "again").mkdir()
            unpack(part, folder / "again", password=password)
            os.link(part, target)
        finally:
            part.unlink(missing_ok=True)
    return manifest


def hold(storage: Storage, folder: Path) -> None:
    """Every stored file under a second name, at once and without its bytes; from another machine's storage, a copy.

    Stored files are never written over (:mod:`web.storage`), so a second name keeps what was there.
    """
    for name in stored(storage):
        kept = folder / name
        if kept.exists():
            continue
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            try:
                os.link(storage.path(name), kept)
            except (NotImplementedError, OSError) as error:
                if isinstance(error, OSError) and error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK):
                    raise
                with storage.open(name) as source, kept.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
        except FileNotFoundError:
            continue  # deleted since it was listed


def stored(storage: Storage, folder: str = "") -> Iterator[str]:
    """The names of all stored files, but those still being written."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in sorted(files) if name and not name.endswith(".part"))
    for name in sorted(folders):
        yield from stored(storage, f"{folder}{name}/")


def _pack(folder: Path, target: Path, snapshot: databases.Snapshot, missing: set[str]) -> Manifest:
    media = folder / "media"
    files = sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())
    members: dict[str, tuple[int, str]] = {}
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in [(DATABASE, folder / DATABASE), *((MEDIA + name, media / name) for name in files)]:
            with path.open("rb") as file:
                members[name] = (path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
                file.seek(0)
                archive.addfile(_header(name, members[name][0]), file)
        manifest = Manifest(
            format=FORMAT,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=product_version(),
            site=settings.SITE_URL,
            database=connection.vendor,
            rows=snapshot.rows,
            migrations=snapshot.migrations,
            keys=fingerprints(),
            members=members,
            missing=sorted(missing),
        )
        written = folder / MANIFEST
        written.write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=False))
        with written.open("rb") as file:
            archive.addfile(_header(MANIFEST, written.stat().st_size), file)
    return manifest


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, 0o600, int(datetime.now(UTC).timestamp())
    return header


def _copy(source: Path, target: IO[bytes]) -> None:
    with source.open("rb") as file:
        shutil.copyfileobj(file, target, PIECE)


def _encrypt(source: Path, target: IO[bytes], password: str) -> None:
    key = pyrage.x25519.Identity.generate()
    target.write(pyrage.passphrase.encrypt(str(key).encode(), password, armored=True))
    with source.open("rb") as file:
        pyrage.encrypt_io(file, target, [key.to_public()])


# --- Reading one


def is_encrypted(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(ARMOUR)) == ARMOUR
    except OSError as error:
        raise CommandError(f"No se puede leer {file}: {error.strerror}. {NOTHING_CHANGED}") from None


def unpack(file: Path, folder: Path, *, password: str) -> Manifest:
    """Every member in a folder, each as its checksum says; else a sentence."""
    if is_encrypted(file):
        plain = folder / "backup.tar"
        _decrypt(file, plain, password)
        file = plain
    damaged = CommandError(f"El respaldo está incompleto o dañado; use otra copia. {NOTHING_CHANGED}")
    found: dict[str, tuple[int, str]] = {}
    try:
        with tarfile.open(file, "r:") as archive:
            for member in archive:
                source = archive.extractfile(member)
                if source is None or not _is_ours(member.name):
                    raise damaged
                found[member.name] = _keep(source, folder / member.name)
        read = json.loads((folder / MANIFEST).read_bytes())
        if read["format"] != FORMAT:
            raise CommandError(
                f"El respaldo tiene el formato {read['format']} y este portal lee el {FORMAT}. "
                f"Actualice el portal. {NOTHING_CHANGED}"
            )
        manifest = Manifest(
            **read | {"members": {name: (size, digest) for name, (size, digest) in read["members"].items()}}
        )
    except (tarfile.TarError, EOFError, FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        raise damaged from None
    found.pop(MANIFEST)
    for name in sorted(found.keys() | manifest.members.keys()):
        if found.get(name) != manifest.members.get(name):
            raise CommandError(f"El respaldo está dañado en «{name}»; use otra copia. {NOTHING_CHANGED}")
    return manifest


def _is_ours(name: str) -> bool:
    parts = PurePosixPath(name).parts
    inside = ".." not in parts and not name.startswith("/")
    return name in (DATABASE, MANIFEST) or (inside and name.startswith(MEDIA) and len(parts) > 1)


def _keep(source: IO[bytes], target: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        while piece := source.read(PIECE):
            digest.update(piece)
            size += out.write(piece)
    return size, digest.hexdigest()


def _decrypt(file: Path, target: Path, password: str) -> None:
    if not password:
        raise CommandError(f"El respaldo está cifrado; dé la contraseña en BACKUP_PASSWORD. {NOTHING_CHANGED}")
    with file.open("rb") as source, target.open("wb") as plain:
        head = b""
        for line in source:
            head += line
            if line.startswith(b"-----END") or len(head) > 4096:
                break
        try:
            key = pyrage.x25519.Identity.from_str(pyrage.passphrase.decrypt(head, password).decode())
        except pyrage.DecryptError:
            raise CommandError(f"La contraseña no abre este respaldo. {NOTHING_CHANGED}") from None
        except pyrage.IdentityError:
            raise CommandError(f"El respaldo está incompleto o dañado; use otra copia. {NOTHING_CHANGED}") from None
        try:
            pyrage.decrypt_io(source, plain, [key])
        except (pyrage.DecryptError, OSError) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise CommandError(f"El respaldo está incompleto o dañado; use otra copia. {NOTHING_CHANGED}") from None


# --- Restoring one


def restore(file: Path, *, password: str, replace: bool, older: bool, other_keys: bool, keep: Path | None) -> Manifest:
    """Put a backup in the place of what is there. Until the database commits, everything is as it was.

    Files come first (their names are random, so they stand beside the old ones), then the database at one stroke, then
    the files that no row names go. ``keep`` is where a backup of the present state is written first.
    """
    with the_only_one(), workshop() as folder:
        manifest = unpack(file, folder, password=password)
        check_version(manifest, older=older)
        check_keys(manifest, other_keys=other_keys)
        if has_data():
            if not replace:
                raise CommandError(
                    f"Este portal ya tiene datos. Para cambiarlos por los del respaldo: --reemplazar. {NOTHING_CHANGED}"
                )
            if keep:
                create(keep, password=password)
        if others := databases.others_connected():
            raise CommandError(
                f"Hay {others} conexiones abiertas a la base de datos. Detenga web, worker, heavy y beat, y repita. "
                f"{NOTHING_CHANGED}"
            )
        storage = storages["default"]
        names = [name.removeprefix(MEDIA) for name in manifest.members if name.startswith(MEDIA)]
        before = set(stored(storage))
        for name in names:
            if name not in before:
                put(storage, name, folder / MEDIA / name)
        databases.load(folder / DATABASE, manifest.rows)
        for name in before & set(names):
            if digest_of(storage, name) != manifest.members[MEDIA + name][1]:
                storage.delete(name)
                put(storage, name, folder / MEDIA / name)
        for name in before - set(names):
            storage.delete(name)
        cache.clear()
    return manifest


@contextmanager
def the_only_one() -> Iterator[None]:
    """Hold the lock that ``portal run`` holds on its data."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(f"El portal está en marcha. Deténgalo y repita. {NOTHING_CHANGED}") from None
        yield


def check_version(manifest: Manifest, *, older: bool) -> None:
    if manifest.database != connection.vendor:
        raise CommandError(
            f"El respaldo es de {manifest.database} y este portal usa {connection.vendor}: un respaldo se restaura en "
            f"la misma clase de base de datos. Cambie DATABASE_URL. {NOTHING_CHANGED}"
        )
    loader = MigrationLoader(None)
    ours = {f"{app}.{name}" for app, name in loader.disk_migrations}
    apps = {app for app, _name in loader.disk_migrations}
    theirs = {name for name in manifest.migrations if name.split(".")[0] in apps}
    for (app, name), migration in loader.disk_migrations.items():  # one may stand for several earlier ones
        joined = {f"{of}.{old}" for of, old in migration.replaces}
        if joined and joined <= theirs:
            theirs = theirs - joined | {f"{app}.{name}"}
    if newer := sorted(theirs - ours):
        raise CommandError(
            f"El respaldo es de una versión más nueva del portal ({manifest.version}, {newer[-1]}). "
            f"Instale esa versión y repita. {NOTHING_CHANGED}"
        )
    if (missing := sorted(ours - theirs)) and not older:
        raise CommandError(
            f"El respaldo es de una versión anterior del portal ({manifest.version}; le faltan {len(missing)} "
            "migraciones). Restáurelo con esa versión, o use --version-anterior y después «manage.py prepare», que lo "
            f"actualiza. {NOTHING_CHANGED}"
        )


def check_keys(manifest: Manifest, *, other_keys: bool) -> None:
    here = fingerprints()
    other = [name for name, value in manifest.keys.items() if here.get(name) != value]
    if other and not other_keys:
        raise CommandError(
            f"El respaldo se hizo con otra {' y otra '.join(other)}: los enlaces de los correos y las credenciales "
            "ya entregadas dejarían de valer. Ponga las claves que se guardaron aparte (docs/operations.md), o "
            f"acéptelo con --otras-claves. {NOTHING_CHANGED}"
        )


def has_data() -> bool:
    """Whether anybody works here: an account, or a stored file. Reference data of a new portal are not data."""
    tables = connection.introspection.table_names()
    is_used = User._meta.db_table in tables and User.objects.exists()
    return is_used or next(stored(storages["default"]), None) is not None


def put(storage: Storage, name: str, source: Path) -> None:
    with source.open("rb") as file:
        kept = storage.save(name, File(file))
    if kept != name:
        storage.delete(kept)
        raise CommandError(f"El archivo «{name}» no se pudo guardar con su nombre.")


def digest_of(storage: Storage, name: str) -> str:
    with storage.open(name) as file:
        digest = hashlib.sha256()
        for piece in file.chunks():
            digest.update(piece)
    return digest.hexdigest()
