"""Where a record begins: what was typed and not saved yet, and the templates that an action can start from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from actions.enums import ActionKind, IndicatorDirection
from actions.models.actions import Action
from actions.models.vocabulary import Hazard
from municipalities.models import Municipality
from network.models import SDG, Sector, Translated, User


class TypedDraft(models.Model):
    """What one person is typing into a form of one municipality, until it is saved. Nobody else sees it.

    ``fields`` are the fields as the browser sends them, name by name, each with its values in order. ``action`` is the
    one that is being edited, null for one that does not exist yet.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    form = models.SlugField(max_length=20)
    action = models.ForeignKey(Action, on_delete=models.CASCADE, null=True, related_name="+")
    fields = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("texto sin guardar")
        verbose_name_plural = _("textos sin guardar")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "municipality", "form", "action"],
                condition=Q(action__isnull=False),
                name="actions_typed_one_per_action",
            ),
            models.UniqueConstraint(
                fields=["user", "municipality", "form"],
                condition=Q(action__isnull=True),
                name="actions_typed_one_new",
            ),
        ]
        indexes = [models.Index(fields=["saved_at"], name="actions_typed_saved")]

    def __str__(self) -> str:
        return f"{self.form} {self.action_id or ''}".strip()


class ActionTemplate(Translated):
    """A common action of a sector to start from, of the reference data. ``name`` is the title it proposes."""

    code = models.SlugField(max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(default=0)
    sector = models.ForeignKey(Sector, on_delete=models.CASCADE, related_name="action_templates")
    kind = models.CharField(max_length=12, choices=ActionKind)
    description = models.TextField(max_length=4000)
    indicator = models.CharField(max_length=160, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    direction = models.CharField(max_length=8, choices=IndicatorDirection, default=IndicatorDirection.INCREASE)
    sdgs = models.ManyToManyField(SDG, blank=True, related_name="+")
    hazards = models.ManyToManyField(Hazard, blank=True, related_name="+")

    class Meta:
        ordering = ["order"]
        verbose_name = _("plantilla de acción")
        verbose_name_plural = _("plantillas de acción")
