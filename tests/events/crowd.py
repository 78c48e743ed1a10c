"""Many people registering at the same moment, over HTTP, with several server processes: as it happens in life."""

import contextlib
import http.client
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connection

from events.forms.public import MINIMUM_SECONDS
from tests.live import ROOT, free_port, wait_until_it_answers


def database_url() -> str:
    """The address of the database this test uses, for another process."""
    about = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{about['NAME']}"
    password = f":{quote(about['PASSWORD'])}" if about["PASSWORD"] else ""
    return f"postgres://{about['USER']}{password}@{about['HOST']}:{about['PORT']}/{about['NAME']}"


@contextlib.contextmanager
def serving(application: str = "config.wsgi:application", *, log: Path, port: int = 0) -> Iterator[int]:
    """The portal under gunicorn on the test's own database; gives its port (a free one unless it is said)."""
    port = port or free_port()
    environment = {key: value for key, value in os.environ.items() if key not in {"REDIS_URL", "DATA_DIR"}}
    environment |= {"DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", "--threads", "4", "--worker-class", "gthread", "--timeout", "60"]
    with log.open("a") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True
        )
        try:
            wait_until_it_answers(f"http://127.0.0.1:{port}/healthz", [process], 60)
            yield port
        finally:
            process.terminate()
            process.wait(30)


class Door:
    """The registration form of one event, as a browser would have it open."""

    def __init__(self, port: int, slug: str) -> None:
        self.port, self.path = port, f"/eventos/{slug}/inscripcion/"
        self.cookie = ""

    def open(self) -> dict[str, str]:
        """Get the form; answers its hidden fields."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request("GET", self.path, headers={"Cookie": self.cookie} if self.cookie else {})
        answer = line.getresponse()
        page = answer.read().decode()
        assert answer.status == 200, page[:2000]
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).split(";")[0]
        line.close()
        return {name: _hidden(page, name) for name in ("csrfmiddlewaretoken", "stamp")}

    def send(self, fields: dict[str, str], path: str = "") -> tuple[int, str]:
        """(status, where it leads). ``path``: another form than the registration, with the same cookie."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie}
        line.request("POST", path or self.path, urlencode(fields), headers)
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer.status, answer.getheader("Location") or ""

    def rush(self, forms: list[dict[str, str]], paths: list[str] | None = None) -> list[tuple[int, str]]:
        """Send all forms at one moment, each on its own line; ``paths`` says where each goes."""
        start = threading.Barrier(len(forms))
        answers: list[tuple[int, str] | None] = [None] * len(forms)

        def one(position: int) -> None:
            start.wait(60)
            answers[position] = self.send(forms[position], paths[position] if paths else "")

        threads = [threading.Thread(target=one, args=(position,)) for position in range(len(forms))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        return [answer for answer in answers if answer is not None]


def person(number: int, **more: Any) -> dict[str, str]:
    """What person ``number`` types."""
    return {
        "name": f"Persona Número {number}",
        "email": f"persona.numero.{number}@prueba.example",
        "category": "general-public",
        "sex": "undisclosed",
        "consent": "on",
    } | more


def wait_to_be_human() -> None:
    """As long as the form wants a person to take."""
    time.sleep(MINIMUM_SECONDS + 0.2)


def _hidden(page: str, name: str) -> str:
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert tag, f"no field {name}"
    value = re.search(r'value="([^"]*)"', tag[0])
    assert value, tag[0]
    return value[1]
