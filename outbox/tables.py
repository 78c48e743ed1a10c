"""How messages and jobs are told to staff: tone, meaning and age in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from outbox import registry
from outbox.enums import MessageState
from outbox.heartbeat import Sign
from outbox.models import COUNTED, MailText, Message, Preference
from outbox.registry import TextKind

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
        "sí solo: pregunte a la persona si lo recibió y, si no, reenvíelo."
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
class PreferenceRow:
    """What an address's holder chose, in the words that they saw."""

    preference: Preference
    left: str
    language: str


def preference_row(preference: Preference) -> PreferenceRow:
    names = {group.name: str(group.label) for group in registry.groups()}
    left = ", ".join(names[name] for name in preference.muted if name in names)
    return PreferenceRow(preference, left, dict(settings.LANGUAGES).get(preference.language, ""))


@dataclass(frozen=True, slots=True)
class StateCount:
    state: str
    label: str
    count: str


def state_counts(counted: dict[str, int]) -> list[StateCount]:
    """Every state in its order, also those with nothing in them."""
    return [StateCount(state.value, str(state.label), up_to(counted.get(state.value, 0))) for state in MessageState]


def up_to(number: int) -> str:
    """A number as it is; "10,000+" where it was not counted further."""
    return f"{COUNTED:,}+" if number >= COUNTED else f"{number:,}"


@dataclass(frozen=True, slots=True)
class HistoryRow:
    at: datetime
    state: str
    tone: str
    text: str
    cause: str


def history(message: Message) -> list[HistoryRow]:
    """From its creation to its end, the oldest first."""
    rows = [HistoryRow(message.created_at, str(MessageState.SCHEDULED.label), "neutral", "", message.cause)]
    for step in message.steps.all():
        state = MessageState(step.state)
        rows.append(HistoryRow(step.at, str(state.label), TONES[state], step.text, step.cause))
    if message.sent_at:
        sent = MessageState.SENT
        rows.append(HistoryRow(message.sent_at, str(sent.label), TONES[sent], message.last_response, ""))
    return rows


@dataclass(frozen=True, slots=True)
class TextCell:
    """The words of one text in one language."""

    language: str
    key: str
    code: str
    is_own: bool
    changed_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class TextRow:
    label: str
    variant: str
    cells: list[TextCell]


def text_rows(rows: Iterable[MailText]) -> list[TextRow]:
    """Every text that staff may change, each followed by its variants; ``rows`` are their newest versions."""
    found = list(rows)
    known = {(row.name, row.variant, row.language): row for row in found}
    names = authors(found)

    def cell(kind: TextKind, variant: str, code: str, language: str) -> TextCell:
        row = known.get((kind.name, variant, code))
        is_own = row is not None and not row.is_original
        key = f"{kind.name}:{variant}" if variant else kind.name
        by = names.get(row.cause, "") if row else ""
        return TextCell(language, key, code, is_own, row.created_at if row else None, by)

    return [
        TextRow(str(kind.label), label, [cell(kind, variant, code, name) for code, name in settings.LANGUAGES])
        for kind in registry.texts()
        for variant, label in [("", ""), *(kind.variants() if kind.variants else [])]
    ]


def authors(rows: Iterable[MailText]) -> dict[str, str]:
    """Who wrote each version, by its cause (``account 81``). An account that is gone has no name."""
    causes = {row.cause: row.cause.removeprefix("account ") for row in rows}
    people = get_user_model()._default_manager.in_bulk([int(pk) for pk in causes.values() if pk.isdigit()])
    return {cause: str(people[int(pk)]) for cause, pk in causes.items() if pk.isdigit() and int(pk) in people}


@dataclass(frozen=True, slots=True)
class VersionRow:
    number: int
    at: datetime
    by: str
    subject: str
    body: str
    is_original: bool
    is_current: bool


def versions(rows: Sequence[MailText]) -> list[VersionRow]:
    """The newest first."""
    names = authors(rows)
    return [
        VersionRow(
            row.version, row.created_at, names.get(row.cause, ""), row.subject, row.body, row.is_original, place == 0
        )
        for place, row in enumerate(rows)
    ]


@dataclass(frozen=True, slots=True)
class JobRow:
    sign: Sign
    state: str
    tone: str
    ago: str


def job_row(sign: Sign) -> JobRow:
    state, tone = (_("detenido"), "danger") if sign.is_stale else (_("en marcha"), "ok")
    if sign.is_alarmed:
        state = _("alarma")
    if sign.is_new:
        state, tone = _("por empezar"), "neutral"
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
