"""The stages of reminders: when one leaves, to whom, and of which events."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from events.enums import RegistrationState, ReminderAnchor, ReminderAudience
from events.models.attendance import Attendance
from events.models.events import Event
from events.models.series import Format
from network.enums import Modality
from network.models import Translated

HOUR, DAY = 60, 24 * 60
# The farthest that a stage may be from what it counts from, in minutes.
MAX_OFFSET = 60 * DAY
# How long after it fell due a stage after the end is still worth sending: after a stop, and to who is written down late
# as having attended.
FOLLOW_UP_KEPT = timedelta(days=7)
# Who may have attended: who has a place, and who came while waiting for one.
EXPECTED = (RegistrationState.CONFIRMED, RegistrationState.OFFERED, RegistrationState.WAITING)
MODALITIES = [(kind.value, kind.label) for kind in (Modality.IN_PERSON, Modality.VIRTUAL)]


class ReminderStageQuerySet(models.QuerySet["ReminderStage"]):
    def active(self) -> "ReminderStageQuerySet":
        return self.filter(is_active=True)

    def of_all(self) -> "ReminderStageQuerySet":
        """Those of every event or of a format: all that are not one event's own."""
        return self.filter(event=None)

    def about(self, event: Event) -> "ReminderStageQuerySet":
        """Every stage that has a word on this event; of those with one code the nearest counts (:func:`in_force`)."""
        return self.filter(Q(event=None, format=None) | Q(format=event.format_id) | Q(event=event.pk))


