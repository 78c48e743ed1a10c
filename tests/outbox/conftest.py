"""Mail for the outbox's tests: a real SMTP server on loopback, and composers of the tests' own kinds."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.utils.translation import gettext

from outbox import registry
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from outbox.services import enqueue

written: list[int] = []


def compose_note(params: dict[str, Any], language: str) -> Mail:
    written.append(params.get("id", 0))
    return Mail(subject=f"Aviso {params.get('id', 0)}", text="Hola, Ñuño", html="<p>Hola, <b>Ñuño</b></p>")


def compose_in_language(params: dict[str, Any], language: str) -> Mail:
    return Mail(subject=f"{language}: {gettext('Español')}", text=language)


def compose_unwanted(params: dict[str, Any], language: str) -> NotWanted:
    return NotWanted("El evento se canceló.")


def compose_badly(params: dict[str, Any], language: str) -> Mail:
    raise LookupError("row 7 is gone")


def compose_hostile(params: dict[str, Any], language: str) -> Mail:
    return Mail(
        subject="Hola\r\nBcc: victim@mail.example\u2028X: y\x00",
        text="uno\x00dos\ud800",
        html="<p>\x00</p>",
        attachments=[
            ("a\r\nb/../c.ics", "BEGIN:VCALENDAR\r\nSUMMARY:Ñ\r\nEND:VCALENDAR\r\n".encode(), "text/calendar")
        ],
        headers={"X-Note": "uno\r\nBcc: victim@mail.example"},
    )


def compose_with_foreign_header(params: dict[str, Any], language: str) -> Mail:
    return Mail(subject="s", text="t", headers={"From": "somebody@mail.example"})


COMPOSERS: dict[str, Callable[[dict[str, Any], str], Mail | NotWanted]] = {
    "test.note": compose_note,
    "test.language": compose_in_language,
    "test.unwanted": compose_unwanted,
    "test.badly": compose_badly,
    "test.hostile": compose_hostile,
    "test.foreign_header": compose_with_foreign_header,
}


@pytest.fixture(autouse=True)
def composers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' kinds, known for one test only."""
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr(registry, "_groups", dict(registry._groups))
    for name, composer in COMPOSERS.items():
        registry.register(name, composer, label=name)
    registry.register_group("test.letters", label="Cartas", says="Cada lunes.")
    registry.register("test.newsletter", compose_note, label="test.newsletter", group="test.letters")
    written.clear()


@pytest.fixture
def queue() -> Callable[..., Message]:
    """``queue(7)`` queues the note 7 for ``p7@mail.example``; any argument of ``enqueue`` may be given."""

    def one(number: int = 1, **fields: Any) -> Message:
        row = {
            "kind": "test.note",
            "dedupe_key": f"note:{number}",
            "to_email": f"p{number}@mail.example",
            "params": {"id": number},
            "language": "es",
        }
        message = enqueue(**(row | fields))
        assert message is not None
        return message

    return one


class Sink:
    """An SMTP server that keeps what it gets; addresses that begin with a reply code get that reply instead."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.connections = 0
        self.data_reply: str | None = None
        self.sender_reply: str | None = None

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.sender_reply:
            return self.sender_reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address[:3].isdigit():
            return f"{address[:3]} not now, not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data_reply:
            return self.data_reply
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"

    @property
    def addresses(self) -> list[str]:
        return [str(message["To"]) for message in self.received]


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    use_smtp(settings, controller.port)
    yield handler
    controller.stop()


def use_smtp(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 2


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class RudeServer(socketserver.ThreadingTCPServer):
    """Speaks SMTP and hangs up without a word at one step: ``MAIL``, ``RCPT``, ``DATA`` or ``.`` (after the text)."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, hang_up_at: str) -> None:
        super().__init__(("127.0.0.1", 0), RudeDialogue)
        self.hang_up_at = hang_up_at
        self.connections = 0


class RudeDialogue(socketserver.StreamRequestHandler):
    server: RudeServer

    def handle(self) -> None:
        self.server.connections += 1
        self.wfile.write(b"220 rude\r\n")
        for raw in self.rfile:
            verb = raw.decode("latin-1").split(":")[0].split()[0].upper()
            if verb == self.server.hang_up_at:
                return
            if verb == "DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                if self.server.hang_up_at == ".":
                    return
            self.wfile.write(b"250 OK\r\n")


@pytest.fixture
def rude_server(settings: Any) -> Iterator[Callable[[str], RudeServer]]:
    servers: list[RudeServer] = []

    def start(hang_up_at: str) -> RudeServer:
        server = RudeServer(hang_up_at)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        use_smtp(settings, server.server_address[1])
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
