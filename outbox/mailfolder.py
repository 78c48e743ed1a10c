"""Reads back the messages that the file backend wrote (``EMAIL_FILE_PATH``): the mail of the demonstration.

A file holds one message or several, each closed by a line of 79 dashes. The names in addresses come from a listing of
the folder, never from a path somebody sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.utils import timezone

RULE = b"-" * 79
# Older files are not looked through when somebody filters by address.
NEWEST = 1000


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    size: int
    content: bytes


@dataclass(frozen=True, slots=True)
class StoredMail:
    """One message of the folder. ``file`` and ``index`` (from 1) are its address."""

    file: str
    index: int
    stored_at: datetime
    email: EmailMessage

    def header(self, name: str) -> str:
        return str(self.email.get(name, ""))

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def to(self) -> str:
        return self.header("To")

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def attachments(self) -> list[Attachment]:
        found = []
        for number, part in enumerate(self.email.iter_attachments(), start=1):
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            name = part.get_filename() or f"adjunto-{number}"
            found.append(Attachment(name, part.get_content_type(), len(content), content))
        return found

    def _part(self, kind: str) -> str:
        part = self.email.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


def folder() -> Path | None:
    """The folder of the file backend, or ``None`` where mail goes elsewhere."""
    path = getattr(settings, "EMAIL_FILE_PATH", None)
    return Path(path) if path else None


def files() -> list[Path]:
    """The folder's mail files, newest first."""
    path = folder()
    if path is None or not path.is_dir():
        return []
    return sorted(path.glob("*.log"), key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)


def mails(found: list[Path]) -> list[StoredMail]:
    """The messages of these files, the newest first."""
    return [mail for file in found for mail in reversed(list(_read(file)))]


def addressed_to(words: str) -> list[StoredMail]:
    """The messages whose recipient contains these words, among the newest files."""
    wanted = words.strip().lower()
    return [mail for mail in mails(files()[:NEWEST]) if wanted in mail.to.lower()]


def mail(file: str, index: int) -> StoredMail | None:
    """One message by its address."""
    path = next((path for path in files() if path.stem == file), None)
    return next((one for one in _read(path) if one.index == index), None) if path else None


def _read(path: Path) -> Iterator[StoredMail]:
    try:
        raw = path.read_bytes()
        moment = datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
    except FileNotFoundError:  # the folder was emptied meanwhile
        return
    for index, piece in enumerate(_pieces(raw), start=1):
        email = message_from_bytes(piece, policy=policy.default)
        assert isinstance(email, EmailMessage)
        yield StoredMail(path.stem, index, moment, email)


def _pieces(raw: bytes) -> list[bytes]:
    """One message each: a line of dashes inside a text does not begin a new one, for no headers follow it."""
    pieces: list[bytes] = []
    for piece in raw.split(b"\n" + RULE + b"\n"):
        if piece.lstrip().startswith((b"Content-Type:", b"MIME-Version:")) or not pieces:
            pieces.append(piece.lstrip())
        elif piece.strip():
            pieces[-1] += b"\n" + RULE + b"\n" + piece
    return [piece for piece in pieces if piece.strip()]
