"""The audit trail: who did what to which row, and when. Only the database takes rows away, and only very old ones."""

from datetime import timedelta

from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.enums import Act, Role

KEPT_DAYS = 1825  # the triggers of the migration say the same: five years


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def outdated(self) -> "AuditEntryQuerySet":
        """Those that the database lets go."""
        return self.filter(at__lt=timezone.now() - timedelta(days=KEPT_DAYS))


class AuditEntry(models.Model):
    """One act. Numbers and codes only, never a name, an address or a text that somebody wrote: an erased person leaves
    nothing here, and the trail needs no erasing. Triggers refuse any change, and deleting before :data:`KEPT_DAYS`.
    """

    at = models.DateTimeField(_("cuándo"), default=timezone.now, editable=False, db_index=True)
    act = models.CharField(_("acto"), max_length=32, choices=Act, db_index=True)
    # Not a key: the trail outlives what it names, and nothing may change a row of it, not even a deletion elsewhere.
    actor = models.BigIntegerField(_("cuenta"), null=True, db_index=True)
    role = models.CharField(_("papel"), max_length=16, choices=Role, blank=True)
    row_type = models.CharField(_("tipo de objeto"), max_length=64, blank=True)
    row = models.BigIntegerField(_("número del objeto"), null=True)
    detail = models.JSONField(_("detalle"), default=dict)
    request_id = models.CharField(_("petición"), max_length=64, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("acto registrado")
        verbose_name_plural = _("actos registrados")
        indexes = [models.Index(fields=["row_type", "row"], name="network_audit_row")]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"

    @property
    def row_name(self) -> str:
        """The kind of row in words, with its number: *persona 17*; the code where the model is no more."""
        if not self.row_type:
            return ""
        try:
            words = str(apps.get_model(self.row_type)._meta.verbose_name)
        except LookupError:
            words = self.row_type
        return f"{words} {self.row or ''}".strip()

    @property
    def facts(self) -> str:
        """The detail as ``key: value``, for page and file alike."""
        return " · ".join(f"{key}: {value}" for key, value in self.detail.items())
