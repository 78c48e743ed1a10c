"""The conversation between municipality and institute about an action."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from actions.enums import ReviewDecision
from actions.models.actions import Action
from network.models import User


class Review(models.Model):
    """One step of the conversation between municipality and institute about an action."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="reviews")
    decision = models.CharField(_("decisión"), max_length=10, choices=ReviewDecision)
    comment = models.TextField(_("comentario"), max_length=2000, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("revisión")
        verbose_name_plural = _("revisiones")
        constraints = [
            models.CheckConstraint(
                condition=~Q(decision="returned") | ~Q(comment=""),
                name="actions_review_return_has_comment",
                violation_error_message=_("Diga qué falta o qué hay que corregir."),
            )
        ]

    def __str__(self) -> str:
        return self.get_decision_display()
