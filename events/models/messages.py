"""What staff write to registered people, and the stages of reminders."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.models import User


class BulkMessage(models.Model):
    """A message that staff wrote to many of an event's registered people; each gets it once."""

    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="bulk_messages")
    key = models.CharField(max_length=32, unique=True, editable=False)
    subject = models.CharField(_("asunto"), max_length=150)
    body = models.TextField(_("mensaje"), max_length=4000)
    states = models.JSONField(default=list, editable=False)
    recipients = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("mensaje a personas inscritas")
        verbose_name_plural = _("mensajes a personas inscritas")


class ReminderStage(models.Model):
    """When a reminder leaves, in minutes before the start; for every event (``event`` null) or for one."""

    code = models.SlugField(max_length=30)
    name = models.CharField(_("nombre"), max_length=80)
    event = models.ForeignKey(
        "events.Event", on_delete=models.CASCADE, null=True, blank=True, related_name="reminder_stages"
    )
    minutes_before = models.PositiveIntegerField(_("minutos antes del inicio"))
    is_active = models.BooleanField(_("activo"), default=True)

    class Meta:
        ordering = ["-minutes_before"]
        verbose_name = _("etapa de recordatorio")
        verbose_name_plural = _("etapas de recordatorio")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "event"],
                name="events_reminder_stage_of_event_once",
                violation_error_message=_("Este evento ya tiene esa etapa."),
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(event__isnull=True),
                name="events_reminder_stage_of_all_once",
                violation_error_message=_("Ya hay una etapa con ese código."),
            ),
        ]
