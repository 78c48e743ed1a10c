"""What staff write to many."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.models import User


class ToMany(models.Model):
    """What staff wrote to many people at once, kept as it was written. ``key`` is of the form that sent it."""

    mailing_name: ClassVar[str]
    key = models.CharField(max_length=32, unique=True, editable=False)
    subject = models.CharField(_("asunto"), max_length=150)
    body = models.TextField(_("mensaje"), max_length=4000)
    recipients = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True
        ordering = ["-created_at", "-pk"]

    @property
    def mailing(self) -> str:
        """The name under which the outbox knows its mails."""
        return f"{self.mailing_name}-{self.pk}"


class BulkMessage(ToMany):
    """A message that staff wrote to many of an event's registered people; each gets it once."""

    mailing_name = "mensaje"
    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="bulk_messages")
    states = models.JSONField(default=list, editable=False)

    class Meta(ToMany.Meta):
        verbose_name = _("mensaje a personas inscritas")
        verbose_name_plural = _("mensajes a personas inscritas")
