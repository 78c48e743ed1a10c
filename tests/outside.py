"""The database as somebody beside the test's own processes sees it: for tests that kill processes."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection


class Outside:
    """``url`` is what the processes are given: a copy in a file of its own on SQLite, else the test database itself.

    ``ask`` commits by itself and answers the rows.
    """

    def __init__(self, folder: Path) -> None:
        if connection.vendor == "sqlite":
            file = folder / "killed.sqlite3"
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(file)])
            self.url = f"sqlite:///{file}"
            self._line: Any = sqlite3.connect(file, timeout=20, isolation_level=None)
        else:
            values = connection.settings_dict
            host, port = values["HOST"], values["PORT"] or 5432
            secret = f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else ""
            self.url = f"postgres://{values['USER']}{secret}@{host}:{port}/{values['NAME']}"
            self._line = psycopg.connect(self.url.replace("postgres://", "postgresql://"), autocommit=True)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        cursor = self._line.execute(sql)
        return list(cursor) if cursor.description else []

    def let_leases_run_out(self, table: str, column: str) -> None:
        """As if minutes had gone by, also for a process that is still alive: it must cope with losing its turn."""
        self.ask(f"UPDATE {table} SET {column} = '2020-01-01 00:00:00' WHERE {column} IS NOT NULL")

    def close(self) -> None:
        self._line.close()
