"""How messages and jobs are told to staff: tone, meaning and age in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from outbox import registry
from outbox.enums import MessageState
from outbox.heartbeat import Sign
from outbox.models import Message

TONES = {
    MessageState.SCHEDULED: "neutral",
    MessageState.QUEUED: "info",
    MessageState.SENDING: "info",
    MessageState.SENT: "ok",
    MessageState.RETRY: "warn",
    MessageState.IN_DOUBT: "danger",
    MessageState.FAILED: "danger",
    MessageState.SKIPPED: "neutral",
    MessageState.SUPPRESSED: "neutral",
}
MEANINGS = {
    MessageState.SCHEDULED: gettext_lazy("Espera su hora. Saldrá en cuanto llegue."),
    MessageState.QUEUED: gettext_lazy("El servicio de envío ya lo tomó y saldrá en su turno."),
    MessageState.SENDING: gettext_lazy("Se está entregando al servidor de correo en este momento."),
    MessageState.SENT: gettext_lazy("El servidor de correo lo aceptó."),
    MessageState.RETRY: gettext_lazy("No se pudo entregar todavía; se intentará de nuevo por sí solo."),
    MessageState.IN_DOUBT: gettext_lazy(
        "El envío se interrumpió cuando el mensaje ya podía haber salido. Para no mandarlo dos veces no se repite por "
        "sí solo: conviene preguntar a la persona si lo recibió."
    ),
    MessageState.FAILED: gettext_lazy("No se entregó y no se volverá a intentar. La respuesta dice por qué."),
    MessageState.SKIPPED: gettext_lazy("Ya no hacía falta, así que no se envió."),
    MessageState.SUPPRESSED: gettext_lazy("La dirección no recibe este tipo de correo, así que no se envió."),
}


@dataclass(frozen=True, slots=True)
class MailRow:
    """A message with the words and the tone it is shown with."""

    message: Message
    kind: str
    state: str
    tone: str
    meaning: str


def mail_row(message: Message) -> MailRow:
    state = MessageState(message.state)
    return MailRow(message, registry.label(message.kind), str(state.label), TONES[state], str(MEANINGS[state]))


@dataclass(frozen=True, slots=True)
class StateCount:
    state: str
    label: str
    count: int


def state_counts(counted: Iterable[tuple[str, int]]) -> list[StateCount]:
    """Every state in its order, also those with nothing in them."""
    by_state = dict(counted)
    return [StateCount(state.value, str(state.label), by_state.get(state.value, 0)) for state in MessageState]


@dataclass(frozen=True, slots=True)
class JobRow:
    sign: Sign
    state: str
    tone: str
    ago: str


def job_row(sign: Sign) -> JobRow:
    state, tone = (_("detenido"), "danger") if sign.is_stale else (_("en marcha"), "ok")
    return JobRow(sign, state, tone, ago(sign.age) if sign.age is not None else _("nunca"))


def ago(age: timedelta) -> str:
    """``hace 12 segundos``, ``hace 4 minutos``, ``hace 3 horas``, ``hace 2 días``."""
    seconds = max(int(age.total_seconds()), 0)
    if seconds < 60:
        return ngettext("hace %(n)d segundo", "hace %(n)d segundos", seconds) % {"n": seconds}
    minutes = seconds // 60
    if minutes < 60:
        return ngettext("hace %(n)d minuto", "hace %(n)d minutos", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("hace %(n)d hora", "hace %(n)d horas", hours) % {"n": hours}
    return ngettext("hace %(n)d día", "hace %(n)d días", hours // 24) % {"n": hours // 24}
