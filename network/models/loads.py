"""A spreadsheet that somebody sent: what it would change, kept until somebody confirms it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from network.enums import LoadKind, LoadState
from network.models.accounts import User


class SheetLoadQuerySet(models.QuerySet["SheetLoad"]):
    def pending(self) -> "SheetLoadQuerySet":
        return self.filter(state=LoadState.PENDING)


class SheetLoad(models.Model):
    """One file and its dry run. Nothing of it is stored elsewhere until it is confirmed.

    ``rows`` holds what each row would do, except those that change nothing; it is emptied once the load is confirmed or
    thrown away, because it repeats what the file says. The file itself is not kept. ``municipality``: whose it is; null
    for one of the institute.
    """

    kind = models.CharField(_("qué se carga"), max_length=12, choices=LoadKind)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    file_name = models.CharField(_("nombre del archivo"), max_length=200)
    state = models.CharField(_("estado"), max_length=10, choices=LoadState, default=LoadState.PENDING)
    rows = models.JSONField(default=list, blank=True)
    new = models.PositiveIntegerField(_("nuevas"), default=0)
    changed = models.PositiveIntegerField(_("cambian"), default=0)
    equal = models.PositiveIntegerField(_("iguales"), default=0)
    kept = models.PositiveIntegerField(_("ya están"), default=0)
    refused = models.PositiveIntegerField(_("rechazadas"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    objects = SheetLoadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("carga desde Excel")
        verbose_name_plural = _("cargas desde Excel")

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_pending(self) -> bool:
        return self.state == LoadState.PENDING

    @property
    def is_confirmable(self) -> bool:
        """Waits, holds something to write and nothing that was refused."""
        return self.is_pending and not self.refused and bool(self.new + self.changed)
