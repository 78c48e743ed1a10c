"""Who is who: records that may be one human, those that were joined, and what was corrected in a record."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from network.enums import DuplicateReason
from network.models.accounts import User
from network.models.people import Person


class PossibleDuplicateQuerySet(models.QuerySet["PossibleDuplicate"]):
    def open(self) -> "PossibleDuplicateQuerySet":
        """Still to be decided by a person, the likeliest first."""
        undecided = self.filter(decided_at=None, one__merged_into=None, other__merged_into=None)
        return undecided.order_by("-likeness", "pk")

    def of_pair(self, one: Person, other: Person) -> "PossibleDuplicateQuerySet":
        first, second = sorted((one.pk, other.pk))
        return self.filter(one=first, other=second)


class PossibleDuplicate(models.Model):
    """Two records that may be one human, with the reasons; ``one`` is the older record.

    Nobody joins them but a person. ``decided_at``: since when it is known that they are two people; such a pair is
    never proposed again. ``likeness`` (0–100) puts them in order.
    """

    one = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    reasons = models.JSONField(default=list)
    likeness = models.PositiveSmallIntegerField(default=0)
    found_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = PossibleDuplicateQuerySet.as_manager()

    class Meta:
        verbose_name = _("posible duplicado")
        verbose_name_plural = _("posibles duplicados")
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="network_possible_duplicate_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="network_possible_duplicate_in_order"),
        ]
        indexes = [
            models.Index(fields=["-likeness", "id"], condition=Q(decided_at=None), name="network_duplicate_open")
        ]

    @property
    def reasons_in_words(self) -> list[str]:
        return [str(DuplicateReason(reason).label) for reason in self.reasons]


class PersonMerge(models.Model):
    """Two records were found to be one human: ``gone`` holds nothing since, ``kept`` has it all.

    ``moved``: what each app moved, by app, so that it can be put back; emptied where somebody in it is erased, and
    then nothing can be put back.
    """

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges", verbose_name=_("se conservó"))
    gone = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("se unió"))
    moved = models.JSONField(default=dict)
    at = models.DateTimeField(_("cuándo"), auto_now_add=True)
    by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("quién la hizo")
    )
    reason = models.CharField(_("motivo"), max_length=200, blank=True)
    undone_at = models.DateTimeField(_("deshecha el"), null=True)
    undone_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("quién la deshizo")
    )

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("unión de personas")
        verbose_name_plural = _("uniones de personas")
        constraints = [
            models.UniqueConstraint(
                fields=["gone"],
                condition=Q(undone_at=None),
                name="network_person_merged_once",
                violation_error_message=_("Esta persona ya está unida a otra."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kept_id} ← {self.gone_id}"


class PersonEdit(models.Model):
    """What somebody corrected in a person's own data. ``changes``: by field, what it said before and says now."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="edits", verbose_name=_("persona"))
    changes = models.JSONField()
    reason = models.CharField(_("motivo"), max_length=200)
    at = models.DateTimeField(_("cuándo"), auto_now_add=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("quién"))

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("corrección de una persona")
        verbose_name_plural = _("correcciones de personas")
