"""The portal as a newcomer starts it, for tests that look at it from outside."""

import contextlib
import email
import email.policy
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class RunningPortal:
    """Where a started portal answers and keeps its data."""

    url: str
    data_dir: Path
    process: subprocess.Popen[str]
    log: Path

    def mails(self) -> list[EmailMessage]:
        """Every message that left, in the order it left (files may hold several of one connection)."""
        found: list[EmailMessage] = []
        for file in sorted((self.data_dir / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime_ns):
            for text in file.read_bytes().split(b"-" * 79 + b"\n"):
                if text.strip():
                    message = email.message_from_bytes(text, policy=email.policy.default)
                    assert isinstance(message, EmailMessage)
                    found.append(message)
        return found

    def wait_for_mail(self, wanted: Callable[[EmailMessage], bool], seconds: float = 60) -> EmailMessage:
        """The first message that ``wanted`` accepts; fails, listing the subjects, where none comes in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self.mails():
                if wanted(message):
                    return message
            time.sleep(0.3)
        raise AssertionError(f"no such mail in {seconds} s; there is {[m['Subject'] for m in self.mails()]}")

    def wait_for_mail_to(self, address: str, subject: str = "", seconds: float = 60) -> EmailMessage:
        return self.wait_for_mail(
            lambda message: address in str(message["To"]) and subject in str(message["Subject"]), seconds
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def status_of(url: str) -> int | None:
    """The HTTP status of an address, None while nothing listens there."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def wait_until_it_answers(url: str, processes: list[subprocess.Popen[str]], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while status_of(url) != 200:
        ended = [process.args for process in processes if process.poll() is not None]
        assert not ended, f"ended early: {ended}"
        assert time.monotonic() < deadline, f"{url} does not answer 200 after {seconds} s"
        time.sleep(0.2)


@contextlib.contextmanager
def start_portal(data_dir: Path, **environment: str) -> Iterator[RunningPortal]:
    """``python3 portal run`` with its own data folder and port, on SQLite and without servers, until the block ends."""
    port = free_port()
    log = data_dir / "portal.log"
    own = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL", "SECRET_KEY", "DEBUG", "DJANGO_SETTINGS_MODULE"}
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "portal"), "run"],
            env=inherited | {"PORT": str(port), "DATA_DIR": str(data_dir), "DEMO": "1"} | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=data_dir,
        )
        try:
            # Well is a portal whose every periodic job has run: the worker starts after the pages.
            wait_until_it_answers(f"http://127.0.0.1:{port}/estado/", [process], 300)
            yield RunningPortal(f"http://127.0.0.1:{port}", data_dir, process, log)
        except AssertionError:
            print(log.read_text()[-5000:])
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
