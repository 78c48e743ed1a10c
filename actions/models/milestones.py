"""The steps an action is made of, each with its weight in the whole."""

import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from actions.models.actions import Action

LIGHTEST, HEAVIEST = 1, 100


class Milestone(models.Model):
    """A step that is done or not. Weights are compared with each other: they need not add up to 100."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(_("hito"), max_length=160)
    weight = models.PositiveSmallIntegerField(
        _("peso"), default=LIGHTEST, validators=[MinValueValidator(LIGHTEST), MaxValueValidator(HEAVIEST)]
    )
    due_on = models.DateField(_("fecha prevista"), null=True, blank=True)
    done_on = models.DateField(_("se cumplió el"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(default=0, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("hito")
        verbose_name_plural = _("hitos")
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gte=LIGHTEST, weight__lte=HEAVIEST),
                name="actions_milestone_weight_range",
                violation_error_message=_("El peso va de 1 a 100."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def is_done_on(self, day: datetime.date) -> bool:
        return self.done_on is not None and self.done_on <= day

    @property
    def is_overdue(self) -> bool:
        return self.done_on is None and self.due_on is not None and self.due_on < timezone.localdate()
