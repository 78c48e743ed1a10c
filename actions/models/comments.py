"""What liaisons say to each other about published actions. The public never reads it."""

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from actions.enums import CommentState
from actions.models.actions import Action
from municipalities.models import Municipality
from network.models import User


class ActionCommentQuerySet(models.QuerySet["ActionComment"]):
    def waiting(self) -> "ActionCommentQuerySet":
        return self.filter(state=CommentState.WAITING)

    def reported(self) -> "ActionCommentQuerySet":
        """A municipality reported them and the institute has not looked at that yet."""
        return self.filter(Exists(CommentReport.objects.filter(comment=OuterRef("pk"), settled_at=None)))

    def to_moderate(self) -> "ActionCommentQuerySet":
        """What the institute has to decide: new ones, and visible ones that were reported."""
        reports = CommentReport.objects.filter(comment=OuterRef("pk"), settled_at=None)
        return self.filter(Q(state=CommentState.WAITING) | Q(Exists(reports), state=CommentState.APPROVED))

    def with_reports(self) -> "ActionCommentQuerySet":
        """How many reports of each wait (``open_reports``)."""
        return self.annotate(open_reports=Count("reports", filter=Q(reports__settled_at=None)))


class ActionComment(models.Model):
    """A comment of a municipality on a published action of any municipality."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="comments")
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="action_comments", verbose_name=_("municipio")
    )
    text = models.TextField(_("comentario"), max_length=1500)
    state = models.CharField(_("estado"), max_length=8, choices=CommentState, default=CommentState.WAITING)
    hidden_reason = models.CharField(_("motivo"), max_length=300, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    request_key = models.UUIDField(null=True, unique=True, editable=False)

    objects = ActionCommentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("comentario de una acción")
        verbose_name_plural = _("comentarios de acciones")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="hidden") | ~Q(hidden_reason=""),
                name="actions_comment_hidden_has_reason",
                violation_error_message=_("Diga por qué se oculta."),
            )
        ]
        indexes = [
            models.Index(fields=["created_by", "created_at"], name="actions_comment_pace"),
            models.Index(fields=["created_at"], condition=Q(state="waiting"), name="actions_comment_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def is_hidden(self) -> bool:
        return self.state == CommentState.HIDDEN

    @property
    def is_waiting(self) -> bool:
        return self.state == CommentState.WAITING


class CommentReport(models.Model):
    """A municipality asks the institute to look at a comment."""

    comment = models.ForeignKey(ActionComment, on_delete=models.CASCADE, related_name="reports")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("por qué"), max_length=300)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("reporte de un comentario")
        verbose_name_plural = _("reportes de comentarios")
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "municipality"],
                condition=Q(settled_at__isnull=True),
                name="actions_report_one_open",
                violation_error_message=_("Su municipio ya reportó este comentario."),
            )
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
