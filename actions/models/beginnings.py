"""Where a record begins: what was typed and not saved yet."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from actions.models.actions import Action
from municipalities.models import Municipality
from network.models import User


class TypedDraft(models.Model):
    """What one person is typing into a form of one municipality, until it is saved. Nobody else sees it.

    ``fields`` are the fields as the browser sends them, name by name, each with its values in order. ``action`` is the
    one that is being edited, null for one that does not exist yet: then ``key`` is that of the form that was opened
    (:attr:`Action.request_key`), so two tabs keep two texts.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    municipality = models.ForeignKey(Municipality, on_delete=models.CASCADE, related_name="+")
    form = models.SlugField(max_length=20)
    action = models.ForeignKey(Action, on_delete=models.CASCADE, null=True, related_name="+")
    key = models.UUIDField(null=True)
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
                fields=["user", "municipality", "form", "key"],
                condition=Q(action__isnull=True),
                name="actions_typed_one_new",
            ),
        ]
        indexes = [models.Index(fields=["saved_at"], name="actions_typed_saved")]

    @property
    def title(self) -> str:
        """What the action is called so far; empty where that was not typed yet."""
        return next(iter(self.fields.get("title", ())), "")

    def __str__(self) -> str:
        return f"{self.form} {self.action_id or ''}".strip()
