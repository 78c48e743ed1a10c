"""The line to the mail server, and what its answers mean for one message.

SMTP cannot promise "exactly once": when the line breaks after the whole text went out and before the server's answer
came, nobody can know whether the mail was taken. That moment, and no other, is *in doubt*. So the line is watched:
a line that breaks earlier certainly delivered nothing, and the message may be tried again.
"""

import contextlib
import logging
import smtplib
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

logger = logging.getLogger(__name__)
DJANGO_SMTP = "django.core.mail.backends.smtp.EmailBackend"
# A server that hangs up this often in a row is treated as away.
BROKEN_LINES = 3


class Unreachable(Exception):
    """The mail server cannot be used now; no message is to blame."""


class Fate(Enum):
    """What became of one message."""

    SENT = "sent"
    TRY_AGAIN = "try again"
    REFUSED = "refused"
    BOUNCED = "bounced"
    IN_DOUBT = "in doubt"
    SERVER_UNUSABLE = "server unusable"


@dataclass(frozen=True, slots=True)
class Outcome:
    fate: Fate
    response: str = ""


class _Watch:
    """Mixed into smtplib's clients: notes when the closing dot of the text has gone out."""

    text_is_out = False

    def send(self, s: Any) -> None:
        super().send(s)  # type: ignore[misc]
        if isinstance(s, bytes) and s.endswith(b"\r\n.\r\n"):
            self.text_is_out = True


class WatchedSMTP(_Watch, smtplib.SMTP):
    pass


class WatchedSMTPOverTLS(_Watch, smtplib.SMTP_SSL):
    pass


class WatchedBackend(SmtpBackend):
    """Django's SMTP backend over a watched line."""

    @property
    def connection_class(self) -> Any:
        return WatchedSMTPOverTLS if self.use_ssl else WatchedSMTP


class Carrier:
    """One line for the messages of one claim; reopened where the server hangs up.

    Backends other than SMTP (files, memory) get a fresh one for each message: one file, one message.
    """

    def __init__(self) -> None:
        self._backend: BaseEmailBackend | None = None
        self._broken_in_a_row = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.hang_up()

    def ready(self) -> None:
        """Make sure the line is open. Raises :class:`Unreachable`."""
        if self._backend is not None:
            return
        if self._broken_in_a_row >= BROKEN_LINES:
            raise Unreachable("the server hung up several times in a row")
        try:
            self._backend = WatchedBackend() if settings.EMAIL_BACKEND == DJANGO_SMTP else get_connection()
            self._backend.open()
        except (OSError, ImproperlyConfigured) as error:
            self.hang_up()
            raise Unreachable(describe(error)) from error

    def hang_up(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            with contextlib.suppress(OSError):  # the line may be dead already; there is nothing left to lose on it
                backend.close()

    def send(self, email: EmailMessage) -> Outcome:
        """Send one message over the open line (:meth:`ready` first) and say what became of it. Does not raise."""
        assert self._backend is not None
        line = getattr(self._backend, "connection", None)
        if isinstance(line, _Watch):
            line.text_is_out = False
        try:
            self._backend.send_messages([email])
        except OSError as error:  # smtplib's exceptions are OSErrors too
            outcome = judge(error, text_is_out=isinstance(line, _Watch) and line.text_is_out)
            if _line_is_broken(error):
                self._broken_in_a_row += 1
                self.hang_up()
            return outcome
        except Exception as error:
            logger.exception("mail backend failed in an unknown way")
            self.hang_up()
            certainly_kept = isinstance(line, _Watch) and not line.text_is_out
            return Outcome(Fate.TRY_AGAIN if certainly_kept else Fate.IN_DOUBT, describe(error))
        self._broken_in_a_row = 0
        if not isinstance(self._backend, SmtpBackend):
            self.hang_up()
        return Outcome(Fate.SENT)


def judge(error: OSError, *, text_is_out: bool) -> Outcome:
    """What an error of the SMTP dialogue means for the message that was being sent."""
    code = reply_code(error)
    if isinstance(error, smtplib.SMTPSenderRefused) and code >= 500 and code != 552:
        # Our own address or log-in is refused: it would hit every message, so none is given up for it.
        return Outcome(Fate.SERVER_UNUSABLE, describe(error))
    if isinstance(error, smtplib.SMTPRecipientsRefused) and code >= 500 and not _is_about_us(error):
        return Outcome(Fate.BOUNCED, describe(error))
    if isinstance(error, smtplib.SMTPNotSupportedError) or 500 <= code < 600:
        return Outcome(Fate.REFUSED, describe(error))
    if 400 <= code < 500:
        return Outcome(Fate.TRY_AGAIN, describe(error))
    return Outcome(Fate.IN_DOUBT if text_is_out else Fate.TRY_AGAIN, describe(error))


def _is_about_us(error: smtplib.SMTPRecipientsRefused) -> bool:
    """A full mailbox (552, 5.2.x) or a policy against us (5.7.x) says nothing of whether the address exists."""
    code, reply = next(iter(error.recipients.values()))
    return code == 552 or _decoded(reply).lstrip().startswith(("5.2.", "5.7."))


def reply_code(error: OSError) -> int:
    """The server's reply code, 0 where there was no reply."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _text in error.recipients.values()), 0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def describe(error: Exception) -> str:
    """The server's own words, else the name of the error; one line for staff to read."""
    code, text = 0, ""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
        text = _decoded(reply)
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, _decoded(error.smtp_error)
    return " ".join((f"{code} {text}" if code else f"{type(error).__name__}: {error}").replace("\0", "").split())[:500]


def _decoded(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)


def _line_is_broken(error: OSError) -> bool:
    return (
        isinstance(error, smtplib.SMTPServerDisconnected)
        or not isinstance(error, smtplib.SMTPException)
        or reply_code(error) == 421
    )