class ReminderStage(Translated):
    """When a reminder leaves and whom it reaches: of every event, of those of a ``format``, or of one ``event``.

    ``offset_minutes`` from the ``anchor``, negative before it. ``code`` says which stage this is: of those with one
    code the event's own stands in for its format's, which stands in for the common one. It is a part of the key of each
    message, so it never changes. ``modality`` empty: everybody; else who attends that way.
    """

    code = models.SlugField(max_length=30, editable=False)
    name = models.CharField(_("nombre"), max_length=80)
    name_en = models.CharField(_("nombre en inglés"), max_length=80, blank=True)
    format = models.ForeignKey(
        Format, on_delete=models.PROTECT, null=True, blank=True, related_name="reminder_stages",
        verbose_name=_("formato"),
    )  # fmt: skip
    event = models.ForeignKey(
        "events.Event", on_delete=models.CASCADE, null=True, blank=True, related_name="reminder_stages"
    )
    anchor = models.CharField(_("se cuenta desde"), max_length=5, choices=ReminderAnchor, default=ReminderAnchor.START)
    offset_minutes = models.IntegerField(_("minutos"))
    modality = models.CharField(_("cómo asisten"), max_length=12, choices=MODALITIES, blank=True)
    audience = models.CharField(
        _("a quién"), max_length=10, choices=ReminderAudience, default=ReminderAudience.CONFIRMED
    )
    is_active = models.BooleanField(_("activa"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    last_used_at = models.DateTimeField(_("último envío"), null=True, editable=False)
    history = HistoricalRecords(excluded_fields=["last_used_at"])

    objects = ReminderStageQuerySet.as_manager()

    class Meta:
        ordering = ["-anchor", "offset_minutes", "pk"]
        verbose_name = _("etapa de recordatorio")
        verbose_name_plural = _("etapas de recordatorio")
        constraints = [
            # SQLite knows no "nulls are equal", hence three of them.
            models.UniqueConstraint(
                fields=["code", "event"],
                name="events_reminder_stage_of_event_once",
                violation_error_message=_("Este evento ya tiene esa etapa."),
            ),
            models.UniqueConstraint(
                fields=["code", "format"],
                name="events_reminder_stage_of_format_once",
                violation_error_message=_("Ese formato ya tiene esa etapa."),
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(event__isnull=True, format__isnull=True),
                name="events_reminder_stage_of_all_once",
                violation_error_message=_("Ya hay una etapa con ese código."),
            ),
            models.CheckConstraint(
                condition=Q(event__isnull=True) | Q(format__isnull=True),
                name="events_reminder_stage_one_scope",
                violation_error_message=_("Una etapa es de un evento o de un formato, no de los dos."),
            ),
            models.CheckConstraint(
                condition=Q(offset_minutes__gte=-MAX_OFFSET, offset_minutes__lte=MAX_OFFSET),
                name="events_reminder_stage_near",
                violation_error_message=_("Una etapa queda hasta 60 días antes o después."),
            ),
            models.CheckConstraint(
                condition=~Q(audience__in=["attended", "absent"]) | Q(anchor="end", offset_minutes__gte=0),
                name="events_reminder_stage_known_attendance",
                violation_error_message=_("Quién asistió se sabe al terminar: cuente la etapa después del término."),
            ),
        ]

    @property
    def is_before_start(self) -> bool:
        return self.anchor == ReminderAnchor.START and self.offset_minutes < 0

    @property
    def is_follow_up(self) -> bool:
        """Sent once the event is over."""
        return self.anchor == ReminderAnchor.END and self.offset_minutes >= 0

    @property
    def when_label(self) -> str:
        """Its moment in words: *7 días antes del inicio*."""
        length = duration_label(abs(self.offset_minutes))
        if self.anchor == ReminderAnchor.START:
            if self.offset_minutes == 0:
                return gettext("Al empezar")
            before = self.offset_minutes < 0
            text = gettext("{length} antes del inicio") if before else gettext("{length} después del inicio")
        else:
            if self.offset_minutes == 0:
                return gettext("Al terminar")
            before = self.offset_minutes < 0
            text = gettext("{length} antes del término") if before else gettext("{length} después del término")
        return text.format(length=length)

    @property
    def audience_label(self) -> str:
        """Whom it reaches, in words."""
        people = str(self.get_audience_display())
        return f"{people} · {self.get_modality_display()}" if self.modality else people

    @property
    def scope_label(self) -> str | Promise:
        """Whose stage it is, in words."""
        if self.event_id is not None:
            return _("Solo este evento")
        return self.format.label if self.format else _("Todos los eventos")

    def due_at(self, event: Event) -> datetime | None:
        """When it falls due for an event; None where the event has no such moment.

        Without an hour nothing is timed, except what comes after the end: the day ends at its midnight.
        """
        anchor = event.starts_at if self.anchor == ReminderAnchor.START else event.ends_at
        if anchor is None and self.is_follow_up:
            anchor = end_of_days(event)
        return None if anchor is None else anchor + timedelta(minutes=self.offset_minutes)

    def expires_at(self, event: Event) -> datetime | None:
        """From when on it has no sense: the start, the end, or some days after it fell due."""
        due = self.due_at(event)
        if due is None:
            return None
        if self.is_follow_up:
            return due + FOLLOW_UP_KEPT
        return event.starts_at if self.is_before_start else event.ends_at or end_of_days(event)

    def is_alive(self, event: Event, now: datetime) -> bool:
        """It fell due and has still its sense."""
        due, expires = self.due_at(event), self.expires_at(event)
        return due is not None and expires is not None and due <= now < expires

    def reached(self) -> Q:
        """Which registrations it reaches, as a condition on them. Who attends a hybrid event is asked how; who did not
        say so may come either way."""
        people = _AUDIENCES[ReminderAudience(self.audience)]()
        if not self.modality:
            return people
        chosen = Q(event__modality=Modality.HYBRID, modality__in=["", Modality.HYBRID, self.modality])
        return people & (Q(event__modality=self.modality) | chosen)


def in_force(event: Event, stages: Iterable[ReminderStage]) -> list[ReminderStage]:
    """Of all these stages those that apply to the event, active or not: for each code the nearest one."""
    nearest: dict[str, ReminderStage] = {}
    for stage in sorted(stages, key=lambda stage: (stage.event_id is not None, stage.format_id is not None)):
        if stage.event_id in (None, event.pk) and stage.format_id in (None, event.format_id):
            nearest[stage.code] = stage
    return list(nearest.values())


def reminder_key(code: Combinable) -> Concat:
    """The dedupe key of the message of a stage, as an expression on registrations: one for each registration, stage and
    start revision."""
    revision = Cast("event__start_revision", models.CharField())
    parts = (Value("reminder:"), Cast("pk", models.CharField()), Value(":"), code, Value(":"), revision)
    return Concat(*parts, output_field=models.CharField())


def end_of_days(event: Event) -> datetime | None:
    """The midnight that ends the event's last day at its place."""
    day = event.last_day or event.first_day
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(event.time_zone))


def duration_label(minutes: int) -> str:
    """*7 días*, *2 horas*, *90 minutos*: in the largest unit that divides it."""
    if minutes % DAY == 0:
        return ngettext("{n} día", "{n} días", minutes // DAY).format(n=minutes // DAY)
    if minutes % HOUR == 0:
        return ngettext("{n} hora", "{n} horas", minutes // HOUR).format(n=minutes // HOUR)
    return ngettext("{n} minuto", "{n} minutos", minutes).format(n=minutes)


def _attended() -> Q:
    confirmed = Q(state=RegistrationState.CONFIRMED)
    return Q(_came(), state__in=EXPECTED) | (confirmed & ~Q(_taken()))


def _absent() -> Q:
    return Q(_taken(), ~Q(_came()), state=RegistrationState.CONFIRMED)


def _came() -> Exists:
    return Exists(Attendance.objects.filter(event=OuterRef("event"), person=OuterRef("person")))


def _taken() -> Exists:
    return Exists(Attendance.objects.filter(event=OuterRef("event")))


_AUDIENCES = {
    ReminderAudience.CONFIRMED: lambda: Q(state=RegistrationState.CONFIRMED),
    ReminderAudience.WAITING: lambda: Q(state=RegistrationState.WAITING),
    ReminderAudience.ATTENDED: _attended,
    ReminderAudience.ABSENT: _absent,
}
