"""The database as one file and back: a snapshot is of one moment, a restore happens whole or not at all."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from django.apps import apps
from django.core.management.base import CommandError
from django.db import connection, models

# What a restored database must not go on with: who was signed in then may have signed out since, and mail that was
# about to leave then has most likely left (a promise of ours is that nothing is sent twice without saying so).
SAID = "Estaba por salir cuando se hizo el respaldo que se restauró; pudo haber salido después."
DUE = "state IN ('scheduled', 'retry', 'queued', 'sending') AND due_at <= CURRENT_TIMESTAMP"
AFTERWARDS = (
    "DELETE FROM django_session",
    "INSERT INTO outbox_step (message_id, state, text) "
    f"SELECT id, 'in_doubt', '{SAID}' FROM outbox_message WHERE {DUE}",
    "UPDATE outbox_message SET state = 'in_doubt', claim_token = NULL, lease_until = NULL, payload = NULL, "
    f"last_response = '{SAID}' WHERE {DUE}",
)


WAIT_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What stands in a dump: rows by table, applied migrations (``app.name``), files that rows name."""

    rows: dict[str, int]
    migrations: list[str]
    files: set[str]


def dump(target: Path, *, at_once: Callable[[], None]) -> Snapshot:
    """Write the database to a file as it is at one moment, while others go on writing; ``at_once`` right after it."""
    return _dump_sqlite(target, at_once) if connection.vendor == "sqlite" else _dump_postgres(target, at_once)


def load(source: Path, rows: dict[str, int]) -> None:
    """Put a dump in the place of the database, in one transaction, if it holds so many rows of each table."""
    connection.close()
    if connection.vendor == "sqlite":
        _load_sqlite(source, rows)
    else:
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
        _load_postgres(source, rows)


def others_connected() -> int:
    """How many connections to the database are not ours; those just closed get some seconds to go.

    SQLite knows of none: there ``portal run`` holds a lock.
    """
    if connection.vendor == "sqlite":
        return 0
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
    question = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        with _postgres() as database:
            [others] = database.execute(question).fetchone() or [0]
        if not others or time.monotonic() > deadline:
            return int(others)
        time.sleep(0.2)


def _look(cursor: Any, tables: list[str]) -> Snapshot:
    """Read what describes a database with a cursor of either kind."""

    def rows(question: str) -> list[Any]:
        cursor.execute(question)
        return list(cursor.fetchall())

    counts = {table: rows(f'SELECT count(*) FROM "{table}"')[0][0] for table in tables}
    applied = [f"{app}.{name}" for app, name in rows("SELECT app, name FROM django_migrations ORDER BY 1, 2")]
    files: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, models.FileField) and model._meta.db_table in counts:
                question = f'SELECT DISTINCT "{field.column}" FROM "{model._meta.db_table}"'
                files |= {name for (name,) in rows(question) if name}
    return Snapshot(counts, applied, files)


# --- SQLite


def _dump_sqlite(target: Path, at_once: Callable[[], None]) -> Snapshot:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(target)])
    at_once()
    with closing(sqlite3.connect(target)) as copy:
        return _look(copy.cursor(), _sqlite_tables(copy))


def _sqlite_tables(database: sqlite3.Connection) -> list[str]:
    found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return sorted(name for (name,) in found)


def _load_sqlite(source: Path, rows: dict[str, int]) -> None:
    """Make the copy ready beside the database, then write it over by SQLite's own backup, which is one transaction."""
    with closing(sqlite3.connect(source)) as made:
        try:
            sound = made.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            found = _look(made.cursor(), _sqlite_tables(made)).rows if sound else {}
        except sqlite3.DatabaseError:
            found = {}
        if found != rows:
            raise CommandError("La base de datos del respaldo está dañada. No se cambió nada.")
        for statement in AFTERWARDS:
            made.execute(statement)
        made.commit()
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=20)) as database:
            made.backup(database)


# --- PostgreSQL


@contextmanager
def _postgres() -> Iterator["psycopg.Connection[Any]"]:
    """A connection of its own, without the limits that pages have."""
    place = connection.settings_dict
    with psycopg.connect(
        dbname=place["NAME"],
        user=place["USER"] or None,
        password=place["PASSWORD"] or None,
        host=place["HOST"] or None,
        port=place["PORT"] or None,
        **{"connect_timeout": 3} | {name: value for name, (_variable, value) in _asked().items()},
        options="-c statement_timeout=0 -c idle_in_transaction_session_timeout=0",
    ) as database:
        yield database


