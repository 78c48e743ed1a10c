"""Review of instruments (document 002): rounds of a version, numbered recommendations and their answers."""

from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from network.models import User
from trainings.enums import Priority, Reply
from trainings.models.accompaniment import Accompaniment, AccompanimentDocument


class ReviewRound(models.Model):
    """One version of an instrument that the municipality sent, and what the institute recommends about it.

    What the institute writes is its own until it is sent (``sent_at``); a round sent without any recommendation says
    that there is nothing to change.
    """

    accompaniment = models.ForeignKey(Accompaniment, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField(_("versión"))
    document = models.OneToOneField(AccompanimentDocument, on_delete=models.PROTECT, related_name="round")
    note = models.TextField(_("qué cambió o qué se quiere saber"), max_length=2000, blank=True)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    sent_at = models.DateTimeField(null=True, editable=False)
    sent_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["-number"]
        verbose_name = _("ronda de revisión")
        verbose_name_plural = _("rondas de revisión")
        constraints = [
            models.UniqueConstraint(
                fields=["accompaniment", "number"],
                name="trainings_round_number",
                violation_error_message=_("Esa versión ya se recibió."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.accompaniment_id} · v{self.number}"


@dataclass(frozen=True, slots=True)
class Attended:
    """Recommendations that were sent: ``accepted`` + ``partial`` + ``rejected`` + ``unanswered`` = ``total``."""

    total: int
    accepted: int
    partial: int
    rejected: int

    @property
    def attended(self) -> int:
        """Accepted, wholly or in part."""
        return self.accepted + self.partial

    @property
    def unanswered(self) -> int:
        return self.total - self.attended - self.rejected


class RecommendationQuerySet(models.QuerySet["Recommendation"]):
    def sent(self) -> "RecommendationQuerySet":
        """Those that the municipality has before it."""
        return self.filter(round__sent_at__isnull=False)

    def attended(self) -> Attended:
        """How many were sent, and what became of them. One query."""
        replies = {reply: Count("pk", filter=Q(reply=reply)) for reply in Reply.values}
        return Attended(**self.sent().aggregate(total=Count("pk"), **replies))


class Recommendation(models.Model):
    """One thing that the institute recommends to change, and what the municipality answers.

    ``number`` runs through all rounds of a file, so that both sides can name it; it is given when the round is sent.
    """

    round = models.ForeignKey(ReviewRound, on_delete=models.CASCADE, related_name="recommendations")
    order = models.PositiveSmallIntegerField(default=0)
    number = models.PositiveSmallIntegerField(_("número"), null=True, editable=False)
    section = models.CharField(_("sección o página"), max_length=120)
    text = models.TextField(_("recomendación"), max_length=2000)
    priority = models.CharField(_("prioridad"), max_length=6, choices=Priority, default=Priority.MEDIUM)
    reply = models.CharField(_("respuesta"), max_length=8, choices=Reply, blank=True)
    reply_text = models.TextField(_("qué se hizo o por qué no"), max_length=2000, blank=True)
    replied_at = models.DateTimeField(null=True, editable=False)
    replied_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    history = HistoricalRecords()

    objects = RecommendationQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("recomendación")
        verbose_name_plural = _("recomendaciones")
        constraints = [
            models.CheckConstraint(
                condition=~Q(reply__in=["partial", "rejected"]) | ~Q(reply_text=""),
                name="trainings_recommendation_reply_with_reason",
                violation_error_message=_("Diga qué parte no se acepta o por qué."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section}".strip()
