"""The words of the mails about a registration that staff may change: what they are at first, and what fills them in."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from events.enums import RegistrationState, ReminderAudience
from events.models import Event, Registration, ReminderStage
from network.enums import Modality
from outbox import registry, texts
from outbox.registry import Label, Mail, Text

CONFIRMED = "events.registration.confirmed"
REQUESTED = "events.registration.requested"
WAITING = "events.registration.waiting"
REMINDER = "events.reminder"
REMINDER_WAITING = "events.reminder.waiting"
OFFERED = "events.offered"
PROMOTED = "events.promoted"
MOVED = "events.moved"
CANCELLED = "events.cancelled"
AFTER_CAME = "events.follow_up.came"
AFTER = "events.follow_up"
AFTER_ABSENT = "events.follow_up.absent"
AFTER_WAITING = "events.follow_up.waiting"

PLACEHOLDERS: dict[str, Label] = {
    "nombre": gettext_lazy("el nombre de la persona"),
    "evento": gettext_lazy("el título del evento"),
    "ciclo": gettext_lazy("el ciclo del evento, si tiene"),
    "fecha": gettext_lazy("el día o los días"),
    "hora": gettext_lazy("la hora, con su zona"),
    "enlace": gettext_lazy("la dirección donde la persona ve o cancela su inscripción"),
}
LINKS = frozenset({"enlace"})
NEARNESS: dict[str, Label] = {
    "cercania": gettext_lazy("qué tan cerca está: «Es mañana», «Es hoy», «Empieza en poco tiempo»")
}
CAME = {ReminderAudience.CONFIRMED, ReminderAudience.ATTENDED}
ABSENT = {ReminderAudience.ABSENT}
WAITING_ONLY = {ReminderAudience.WAITING}
# What the mail is sent to say, and nothing else in it does.
REQUIRED = frozenset({"plazo", "motivo"})
DEADLINE: dict[str, Label] = {"plazo": gettext_lazy("hasta cuándo se le guarda el lugar")}
REASON: dict[str, Label] = {"motivo": gettext_lazy("«Motivo: …», si se escribió por qué se cancela")}


def register(compose: Callable[[str, Registration, Text], Mail]) -> None:
    """Let staff change these; ``compose`` makes the mail of that name for a person, with words not stored."""
    confirmed, waiting = RegistrationState.CONFIRMED, RegistrationState.WAITING
    _register(REMINDER, gettext_lazy("Recordatorio de evento"), _reminder, confirmed, compose, NEARNESS, stages)
    label = gettext_lazy("Recordatorio a quien está en lista de espera")
    _register(REMINDER_WAITING, label, _reminder_waiting, waiting, compose, NEARNESS, stages_of_waiting)
    _register(CONFIRMED, gettext_lazy("Inscripción confirmada"), _confirmed, confirmed, compose)
    _register(WAITING, gettext_lazy("Inscripción en lista de espera"), _waiting, waiting, compose)
    _register(REQUESTED, gettext_lazy("Solicitud por aprobar"), _requested, RegistrationState.REQUESTED, compose)
    label = gettext_lazy("Lugar ofrecido de la lista de espera")
    _register(OFFERED, label, _offered, RegistrationState.OFFERED, compose, DEADLINE)
    _register(PROMOTED, gettext_lazy("Lugar obtenido en la lista de espera"), _promoted, confirmed, compose)
    _register(MOVED, gettext_lazy("Cambio de fecha o lugar"), _moved, confirmed, compose)
    _register(CANCELLED, gettext_lazy("Evento cancelado"), _cancelled, confirmed, compose, REASON)
    after = {
        AFTER_CAME: (gettext_lazy("Después de un evento, a quien asistió"), _after_came, CAME),
        AFTER: (gettext_lazy("Después de un evento, a quien se inscribió"), _after, CAME),
        AFTER_ABSENT: (gettext_lazy("Después de un evento, a quien no asistió"), _after_absent, ABSENT),
        AFTER_WAITING: (gettext_lazy("Después de un evento, a quien no tuvo lugar"), _after_waiting, WAITING_ONLY),
    }
    for name, (label, default, audiences) in after.items():
        _register(name, label, default, confirmed, compose, variants=partial(_stages, audiences, follow_up=True))


def _register(
    name: str,
    label: Label,
    default: Callable[[str], Text],
    state: RegistrationState,
    compose: Callable[[str, Registration, Text], Mail],
    further: dict[str, Label] | None = None,
    variants: Callable[[], list[tuple[str, str]]] | None = None,
) -> None:
    registry.register_text(
        registry.TextKind(
            name=name,
            label=label,
            placeholders=PLACEHOLDERS | (further or {}),
            links=LINKS,
            required=REQUIRED.intersection(further or ()),
            facts=gettext_lazy("cuándo y dónde, con el enlace de la videollamada"),
            default=default,
            sample=lambda: values(name, sample(state)),
            compose=lambda text: compose(name, sample(state), text),
            variants=variants,
        )
    )


def words(name: str, registration: Registration, *, variant: str = "", text: Text | None = None) -> texts.Words:
    """The words of that name for this person; ``text`` instead of the current ones, for their preview."""
    kind = registry.text(name)
    assert kind is not None
    return texts.fill(kind, text or texts.current(name, get_language() or "", variant), values(name, registration))


def values(name: str, registration: Registration) -> dict[str, str]:
    """What stands for each placeholder, in the active language."""
    event = registration.event
    found = {
        "nombre": registration.name,
        "evento": event.label,
        "ciclo": event.series.label if event.series else "",
        "fecha": event.day_label,
        "hora": event.time_label,
        "enlace": f"{settings.SITE_URL}{reverse('registration_detail', args=[registration.token])}",
    }
    if name in {REMINDER, REMINDER_WAITING}:
        found["cercania"] = nearness(event)
    if name == OFFERED:
        found["plazo"] = registration.deadline
    if name == CANCELLED:
        reason = event.cancellation_reason
        found["motivo"] = _("Motivo: {reason}").format(reason=reason) if reason else ""
    return found


def nearness(event: Event) -> str:
    """How near the start is, in words that stay true while the mail is on its way."""
    assert event.starts_at is not None
    away = event.starts_at - timezone.now()
    if away <= dt.timedelta():
        return _("Ya empezó")
    if away <= dt.timedelta(minutes=90):
        return _("Empieza en poco tiempo")
    zone = ZoneInfo(event.time_zone)
    days = (event.starts_at.astimezone(zone).date() - timezone.now().astimezone(zone).date()).days
    if days == 0:
        return _("Es hoy")
    return _("Es mañana") if days == 1 else _("Se acerca la fecha")


def stages() -> list[tuple[str, str]]:
    """The stages of reminders to who has a place; each may have words of its own."""
    return _stages({ReminderAudience.CONFIRMED})


def stages_of_waiting() -> list[tuple[str, str]]:
    return _stages(WAITING_ONLY)


def key_of(stage: ReminderStage) -> str:
    """Under which key staff change the words of a stage (``outbox.texts``)."""
    audience = ReminderAudience(stage.audience)
    if stage.is_follow_up:
        name = {ReminderAudience.ABSENT: AFTER_ABSENT, ReminderAudience.WAITING: AFTER_WAITING}.get(
            audience, AFTER_CAME
        )
    else:
        name = REMINDER_WAITING if audience == ReminderAudience.WAITING else REMINDER
    return f"{name}:{stage.code}"


def _stages(audiences: set[ReminderAudience], *, follow_up: bool = False) -> list[tuple[str, str]]:
    """By code, with the name that the stage has for every event; else the one that some event or format gave it."""
    rows = ReminderStage.objects.filter(audience__in=audiences)
    found: dict[str, str] = {}
    for stage in sorted(rows, key=lambda row: (row.offset_minutes, row.event_id or 0, row.format_id or 0)):
        if stage.is_follow_up == follow_up:
            found.setdefault(stage.code, str(stage.label))
    return list(found.items())


# --- The words as they are shipped


def _body(before: str, after: str = "") -> str:
    return "\n\n".join(part for part in (before, f"{{{texts.FACTS}}}", after) if part)


def _reminder(variant: str) -> Text:
    says = "{cercania}. " + _("Le recordamos que tiene un lugar confirmado.")
    cancel = _("Si no puede asistir, cancele con el enlace: otra persona podrá ocupar el lugar.")
    return Text("{cercania}: {evento}", _body(says, cancel))


def _reminder_waiting(variant: str) -> Text:
    says = "{cercania}. " + _("Sigue en la lista de espera: si se libera un lugar, le avisamos por correo.")
    return Text("{cercania}: {evento}", _body(says, _("Si ya no le interesa, salga de la lista con el enlace.")))


def _confirmed(variant: str) -> Text:
    after = _(
        "Adjuntamos el evento para su calendario. Si no puede asistir, cancele con el enlace: otra persona podrá "
        "ocupar el lugar."
    )
    return Text(_("Inscripción confirmada: {evento}"), _body(_("Su lugar está confirmado. Le esperamos."), after))


def _requested(variant: str) -> Text:
    says = _(
        "Recibimos su solicitud. El instituto aprueba cada inscripción a este evento y le avisa por este medio; "
        "todavía no tiene un lugar."
    )
    return Text(_("Recibimos su solicitud: {evento}"), _body(says))


def _waiting(variant: str) -> Text:
    says = _(
        "Por ahora los lugares están ocupados y su inscripción quedó en la lista de espera. Si se libera un lugar se "
        "asigna por orden de llegada y le avisamos por este medio."
    )
    return Text(
        _("En lista de espera: {evento}"),
        _body(says, _("Si ya no le interesa, puede salir de la lista con el enlace.")),
    )


def _offered(variant: str) -> Text:
    says = _(
        "Se liberó un lugar y es su turno. Lo guardamos para usted hasta el {plazo}. Si no lo acepta antes, pasa a la "
        "siguiente persona de la lista."
    )
    return Text(_("Hay un lugar para usted, responda pronto: {evento}"), _body(says))


def _promoted(variant: str) -> Text:
    says = _("Se liberó un lugar y es suyo: su inscripción pasó de la lista de espera a confirmada.")
    after = _(
        "Adjuntamos el evento para su calendario. Si no puede asistir, cancele con el enlace: otra persona podrá "
        "ocupar el lugar."
    )
    return Text(_("Ya tiene lugar: {evento}"), _body(says, after))


def _moved(variant: str) -> Text:
    says = _("El evento cambió. Estos son la fecha, la hora y el lugar que valen ahora; los anteriores ya no.")
    after = _(
        "Su inscripción sigue vigente. Adjuntamos el evento para que su calendario se ponga al día. Si ya no puede "
        "asistir, cancele con el enlace."
    )
    return Text(_("Cambió la fecha o el lugar: {evento}"), _body(says, after))


def _cancelled(variant: str) -> Text:
    says = _("Este evento se canceló y no se realizará. Lamentamos el cambio de planes.")
    after = _("No hace falta que haga nada. Adjuntamos un aviso que quita el evento de su calendario.")
    return Text(_("Se canceló: {evento}"), _body(f"{says} {{motivo}}", after))


def _after_came(variant: str) -> Text:
    return Text(_("Gracias por participar: {evento}"), _body(_("Gracias por participar en la sesión.")))


def _after(variant: str) -> Text:
    return Text(_("Después de la sesión: {evento}"), _body(_("Gracias por inscribirse a la sesión.")))


def _after_absent(variant: str) -> Text:
    says = _("No tenemos anotada su asistencia a la sesión. Lo que dejó queda a su disposición.")
    return Text(_("Después de la sesión: {evento}"), _body(says))


def _after_waiting(variant: str) -> Text:
    says = _("No hubo lugar para usted en la sesión. Lo que dejó queda a su disposición.")
    return Text(_("Después de la sesión: {evento}"), _body(says))


# --- An invented person, to look at the words

SAMPLE_TOKEN = "ejemplo"  # noqa: S105 (opens nothing)


def sample(state: RegistrationState) -> Registration:
    """Somebody registered for an event of tomorrow; none of it is stored."""
    zone = ZoneInfo(settings.TIME_ZONE)
    day = timezone.localdate(timezone=zone) + dt.timedelta(days=1)
    starts_at = dt.datetime.combine(day, dt.time(11), zone)
    event = Event(
        title="Taller de captación de agua de lluvia",
        title_en="Workshop on rainwater harvesting",
        slug="ejemplo",
        status="published",
        modality=Modality.VIRTUAL,
        meeting_url="https://videollamada.example/ejemplo",
        first_day=day,
        last_day=day,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=2),
        time_zone=str(zone),
    )
    return Registration(
        event=event,
        name=_("María Ejemplo"),
        email="maria@ejemplo.example",
        token=SAMPLE_TOKEN,
        state=state,
        language=get_language() or "",
        expires_at=starts_at - dt.timedelta(hours=3),
    )