def _environment() -> dict[str, str]:
    """For PostgreSQL's programs: where and who, not on the command line, which other users of the machine can read."""
    place = connection.settings_dict
    said = {"PGDATABASE": "NAME", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
    given = {name: str(place[key]) for name, key in said.items() if place.get(key)}
    given |= {"PGCONNECT_TIMEOUT": "3"} | {variable: str(value) for variable, value in _asked().values()}
    return {**os.environ, **given, "PGCLIENTENCODING": "UTF8", "LC_ALL": "C.UTF-8"}


def _asked() -> dict[str, tuple[str, Any]]:
    """What ``DATABASE_URL`` says of the connection besides where and who (``sslmode``): its variable and value."""
    known = psycopg.pq.Conninfo.get_defaults()
    variables = {option.keyword.decode(): option.envvar.decode() for option in known if option.envvar}
    del variables["options"]  # the limits that pages have
    said = connection.settings_dict["OPTIONS"]
    return {name: (variables[name], value) for name, value in said.items() if name in variables}


def programs(server: int) -> None:
    """Refuse, naming the package, where PostgreSQL's programs are missing or older than the server."""
    package = f"postgresql-client-{server}"
    for name in ("pg_dump", "pg_restore", "psql"):
        if not shutil.which(name):
            raise CommandError(f"Falta el programa {name}. Instálelo con: apt-get install {package}")
    said = subprocess.run(["pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+", said)
    if found and int(found[0]) < server:
        raise CommandError(
            f"pg_dump es de la versión {found[0]} y el servidor de la {server}. Instale: apt-get install {package}"
        )


def _dump_postgres(target: Path, at_once: Callable[[], None]) -> Snapshot:
    """``pg_dump`` of a snapshot that this connection exports, so that what is counted is what is written."""
    with _postgres() as database:
        programs(database.info.server_version // 10_000)
        database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        database.read_only = True
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            [snapshot] = cursor.fetchone() or [""]
            at_once()
            command = ["pg_dump", "--format=custom", "--no-owner", "--no-acl"]
            command += [f"--snapshot={snapshot}", f"--file={target}"]
            done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
            if done.returncode:
                raise CommandError(f"pg_dump no pudo copiar la base de datos: {done.stderr.strip()}")
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            return _look(cursor, [name for (name,) in cursor.fetchall()])


def _load_postgres(source: Path, rows: dict[str, int]) -> None:
    """One ``psql`` session: the old tables go, the new ones come and are counted, and only then it commits.

    Where anything fails, or this process dies, the session ends without ``COMMIT`` and the old tables are still there.
    """
    with _postgres() as database:
        programs(database.info.server_version // 10_000)
    parts = source.with_suffix(".list")
    listed = subprocess.run(["pg_restore", "--list", source], capture_output=True, text=True, check=False)
    if listed.returncode:
        raise CommandError(f"La base de datos del respaldo está dañada. No se cambió nada. {_first(listed.stderr)}")
    # The schema is made below; whether a dump has a line of its own for it depends on who made it.
    parts.write_text("\n".join(line for line in listed.stdout.splitlines() if " SCHEMA - " not in line))
    log = source.with_suffix(".log")
    with log.open("wb") as errors:
        psql = subprocess.Popen(
            ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"],
            env=_environment(), stdin=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        assert psql.stdin is not None
        failed = _feed(psql.stdin, source, parts, rows)
        code = psql.wait()
    if failed or code:
        said = failed or _first(log.read_text(errors="replace"))
        raise CommandError(f"PostgreSQL no pudo restaurar el respaldo y todo quedó como estaba. {said}")


def _feed(psql: IO[bytes], source: Path, parts: Path, rows: dict[str, int]) -> str:
    """Write the whole script to ``psql``; what went wrong outside of it, if anything did."""

    def say(*statements: str) -> None:
        psql.write("".join(f"{statement};\n" for statement in statements).encode())

    try:
        say(
            "BEGIN",
            "SET LOCAL lock_timeout = '10s'",
            "DROP SCHEMA public CASCADE",
            "CREATE SCHEMA public",
            "ALTER SCHEMA public OWNER TO pg_database_owner",
        )
        command = [
            "pg_restore",
            "--no-owner",
            "--no-acl",
            "--exit-on-error",
            f"--use-list={parts}",
            "--file=-",
            str(source),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as restore:
            assert restore.stdout is not None
            assert restore.stderr is not None
            shutil.copyfileobj(restore.stdout, psql)
            trouble = restore.stderr.read().decode(errors="replace")
        if restore.returncode:
            return _first(trouble) or "pg_restore terminó con error."
        say("SET LOCAL search_path = public")
        say(f"CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS SELECT * FROM json_each_text('{json.dumps(rows)}')")
        say(
            "DO $$ DECLARE t record; n bigint; BEGIN FOR t IN SELECT key, value::bigint AS number FROM wanted LOOP "
            "EXECUTE format('SELECT count(*) FROM %I', t.key) INTO n; IF n <> t.number THEN "
            "RAISE EXCEPTION 'the table % has % rows', t.key, n; END IF; END LOOP; END $$"
        )
        say(*AFTERWARDS, "COMMIT")
    except BrokenPipeError:
        return ""  # psql ended early and its own words say why
    finally:
        with suppress(BrokenPipeError):
            psql.close()
    return ""


def _first(text: str) -> str:
    return next((line for line in text.splitlines() if "ERROR" in line or "error" in line), text.strip()[:300])
