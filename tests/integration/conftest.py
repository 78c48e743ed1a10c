"""The production services of ``docker-compose.yml``, started natively with the very commands written there."""

import os
import re
import secrets
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
import yaml
from aiosmtpd.controller import Controller
from psycopg import sql

from tests.live import ROOT, free_port, wait_until_it_answers

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
REDIS_DATABASE = 9  # the suite itself uses 10 to 15
AUTHORITY = Path("caddy", "pki", "authorities", "local", "root.crt")


@dataclass
class MailServer:
    """An SMTP server that keeps what it gets."""

    received: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        return "250 taken"

    def wait_for(self, wanted: Callable[[EmailMessage], bool], seconds: float) -> EmailMessage:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in list(self.received):
                if wanted(message):
                    return message
            time.sleep(0.2)
        raise AssertionError(f"no such mail in {seconds} s; there is {[m['Subject'] for m in self.received]}")


@dataclass(frozen=True)
class Services:
    url: str  # of the proxy, over TLS
    environment: dict[str, str]
    mail: MailServer
    processes: dict[str, "subprocess.Popen[str]"]
    data_dir: Path

    def run(self, *command: str) -> str:
        """Carry out a command in the services' environment, to its good end."""
        environment = self.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def command_of(service: str, data_dir: Path) -> list[str]:
    """The command as it is written, with this virtual environment's programs and a folder in the place of ``/data``."""
    words = [re.sub(r"^/(data|tmp)\b", str(data_dir), word) for word in COMPOSE[service]["command"]]
    return [str(Path(sys.executable).parent / words[0]), *words[1:]]


def environment_of(service: str, base: dict[str, str]) -> dict[str, str]:
    """What the service says of itself, with the addresses of this machine's servers in the place of the containers'."""
    written = {name.removesuffix("_FILE"): str(value) for name, value in COMPOSE[service]["environment"].items()}
    assert set(written) - {"STATEMENT_TIMEOUT_MS", "TRUSTED_PROXY_COUNT"} <= set(base)
    return base | {name: value for name, value in written.items() if name not in base}


def browser(authority: Path, *handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    context = ssl.create_default_context(cafile=str(authority))
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), *handlers)


@contextmanager
def proxy(folder: Path, site: str, web_port: int) -> Iterator["subprocess.Popen[str]"]:
    """Caddy with the file that the containers use, and an authority of its own for *localhost* that urllib believes."""
    own = "{\n admin off\n auto_https disable_redirects\n skip_install_trust\n"
    own += f" storage file_system {folder}/caddy\n}}\n"
    config = folder / "Caddyfile"
    config.write_text(own + (ROOT / "deploy" / "Caddyfile").read_text())
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "SITE_URL": site}
    environment |= {"WEB_HOST": "127.0.0.1", "WEB_PORT": str(web_port)}
    command = ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"]
    with (folder / "proxy.log").open("w") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, text=True
        )
    try:
        authority = folder / AUTHORITY
        deadline = time.monotonic() + 30
        while not authority.exists():
            assert process.poll() is None, (folder / "proxy.log").read_text()
            assert time.monotonic() < deadline, (folder / "proxy.log").read_text()
            time.sleep(0.1)
        urllib.request.install_opener(browser(authority))
        yield process
    finally:
        urllib.request.install_opener(urllib.request.build_opener())
        stop(process)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    server = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    redis_server = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379").rstrip("/")
    database = f"portal_services_{secrets.token_hex(4)}"
    data_dir = tmp_path_factory.mktemp("services")
    port, public = free_port(), free_port()
    mail = MailServer()
    controller = Controller(mail, hostname="127.0.0.1", port=free_port())
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = inherited | {
        "DATA_DIR": str(data_dir),
        "SITE_URL": f"https://localhost:{public}",
        "METRICS_TOKEN": secrets.token_urlsafe(32),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": urlsplit(server)._replace(path=f"/{database}").geturl(),
        "REDIS_URL": f"{redis_server}/{REDIS_DATABASE}",
        "EMAIL_URL": f"smtp://127.0.0.1:{controller.port}",
        "DEFAULT_FROM_EMAIL": "Red de prueba <red@portal.example>",
        "PORT": str(port),
        # In its container the web process listens on every address; here it must stay on this machine.
        "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}",
    }
    processes: dict[str, subprocess.Popen[str]] = {}
    with (
        psycopg.connect(server, autocommit=True) as administration,
        redis.Redis.from_url(environment["REDIS_URL"]) as r,
        proxy(data_dir, environment["SITE_URL"], port) as processes["proxy"],
    ):
        administration.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        r.flushdb()
        controller.start()
        try:
            setup = subprocess.run(
                command_of("setup", data_dir), cwd=ROOT, env=environment_of("setup", environment), check=False,
                capture_output=True, text=True,
            )  # fmt: skip
            assert setup.returncode == 0, setup.stdout + setup.stderr
            for name in ("web", "worker", "heavy", "beat"):
                with (data_dir / f"{name}.log").open("w") as log:
                    processes[name] = subprocess.Popen(
                        command_of(name, data_dir), cwd=ROOT, env=environment_of(name, environment), text=True,
                        stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                    )  # fmt: skip
            wait_until_it_answers(f"{environment['SITE_URL']}/readyz", list(processes.values()), 60)
            yield Services(environment["SITE_URL"], environment, mail, processes, data_dir)
        finally:
            for name in ("web", "worker", "heavy", "beat"):
                if name in processes:
                    stop(processes[name])
            controller.stop()
            r.flushdb()
            administration.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


def stop(process: "subprocess.Popen[str]") -> None:
    """End one service and what it started: SIGTERM, after some seconds SIGKILL."""
    for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, number)
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            break
    process.poll()
