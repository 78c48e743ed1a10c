"""The climate action log: actions of municipalities with indicators, follow-up, evidence and review."""

import datetime
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from actions.enums import ActionKind, ActionStatus, DeadlineKind, IndicatorDirection, ReviewDecision, ReviewState
from municipalities.models import Municipality
from network.models import SDG, Pathway, Sector, Translated, User, private_storage

# What actions are called in the lines of a digest (outbox.models.DigestLine).
SUBJECT = "action"
# The next follow-up of an action under way is due this long after the last one, or after its start where there is none.
FOLLOW_UP_EVERY = datetime.timedelta(days=30)
# So many days before that day the municipality is reminded of it.
FOLLOW_UP_SOON = datetime.timedelta(days=5)


class Hazard(Translated):
    """A climate hazard, after INECC's ANVCC and the GCoM Common Reporting Framework."""

    code = models.SlugField(max_length=40, unique=True)
    group = models.CharField(_("grupo"), max_length=40)
    order = models.PositiveSmallIntegerField(default=0)
    applies_inland = models.BooleanField(default=True)
    source = models.CharField(_("fuente"), max_length=120)

    class Meta:
        ordering = ["order"]
        verbose_name = _("amenaza climática")
        verbose_name_plural = _("amenazas climáticas")


class EmissionFactor(models.Model):
    """A cited emission factor. ``evidence``: A notice read, B press copy of it, C value in sources that cite it."""

    code = models.SlugField(max_length=40, unique=True)
    category = models.CharField(_("categoría"), max_length=30)
    name = models.CharField(_("nombre"), max_length=160)
    value = models.DecimalField(_("valor"), max_digits=14, decimal_places=4)
    unit = models.CharField(_("unidad"), max_length=30)
    gas = models.CharField(_("gas"), max_length=10)
    year = models.PositiveSmallIntegerField(_("año"))
    source = models.CharField(_("fuente"), max_length=200)
    source_url = models.URLField(max_length=300, blank=True)
    evidence = models.CharField(_("grado de evidencia"), max_length=1)
    evidence_note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["category", "code"]
        verbose_name = _("factor de emisión")
        verbose_name_plural = _("factores de emisión")

    def __str__(self) -> str:
        return self.name


