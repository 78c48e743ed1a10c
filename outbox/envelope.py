"""From a written mail to the message that leaves: addresses, headers and texts made safe.

Names and subjects are typed by people. A line break in one of them would begin a new header, a NUL or a lone surrogate
would stop the message; so headers become one clean line, and texts lose what cannot be encoded.
"""

import re
import uuid
from email.message import Message as MimeMessage
from email.utils import formataddr, parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from outbox import registry
from outbox.models import Message
from outbox.registry import Mail
from outbox.rules import choices_code

# The field and value that a mail program sends to the address of List-Unsubscribe (RFC 8058, 3.1).
ONE_CLICK = "List-Unsubscribe=One-Click"
# Where ``templates/emails/base.html`` leaves room for what the reader may decide; comments outlive web.mailhtml.inline.
FOOT = "<!-- what the reader may decide -->"

_UNPRINTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# What the drain itself writes; a composer that names one of these is mistaken.
RESERVED_HEADERS = {
    "auto-submitted",
    "bcc",
    "cc",
    "date",
    "from",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "message-id",
    "sender",
    "subject",
    "to",
}


def new_message_id() -> str:
    """Fixed when the message is queued, so that a second copy can be recognised by every mail program."""
    return f"<{uuid.uuid4()}@{urlsplit(settings.SITE_URL).hostname}>"


def one_line(value: object) -> str:
    """A header's value: printable characters, blanks collapsed, no line break of any alphabet."""
    text = "".join(char if char.isprintable() else " " for char in str(value))
    return " ".join(text.split())


def plain_text(value: str) -> str:
    """A body: no control characters but line break and tab, nothing that UTF-8 cannot carry."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8")
    return _UNPRINTED.sub("", value)


def sender(name: str) -> str:
    """The installation's name with the configured address."""
    return formataddr((one_line(name), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def unsubscribe_headers(message: Message) -> dict[str, str]:
    """How a mail program unsubscribes with one click (RFC 8058); nothing for what a procedure needs."""
    if message.operational:
        return {}
    return {"List-Unsubscribe": f"<{link(message, 'mail_unsubscribe')}>", "List-Unsubscribe-Post": ONE_CLICK}


def link(message: Message, name: str) -> str:
    """The address of a page about the mail of this message's address, in the message's language."""
    with translation.override(message.language):
        return settings.SITE_URL + reverse(name, args=[choices_code(message)])


def with_foot(message: Message, mail: Mail) -> tuple[str, str]:
    """The text and the HTML with what their reader may decide, in the message's language.

    It is put here and not by composers: it differs for each address, while the rest of a mailing may be the same for
    all. A mail without the common look (the alarm's end) has it only where it can be unsubscribed.
    """
    if message.operational and FOOT not in mail.html:
        return mail.text, mail.html
    with translation.override(message.language):
        why, links = _foot(message)
    text = "\n".join([mail.text.rstrip("\n"), "", why, *(f"{label}: {url}" for label, url in links), ""])
    if not mail.html:
        return text, ""
    anchors = format_html_join(" · ", '<a href="{1}" style="color: #56625C;">{0}</a>', links)
    html = format_html('<p style="margin: 0 0 6px;">{}<br>{}</p>', why, anchors)
    if FOOT in mail.html:
        return text, mail.html.replace(FOOT, html)
    body, end, rest = mail.html.rpartition("</body>")
    return text, f"{body}{html}{end}{rest}" if end else mail.html + html


def _foot(message: Message) -> tuple[str, list[tuple[str, str]]]:
    """Why the mail arrives and whether it can be left, and the links to do so."""
    choose, group = link(message, "mail_choices"), registry.group_of(message.kind)
    if message.operational or group is None:
        why = _("Este correo es parte de un trámite o de su trabajo en la red: se envía siempre y no admite baja.")
        return why, [(_("Elegir qué otros correos recibo"), choose)]
    why = _("Recibe este correo por estar en «{group}».").format(group=group.label)
    leave = (_("Dejar de recibir estos correos"), link(message, "mail_unsubscribe"))
    return why, [(_("Elegir qué correos recibo"), choose), leave]


class Envelope(EmailMultiAlternatives):
    """An e-mail that is put together once: checked when it is built, sent as it was checked."""

    _mime: MimeMessage | None = None

    def message(self, **options: Any) -> Any:
        if self._mime is None:
            self._mime = super().message(**options)
        return self._mime


def build(message: Message, mail: Mail, *, from_name: str) -> Envelope:
    """The e-mail as it leaves. Raises ``ValueError`` where the composer's headers cannot be sent."""
    headers = {}
    for name, value in mail.headers.items():
        if name.lower() in RESERVED_HEADERS or not name.isascii() or not name.replace("-", "").isalnum():
            raise ValueError(f"A composer may not set the header {name!r}.")
        headers[name] = one_line(value)
    text, html = with_foot(message, mail)
    email = Envelope(
        subject=one_line(mail.subject),
        body=plain_text(text),
        from_email=sender(from_name),
        to=[formataddr((one_line(message.to_name), message.to_email))],
        headers={
            **headers,
            **unsubscribe_headers(message),
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
        },
    )
    if html:
        email.attach_alternative(plain_text(html), "text/html")
    for name, content, media_type in mail.attachments:
        email.attach(one_line(name).replace("/", "-").replace("\\", "-"), content, media_type)
    email.message()  # whatever cannot be encoded shows here, before the message is marked as being sent
    return email
