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
                condition=~Q(decision__in=["returned", "withdrawn", "closing", "kept-open"]) | ~Q(comment=""),
                name="actions_review_return_has_comment",
                violation_error_message=_("Diga qué falta o qué hay que corregir."),
            )
        ]

    def __str__(self) -> str:
        return self.get_decision_display()


class FieldCommentQuerySet(models.QuerySet["FieldComment"]):
    def of(self, action: Action) -> "FieldCommentQuerySet":
        """Those of the last time the action was returned."""
        last = Review.objects.filter(action=action, decision=ReviewDecision.RETURNED).order_by("-created_at", "-pk")
        return self.filter(review__in=last.values("pk")[:1])


class FieldComment(models.Model):
    """What the institute says of one field when it returns an action. ``field`` is its name in the form.

    ``label`` is what it was called and ``stored`` what it said then: once it says something else, the comment counts
    as answered.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="field_comments")
    field = models.CharField(_("dato"), max_length=40)
    text = models.TextField(_("comentario"), max_length=1000)
    label = models.CharField(max_length=160, blank=True, editable=False)
    stored = models.TextField(blank=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)

    objects = FieldCommentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("comentario a un dato")
        verbose_name_plural = _("comentarios a los datos")
        constraints = [
            models.UniqueConstraint(fields=["review", "field"], name="actions_field_comment_one_per_field"),
            models.CheckConstraint(
                condition=~Q(text=""),
                name="actions_field_comment_has_text",
                violation_error_message=_("Escriba el comentario."),
            ),
        ]

    def __str__(self) -> str:
        return self.field
