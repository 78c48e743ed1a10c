"""What staff write to registered people."""

from django.db import models
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