class ActionQuerySet(models.QuerySet["Action"]):
    def published(self) -> "ActionQuerySet":
        """What the public sees: validated by the institute."""
        return self.filter(review_state=ReviewState.VALIDATED)

    def awaiting_review(self) -> "ActionQuerySet":
        return self.filter(review_state=ReviewState.SUBMITTED)

    def returned(self) -> "ActionQuerySet":
        """What the municipality has to correct and send again."""
        return self.filter(review_state=ReviewState.RETURNED)

    def queue_first(self) -> "ActionQuerySet":
        """Staff's order: what waits for review, the oldest first; then the rest, what changed last first."""
        waiting = models.Case(models.When(review_state=ReviewState.SUBMITTED, then=0), default=1)
        since = models.Case(models.When(review_state=ReviewState.SUBMITTED, then=F("submitted_at")))
        return self.order_by(waiting, since, "-updated_at", "-pk")

    def due_first(self) -> "ActionQuerySet":
        """A municipality's order: what has to be corrected, what is overdue, then what changed last."""
        today = timezone.localdate()
        late = Q(ends_on__lt=today, status__in=[ActionStatus.PLANNED, ActionStatus.UNDER_WAY])
        to_correct = models.When(review_state=ReviewState.RETURNED, then=0)
        return self.order_by(models.Case(to_correct, models.When(late, then=1), default=2), "-updated_at", "-pk")

    def for_lists(self) -> "ActionQuerySet":
        """What a row of a list shows, in one query and without the long texts."""
        return self.select_related("municipality", "sector", "pathway").defer("description", "search_text")

    def overdue(self) -> "ActionQuerySet":
        """Past the planned end and neither completed nor suspended."""
        return self.filter(ends_on__lt=timezone.localdate(), status__in=[ActionStatus.PLANNED, ActionStatus.UNDER_WAY])

    def sent(self) -> "ActionQuerySet":
        """With the institute or validated: what the municipality has committed itself to."""
        return self.filter(review_state__in=[ReviewState.SUBMITTED, ReviewState.VALIDATED])

    def follow_up_due(self) -> "ActionQuerySet":
        """Under way, and its next follow-up was due before today."""
        last = Coalesce("last_follow_up_on", "starts_on")
        return self.alias(last=last).filter(
            last__lt=timezone.localdate() - FOLLOW_UP_EVERY, status=ActionStatus.UNDER_WAY
        )

    def with_deadline(self, since: datetime.date) -> "ActionQuerySet":
        """Those whose :attr:`Action.deadline` is on that day or later: all of them, and none without any."""
        today, last = timezone.localdate(), Coalesce("last_follow_up_on", "starts_on")
        unanswered = Q(last_follow_up_on=None) | Q(last_follow_up_on__lte=F("ends_on"))
        open_states = [ActionStatus.PLANNED, ActionStatus.UNDER_WAY]
        ended = Q(ends_on__lt=today, status__in=open_states) & unanswered
        follow_up = Q(last__gte=since - FOLLOW_UP_EVERY, last__lte=today + FOLLOW_UP_SOON - FOLLOW_UP_EVERY)
        due = (ended & Q(ends_on__gte=since)) | (~ended & follow_up & Q(status=ActionStatus.UNDER_WAY))
        return self.sent().alias(last=last).filter(due)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day that an action has to answer to: the end of its plan, or its next follow-up."""

    kind: DeadlineKind
    due_on: datetime.date

    @property
    def late(self) -> int:
        """Days since it was due; 0 or less while it is still to come."""
        return (timezone.localdate() - self.due_on).days

    @property
    def is_past(self) -> bool:
        return self.late > 0

    @property
    def code(self) -> str:
        """Names it in what was told about it; another date is another deadline."""
        return f"{self.kind.value}:{self.due_on}"


@dataclass(frozen=True, slots=True)
class Links:
    """What an action is tied to besides its entry pathway."""

    pathways: list[Pathway]
    sdgs: list[SDG]
    hazards: list[Hazard]


class Action(models.Model):
    """A climate action. It belongs to the municipality, so it stays when the liaison changes.

    One entry pathway and up to four linked ones. Budget in Mexican pesos. ``progress`` is a percentage, 0 to 100,
    the one of the latest follow-up; null until something was reported (unknown is never shown as zero).
    """

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="actions", verbose_name=_("municipio")
    )
    title = models.CharField(_("título"), max_length=160)
    slug = models.SlugField(max_length=190, unique=True, editable=False)
    kind = models.CharField(_("tipo"), max_length=12, choices=ActionKind)
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, related_name="actions", verbose_name=_("sector"))
    pathway = models.ForeignKey(
        Pathway, on_delete=models.PROTECT, related_name="entry_actions", verbose_name=_("camino de entrada")
    )
    linked_pathways = models.ManyToManyField(
        Pathway, blank=True, related_name="linked_actions", verbose_name=_("caminos vinculados")
    )
    sdgs = models.ManyToManyField(SDG, blank=True, related_name="actions", verbose_name=_("ODS"))
    hazards = models.ManyToManyField(Hazard, blank=True, related_name="actions", verbose_name=_("amenazas que atiende"))
    description = models.TextField(_("descripción"), max_length=4000)
    responsible_area = models.CharField(_("área responsable"), max_length=160)
    partners = models.CharField(_("con quién se hace"), max_length=300, blank=True)
    place = models.CharField(_("lugar o localidad"), max_length=160, blank=True)
    starts_on = models.DateField(_("inicia"))
    ends_on = models.DateField(_("termina (plan)"), null=True, blank=True)
    budget = models.DecimalField(
        _("presupuesto (pesos)"), max_digits=14, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )  # fmt: skip
    funding_source = models.CharField(_("fuente de financiamiento"), max_length=160, blank=True)
    status = models.CharField(_("situación"), max_length=12, choices=ActionStatus, default=ActionStatus.PLANNED)
    progress = models.PositiveSmallIntegerField(_("avance (%)"), null=True, blank=True, editable=False)
    review_state = models.CharField(
        _("revisión"), max_length=10, choices=ReviewState, default=ReviewState.DRAFT, editable=False
    )
    submitted_at = models.DateTimeField(null=True, editable=False)
    validated_at = models.DateTimeField(null=True, editable=False)
    last_follow_up_on = models.DateField(null=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    # One per form that was opened, so that sending it twice makes one action.
    request_key = models.UUIDField(null=True, unique=True, editable=False)
    search_text = models.TextField(editable=False, default="")
    history = HistoricalRecords(
        excluded_fields=["search_text", "request_key"], m2m_fields=[linked_pathways, sdgs, hazards]
    )

    objects = ActionQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-pk"]
        verbose_name = _("acción climática")
        verbose_name_plural = _("acciones climáticas")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="actions_action_period_order",
                violation_error_message=_("La acción termina antes de empezar: revise las dos fechas."),
            ),
            models.CheckConstraint(
                condition=Q(progress__isnull=True) | Q(progress__lte=100),
                name="actions_action_progress_range",
                violation_error_message=_("El avance va de 0 a 100 por ciento."),
            ),
        ]
        indexes = [
            models.Index(fields=["municipality", "review_state"], name="actions_municipality_state"),
            models.Index(fields=["-validated_at"], condition=Q(review_state="validated"), name="actions_published"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def origin(self) -> Any:
        """The agreement of an event (``events.models.Agreement``) that it comes from; None where it comes from none."""
        return getattr(self, "agreement", None)

    @property
    def is_editable(self) -> bool:
        """Fields change only while the record is the municipality's: draft or returned."""
        return self.review_state in {ReviewState.DRAFT, ReviewState.RETURNED}

    @property
    def is_overdue(self) -> bool:
        open_states = {ActionStatus.PLANNED, ActionStatus.UNDER_WAY}
        return self.ends_on is not None and self.status in open_states and self.ends_on < timezone.localdate()

    @property
    def deadline(self) -> Deadline | None:
        """What the municipality is reminded of now; None where nothing is due, or the record is not with the institute.

        The end of the plan comes first. Once a follow-up from after that day says that the work goes on, follow-ups
        are due as for any other action.
        """
        if self.review_state not in {ReviewState.SUBMITTED, ReviewState.VALIDATED}:
            return None
        last = self.last_follow_up_on
        if self.ends_on is not None and self.is_overdue and (last is None or last <= self.ends_on):
            return Deadline(DeadlineKind.END, self.ends_on)
        follow_up = (last or self.starts_on) + FOLLOW_UP_EVERY
        if self.status == ActionStatus.UNDER_WAY and follow_up <= timezone.localdate() + FOLLOW_UP_SOON:
            return Deadline(DeadlineKind.FOLLOW_UP, follow_up)
        return None

    def links(self) -> Links:
        """Linked pathways, goals and hazards, asked for in one query."""
        no_text = Value("")
        pathways = Pathway.objects.filter(linked_actions=self).order_by()
        sdgs = SDG.objects.filter(actions=self).order_by()
        hazards = Hazard.objects.filter(actions=self).order_by()
        common = {"row_id": F("pk"), "words": F("name"), "words_en": F("name_en")}
        columns = ("row_id", "words", "words_en", "row_kind", "place", "row_code", "fill", "ink")
        rows = (
            pathways.annotate(
                **common, row_kind=Value("pathway"), place=F("order"), row_code=F("code"), fill=no_text, ink=no_text
            )
            .values_list(*columns)
            .union(
                sdgs.annotate(
                    **common,
                    row_kind=Value("sdg"),
                    place=F("number"),
                    row_code=no_text,
                    fill=F("colour"),
                    ink=F("text_colour"),
                ).values_list(*columns),
                hazards.annotate(
                    **common, row_kind=Value("hazard"), place=F("order"), row_code=F("code"), fill=no_text, ink=no_text
                ).values_list(*columns),
                all=True,
            )
        )
        found = Links([], [], [])
        for pk, name, name_en, kind, place, code, fill, ink in sorted(rows, key=lambda row: row[4]):
            names = {"pk": pk, "name": name, "name_en": name_en}
            if kind == "pathway":
                found.pathways.append(Pathway(**names, code=code, order=place))
            elif kind == "sdg":
                found.sdgs.append(SDG(**names, number=place, colour=fill, text_colour=ink))
            else:
                found.hazards.append(Hazard(**names, code=code, order=place))
        return found


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of an indicator on a day; ``follow_up`` is the id of the follow-up it came with."""

    date: datetime.date
    value: Decimal
    follow_up: int | None


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


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    def measured(self) -> list[Measured]:
        """The indicators with all their readings, asked for in one query."""
        found: dict[int, Measured] = {}
        columns = {
            "day": F("readings__date"),
            "reading": F("readings__value"),
            "told_with": F("readings__follow_up_id"),
        }
        for row in self.annotate(**columns).order_by("pk", "readings__date", "readings__pk"):
            read = vars(row)
            measured = found.setdefault(row.pk, Measured(row, []))
            if read["day"] is not None:
                measured.readings.append(Reading(read["day"], read["reading"], read["told_with"]))
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

    class Meta:
        ordering = ["date", "pk"]
        verbose_name = _("lectura")
        verbose_name_plural = _("lecturas")
        constraints = [models.UniqueConstraint(fields=["indicator", "date"], name="actions_reading_one_per_date")]

    def __str__(self) -> str:
        return f"{self.date}: {self.value}"


def evidence_path(instance: "Evidence", filename: str) -> str:
    return f"evidence/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


class Evidence(models.Model):
    """A file or a link that shows what was done."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="evidence")
    follow_up = models.ForeignKey(FollowUp, on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence")
    title = models.CharField(_("qué muestra"), max_length=160)
    file = models.FileField(_("archivo"), upload_to=evidence_path, storage=private_storage, blank=True)
    original_name = models.CharField(max_length=200, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    url = models.URLField(_("enlace"), max_length=500, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("evidencia")
        verbose_name_plural = _("evidencias")
        constraints = [
            models.CheckConstraint(
                condition=(Q(file="") & ~Q(url="")) | (~Q(file="") & Q(url="")),
                name="actions_evidence_file_or_link",
                violation_error_message=_("Suba un archivo o escriba un enlace: uno de los dos."),
            )
        ]

    def __str__(self) -> str:
        return self.title


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
