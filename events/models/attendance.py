"""Who was there."""

from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from events.enums import AttendanceSource
from events.models.registration import Registration
from municipalities.models import Municipality
from network.enums import Modality, PersonCategory, Sex
from network.models import Person, User
from web.search import folded_key


class Attendance(models.Model):
    """Somebody was there. Sex, category, institution and municipality are kept as they were on the day.

    ``institution_key``: the institution as names are compared, by which figures find one that is registered.
    ``minutes``: the union of the person's intervals, clipped to the session's start and end; null where unknown, which
    is never zero. ``arrived_at`` is the first moment in and ``left_at`` the last one out, as far as they are known.
    ``before_import``: what the row said before a report was united with it; null where none was, or where the row is
    the report's own.
    """

    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="attendances")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="attendances")
    registration = models.OneToOneField(
        Registration, on_delete=models.SET_NULL, null=True, blank=True, related_name="attendance"
    )
    source = models.CharField(_("fuente"), max_length=10, choices=AttendanceSource, default=AttendanceSource.STAFF)
    modality = models.CharField(_("modalidad"), max_length=12, choices=Modality, blank=True)
    minutes = models.PositiveIntegerField(_("minutos"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("llegada"), null=True, blank=True)
    left_at = models.DateTimeField(_("salida"), null=True, blank=True)
    sex = models.CharField(max_length=12, choices=Sex, blank=True)
    category = models.CharField(max_length=20, choices=PersonCategory, blank=True)
    institution = models.CharField(max_length=200, blank=True)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="attendances"
    )
    institution_key = models.GeneratedField(
        expression=folded_key("institution"), output_field=models.CharField(max_length=200), db_persist=True
    )
    before_import = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("asistencia")
        verbose_name_plural = _("asistencias")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person"],
                name="events_attendance_once",
                violation_error_message=_("La asistencia de esta persona ya está anotada."),
            )
        ]
        indexes = [
            models.Index(fields=["institution_key"], condition=~models.Q(institution=""), name="events_att_institution")
        ]

    @property
    def words(self) -> str:
        """Where it comes from, from when to when at the event's place, for how long, and who wrote it."""
        zone = ZoneInfo(self.event.time_zone)
        times = [moment.astimezone(zone).strftime("%H:%M") for moment in (self.arrived_at, self.left_at) if moment]
        if self.left_at and not self.arrived_at:
            times = [gettext("hasta {time}").format(time=times[0])]
        parts = [str(self.get_source_display()), "–".join(times)]
        if self.minutes is not None:
            parts.append(ngettext("{n} minuto", "{n} minutos", self.minutes).format(n=self.minutes))
        elif self.source == AttendanceSource.IMPORT:
            parts.append(gettext("minutos sin dato"))
        if self.created_by:
            parts.append(gettext("anotó {name}").format(name=self.created_by.name))
        return " · ".join(part for part in parts if part)


class DoorMark(models.Model):
    """What somebody at the door said about one registration: that the person came, or that this was a mistake.

    The marks are the trail, and :class:`Attendance` follows from them: they reach us in any order, since a phone
    without network sends its own later. ``at``: when it was said. ``key``: made by the phone, so that a mark sent twice
    counts once.
    """

    key = models.CharField(max_length=36, unique=True)
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="door_marks")
    came = models.BooleanField(_("llegó"))
    at = models.DateTimeField(_("momento"))
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("marca en la entrada")
        verbose_name_plural = _("marcas en la entrada")
