"""A PostgreSQL database for the benchmark alone: made, filled, measured, dropped."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bench.servers import ROOT

DATABASE = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/portal_bench")
REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/8")
NAME = urlsplit(DATABASE).path[1:]


def check_name(name: str) -> None:
    """Large data go only where the name says that nothing of value is there."""
    if "bench" not in name:
        sys.exit(f"The database “{name}” is not for a benchmark: choose one with “bench” in its name.")


def settings_for(folder: Path) -> dict[str, str]:
    return dict(os.environ) | {
        "DATABASE_URL": DATABASE,
        "REDIS_URL": REDIS,
        "DATA_DIR": str(folder),
        "STATIC_ROOT": str(folder / "static"),
        "SECRET_KEY": "only-for-the-bench-" * 3,
        "DATABASE_POOL_SIZE": "20",
        "SECOND_FACTOR_REQUIRED": "false",
        "STATEMENT_TIMEOUT_MS": "0",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


@contextlib.contextmanager
def fresh_database(more: Mapping[str, str] = {}) -> Iterator[tuple[Path, dict[str, str]]]:
    """A prepared database, with Django set up on it, until the block ends: (folder to throw away, environment).
    ``more``: settings besides."""
    check_name(NAME)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # ends what was started
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = settings_for(Path(folder)) | dict(more)
        os.environ.update(environment)
        _drop()
        with administration() as server:
            server.execute(f'CREATE DATABASE "{NAME}"')
        try:
            subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            import django

            django.setup()
            yield Path(folder), environment
        finally:
            _close_connections()
            _drop()


def administration() -> psycopg.Connection:
    return psycopg.connect(DATABASE.rsplit("/", 1)[0] + "/postgres", autocommit=True)


def _drop() -> None:
    with administration() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
