"""What the outbox itself writes, to those who look after the portal: mail stands still, mail leaves again."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import defaultfilters
from django.utils import timezone
from django.utils.translation import gettext as _

from outbox.envelope import sender
from outbox.registry import Mail
from web import identity

RECOVERED = "outbox.recovered"
# Queued already written, so it has no composer.
TEXT_TEST = "outbox.text_test"


def keepers() -> list[str]:
    """Who is told: the addresses of the settings, else the contact of the installation."""
    return settings.ALARM_EMAILS or [identity.current().contact_email]


def alarm(since: datetime, last_error: str) -> EmailMessage:
    """Sent at once and not through the outbox, which is what stands still."""
    lines = [
        _("El último envío correcto fue el {when}.").format(when=_moment(since)),
        _("Los mensajes esperan en la base de datos y no se pierde ninguno."),
        _("Revise que estén en marcha el servicio que envía (worker) y el reloj (beat), y el servidor de correo."),
        *([_("Último error: {error}").format(error=last_error)] if last_error else []),
        f"{settings.SITE_URL}/estado/",
    ]
    name = identity.current().name
    return EmailMessage(
        subject=_("El correo de {portal} no está saliendo").format(portal=name),
        body="\n\n".join(lines) + "\n",
        from_email=sender(name),
        to=keepers(),
        headers={"Auto-Submitted": "auto-generated"},
    )


def recovered(params: dict[str, Any], language: str) -> Mail:
    """The end of it, by the outbox itself."""
    since = datetime.fromisoformat(params["alarm_at"])
    text = _("La alarma del {when} terminó: los mensajes que esperaban están saliendo.").format(when=_moment(since))
    subject = _("El correo de {portal} vuelve a salir").format(portal=identity.current().name)
    return Mail(subject=subject, text=f"{text}\n\n{settings.SITE_URL}/estado/\n")


def _moment(moment: datetime) -> str:
    return defaultfilters.date(timezone.localtime(moment), "DATETIME_FORMAT")
