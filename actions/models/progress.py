"""How far an action is: indicators with readings, follow-ups, and the evidence of what was done."""

import datetime
import secrets
from dataclasses import dataclass
from decimal import Decimal

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from actions.enums import ActionStatus, IndicatorDirection
from actions.models.actions import Action
from actions.models.milestones import Milestone
from network.models import User, private_storage


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of an indicator on a day; ``follow_up`` is the id of the follow-up it came with."""

    date: datetime.date
    value: Decimal
    follow_up: int | None
    pk: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """An indicator with its readings from the oldest to the newest."""

    indicator: "Indicator"
    readings: list[Reading]

    @property
    def latest(self) -> Reading | None:
        return self.readings[-1] if self.readings else None

    @property
    def share_reached(self) -> int | None:
        return self.indicator.share_reached(self.latest.value if self.latest else None)

    def share_on(self, day: datetime.date) -> int | None:
        """As it was known that day; None before the first reading."""
        until = [row.value for row in self.readings if row.date <= day]
        return self.indicator.share_reached(until[-1] if until else None)


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    def measured(self) -> list[Measured]:
        """The indicators with all their readings, asked for in one query."""
        found: dict[int, Measured] = {}
        columns = {
            "day": F("readings__date"),
            "reading": F("readings__value"),
            "told_with": F("readings__follow_up_id"),
            "reading_id": F("readings__pk"),
            "said_by": F("readings__source"),
        }
        for row in self.annotate(**columns).order_by("pk", "readings__date", "readings__pk"):
            read = vars(row)
            measured = found.setdefault(row.pk, Measured(row, []))
            if read["day"] is not None:
                measured.readings.append(
                    Reading(read["day"], read["reading"], read["told_with"], read["reading_id"], read["said_by"])
                )
        return list(found.values())


class Indicator(models.Model):
    """What is measured: unit, baseline and target; readings arrive with follow-ups."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="indicators")
    name = models.CharField(_("indicador"), max_length=160)
    unit = models.CharField(_("unidad"), max_length=40)
    direction = models.CharField(
        _("se busca"), max_length=8, choices=IndicatorDirection, default=IndicatorDirection.INCREASE
    )
    baseline = models.DecimalField(_("línea base"), max_digits=14, decimal_places=2, null=True, blank=True)
    target = models.DecimalField(_("meta"), max_digits=14, decimal_places=2)
    history = HistoricalRecords()

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("indicador")
        verbose_name_plural = _("indicadores")

    def __str__(self) -> str:
        return self.name

    def share_reached(self, value: Decimal | None) -> int | None:
        """How much of the way from baseline to target a value is, in per cent from 0 to 100.

        Null where it cannot be said: without a value or a baseline nothing is known (unknown is never zero).
        """
        if value is None or self.baseline is None or self.baseline == self.target:
            return None
        return max(0, min(100, round(100 * (value - self.baseline) / (self.target - self.baseline))))


class FollowUp(models.Model):
    """What happened until a date, with the progress it leaves."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="follow_ups")
    date = models.DateField(_("fecha"))
    progress = models.PositiveSmallIntegerField(_("avance (%)"), validators=[MaxValueValidator(100)])
    # Where it was typed, why; empty where it was computed from milestones or indicators.
    progress_reason = models.CharField(_("en qué se basa el avance"), max_length=200, blank=True)
    status = models.CharField(_("situación"), max_length=12, choices=ActionStatus)
    text = models.TextField(_("qué se hizo"), max_length=2000)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    request_key = models.UUIDField(null=True, unique=True, editable=False)

    class Meta:
        ordering = ["-date", "-pk"]
        verbose_name = _("seguimiento")
        verbose_name_plural = _("seguimientos")
        constraints = [
            models.CheckConstraint(
                condition=Q(progress__lte=100),
                name="actions_follow_up_progress_range",
                violation_error_message=_("El avance va de 0 a 100 por ciento."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.progress} %"


class IndicatorReading(models.Model):
    """A value of an indicator on a date."""

    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="readings")
    follow_up = models.ForeignKey(FollowUp, on_delete=models.CASCADE, null=True, blank=True, related_name="readings")
    date = models.DateField(_("fecha"))
    value = models.DecimalField(_("valor"), max_digits=14, decimal_places=2)
    source = models.CharField(_("fuente"), max_length=200, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["date", "pk"]
        verbose_name = _("lectura")
        verbose_name_plural = _("lecturas")
        constraints = [models.UniqueConstraint(fields=["indicator", "date"], name="actions_reading_one_per_date")]

    def __str__(self) -> str:
        return f"{self.date}: {self.value}"


def evidence_path(instance: "Evidence", filename: str) -> str:
    return f"evidence/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def with_subject(self) -> "EvidenceQuerySet":
        """With the milestone or the reading that each belongs to."""
        return self.select_related("milestone", "reading__indicator")


class Evidence(models.Model):
    """A file or a link that shows what was done; it may be tied to a milestone or a reading of the same action."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="evidence")
    follow_up = models.ForeignKey(FollowUp, on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence")
    milestone = models.ForeignKey(
        Milestone, on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence", verbose_name=_("hito")
    )
    reading = models.ForeignKey(
        IndicatorReading, on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence",
        verbose_name=_("lectura"),
    )  # fmt: skip
    title = models.CharField(_("qué muestra"), max_length=160)
    file = models.FileField(_("archivo"), upload_to=evidence_path, storage=private_storage, blank=True)
    original_name = models.CharField(max_length=200, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    url = models.URLField(_("enlace"), max_length=500, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("evidencia")
        verbose_name_plural = _("evidencias")
        constraints = [
            models.CheckConstraint(
                condition=(Q(file="") & ~Q(url="")) | (~Q(file="") & Q(url="")),
                name="actions_evidence_file_or_link",
                violation_error_message=_("Suba un archivo o escriba un enlace: uno de los dos."),
            ),
            models.CheckConstraint(
                condition=Q(milestone__isnull=True) | Q(reading__isnull=True),
                name="actions_evidence_of_one_thing",
                violation_error_message=_("Una evidencia es de un hito o de una lectura, no de los dos."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def subject(self) -> str:
        """The milestone or the reading it belongs to, in words; empty where it is of the action as a whole."""
        if self.milestone is not None:
            return _("Hito: %(title)s") % {"title": self.milestone.title}
        if self.reading is not None:
            day = date_format(self.reading.date, "SHORT_DATE_FORMAT")
            return _("Lectura del %(day)s: %(name)s") % {"day": day, "name": self.reading.indicator.name}
        return ""
