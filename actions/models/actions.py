"""A climate action: what a municipality does, until when, and where its record stands."""

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from actions.enums import (
    OPEN_STATUSES,
    STOPPED_STATUSES,
    ActionKind,
    ActionStatus,
    Cadence,
    DeadlineKind,
    ProgressBasis,
    ReviewState,
)
from actions.models.cadence import FOLLOW_UP_SOON, Deadline, next_follow_up
from actions.models.facts import ActionFacts
from actions.models.vocabulary import Hazard
from municipalities.models import Municipality
from network.models import SDG, Pathway, Sector, User

# What actions are called in the lines of a digest (outbox.models.DigestLine).
SUBJECT = "action"
# The institute accepted what the record says; the public sees those of them that were published.
ACCEPTED = (ReviewState.VALIDATED, ReviewState.PUBLISHED)
# The record is no longer the municipality's: sent, or accepted since.
SENT = (ReviewState.SUBMITTED, *ACCEPTED)


class ActionQuerySet(models.QuerySet["Action"]):
    def published(self) -> "ActionQuerySet":
        """What the public sees, and what figures count."""
        return self.filter(review_state=ReviewState.PUBLISHED)

    def validated(self) -> "ActionQuerySet":
        """Accepted by the institute, published or not."""
        return self.filter(review_state__in=ACCEPTED)

    def unpublished(self) -> "ActionQuerySet":
        """Accepted by the institute, and not public (yet)."""
        return self.filter(review_state=ReviewState.VALIDATED)

    def drafts(self) -> "ActionQuerySet":
        """What only the municipality knows of."""
        return self.filter(review_state=ReviewState.DRAFT)

    def ever_sent(self) -> "ActionQuerySet":
        """What the institute knows of: all but drafts."""
        return self.exclude(review_state=ReviewState.DRAFT)

    def awaiting_review(self) -> "ActionQuerySet":
        return self.filter(review_state=ReviewState.SUBMITTED)

    def returned(self) -> "ActionQuerySet":
        """What the municipality has to correct and send again."""
        return self.filter(review_state=ReviewState.RETURNED)

    def editable(self) -> "ActionQuerySet":
        """With the municipality: :attr:`Action.is_editable` as a question to the database."""
        return self.filter(review_state__in=[ReviewState.DRAFT, ReviewState.RETURNED])

    def queue_first(self) -> "ActionQuerySet":
        """Staff's order: what waits for review, the oldest first; then the rest, what changed last first."""
        waiting = models.Case(models.When(review_state=ReviewState.SUBMITTED, then=0), default=1)
        since = models.Case(models.When(review_state=ReviewState.SUBMITTED, then=F("submitted_at")))
        return self.order_by(waiting, since, "-updated_at", "-pk")

    def due_first(self) -> "ActionQuerySet":
        """A municipality's order: what has to be corrected, what is overdue, then what changed last."""
        today = timezone.localdate()
        late = Q(ends_on__lt=today, status__in=OPEN_STATUSES)
        to_correct = models.When(review_state=ReviewState.RETURNED, then=0)
        return self.order_by(models.Case(to_correct, models.When(late, then=1), default=2), "-updated_at", "-pk")

    def for_lists(self) -> "ActionQuerySet":
        """What a row of a list shows, in one query and without the long texts."""
        return self.select_related("municipality", "sector", "pathway").defer("description", "search_text")

    def overdue(self) -> "ActionQuerySet":
        """Past the planned end and neither completed, suspended nor cancelled."""
        return self.filter(ends_on__lt=timezone.localdate(), status__in=OPEN_STATUSES)

    def sent(self) -> "ActionQuerySet":
        """With the institute or validated: what the municipality has committed itself to."""
        return self.filter(review_state__in=SENT)

    def follow_up_due(self) -> "ActionQuerySet":
        """Under way, and its next follow-up was due before today."""
        return self.filter(follow_up_due_on__lt=timezone.localdate(), status=ActionStatus.UNDER_WAY)

    def with_deadline(self, since: datetime.date) -> "ActionQuerySet":
        """Those whose :attr:`Action.deadline` is on that day or later: all of them, and none without any."""
        today = timezone.localdate()
        unanswered = Q(last_follow_up_on=None) | Q(last_follow_up_on__lte=F("ends_on"))
        ended = Q(ends_on__lt=today, status__in=OPEN_STATUSES) & unanswered
        follow_up = Q(follow_up_due_on__gte=since, follow_up_due_on__lte=today + FOLLOW_UP_SOON)
        due = (ended & Q(ends_on__gte=since)) | (~ended & follow_up & Q(status=ActionStatus.UNDER_WAY))
        return self.sent().filter(due)


@dataclass(frozen=True, slots=True)
class Links:
    """What an action is tied to besides its entry pathway."""

    pathways: list[Pathway]
    sdgs: list[SDG]
    hazards: list[Hazard]
    related: list["Action"]


class Action(ActionFacts):
    """A climate action. It belongs to the municipality, so it stays when the liaison changes.

    One entry pathway and up to four linked ones. Budget in Mexican pesos. ``progress`` is a percentage, 0 to 100;
    null until something was reported (unknown is never shown as zero). ``progress_basis`` says where it comes from.
    ``follow_up_due_on`` is kept by every service (``actions.services.turns.record``); null where none is due.
    """

    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, related_name="actions", verbose_name=_("municipio")
    )
    title = models.CharField(_("título"), max_length=160)
    slug = models.SlugField(max_length=190, unique=True, editable=False)
    # What feeds and other systems know it by, for ever: also once it is withdrawn, when nothing else of it is said.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
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
    status_reason = models.TextField(_("motivo de la situación"), max_length=1000, blank=True, editable=False)
    cadence = models.CharField(_("seguimiento"), max_length=12, choices=Cadence, default=Cadence.QUARTERLY)
    progress = models.PositiveSmallIntegerField(_("avance (%)"), null=True, blank=True, editable=False)
    progress_basis = models.CharField(
        _("de dónde sale el avance"), max_length=10, choices=ProgressBasis, blank=True, editable=False
    )
    review_state = models.CharField(
        _("revisión"), max_length=10, choices=ReviewState, default=ReviewState.DRAFT, editable=False
    )
    submitted_at = models.DateTimeField(null=True, editable=False)
    validated_at = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    # Since when the municipality asks to close the action, and what it says of it; the institute decides.
    closing_asked_at = models.DateTimeField(null=True, editable=False)
    closing_text = models.TextField(_("resultado al cierre"), max_length=2000, blank=True, editable=False)
    last_follow_up_on = models.DateField(null=True, editable=False)
    follow_up_due_on = models.DateField(_("siguiente seguimiento"), null=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    # One per form that was opened, so that sending it twice makes one action.
    request_key = models.UUIDField(null=True, unique=True, editable=False)
    search_text = models.TextField(editable=False, default="")
    history = HistoricalRecords(
        excluded_fields=["search_text", "request_key", "uid"],
        m2m_fields=[linked_pathways, sdgs, hazards, "related_actions"],
    )

    objects = ActionQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-pk"]
        verbose_name = _("acción climática")
        verbose_name_plural = _("acciones climáticas")
        constraints = [
            *ActionFacts.Meta.constraints,
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
            models.CheckConstraint(
                condition=~Q(status__in=STOPPED_STATUSES) | ~Q(status_reason=""),
                name="actions_action_stopped_has_reason",
                violation_error_message=_("Diga por qué se suspende o se cancela."),
            ),
            models.CheckConstraint(
                condition=Q(closing_asked_at__isnull=True) | ~Q(closing_text=""),
                name="actions_action_closing_has_text",
                violation_error_message=_("Diga qué se logró: sin eso no se pide el cierre."),
            ),
            models.CheckConstraint(
                condition=Q(review_state="published", published_at__isnull=False)
                | (~Q(review_state="published") & Q(published_at__isnull=True)),
                name="actions_action_published_since",
                violation_error_message=_("Una acción publicada dice desde cuándo."),
            ),
        ]
        indexes = [
            models.Index(fields=["municipality", "review_state"], name="actions_municipality_state"),
            models.Index(fields=["-published_at"], condition=Q(review_state="published"), name="actions_published"),
            models.Index(fields=["follow_up_due_on"], name="actions_follow_up_due"),
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
        return self.is_draft or self.is_returned

    @property
    def is_draft(self) -> bool:
        return self.review_state == ReviewState.DRAFT

    @property
    def is_submitted(self) -> bool:
        return self.review_state == ReviewState.SUBMITTED

    @property
    def is_returned(self) -> bool:
        return self.review_state == ReviewState.RETURNED

    @property
    def is_validated(self) -> bool:
        """Accepted by the institute, published or not."""
        return self.review_state in ACCEPTED

    @property
    def is_published(self) -> bool:
        return self.review_state == ReviewState.PUBLISHED

    @property
    def is_open(self) -> bool:
        """The work goes on or is still to begin."""
        return self.status in OPEN_STATUSES

    @property
    def is_overdue(self) -> bool:
        return self.ends_on is not None and self.is_open and self.ends_on < timezone.localdate()

    @property
    def is_follow_up_due(self) -> bool:
        """Under way, and its next follow-up was due before today: as :meth:`ActionQuerySet.follow_up_due` asks."""
        due = self.follow_up_due_on
        return due is not None and due < timezone.localdate() and self.status == ActionStatus.UNDER_WAY

    def next_follow_up(self) -> datetime.date | None:
        """When the next follow-up is due by the cadence; None while the work is not under way."""
        if self.status != ActionStatus.UNDER_WAY:
            return None
        return next_follow_up(self.last_follow_up_on or self.starts_on, self.cadence)

    @property
    def deadline(self) -> Deadline | None:
        """What the municipality is reminded of now; None where nothing is due, or the record is not with the institute.

        The end of the plan comes first. Once a follow-up from after that day says that the work goes on, follow-ups
        are due as for any other action.
        """
        if self.review_state not in SENT:
            return None
        last = self.last_follow_up_on
        if self.ends_on is not None and self.is_overdue and (last is None or last <= self.ends_on):
            return Deadline(DeadlineKind.END, self.ends_on)
        due_on = self.follow_up_due_on
        if due_on and self.status == ActionStatus.UNDER_WAY and due_on <= timezone.localdate() + FOLLOW_UP_SOON:
            return Deadline(DeadlineKind.FOLLOW_UP, due_on)
        return None

    def links(self, visible: "ActionQuerySet | None" = None) -> Links:
        """Linked pathways, goals, hazards, and the related actions among those ``visible``, asked for in one query."""
        no_text = Value("")
        pathways = Pathway.objects.filter(linked_actions=self).order_by()
        sdgs = SDG.objects.filter(actions=self).order_by()
        hazards = Hazard.objects.filter(actions=self).order_by()
        common = {"row_id": F("pk"), "words": F("name"), "words_en": F("name_en")}
        columns = ("row_id", "words", "words_en", "row_kind", "row_place", "row_code", "fill", "ink")
        rows = (
            pathways.annotate(
                **common, row_kind=Value("pathway"), row_place=F("order"), row_code=F("code"), fill=no_text, ink=no_text
            )
            .values_list(*columns)
            .union(
                sdgs.annotate(
                    **common,
                    row_kind=Value("sdg"),
                    row_place=F("number"),
                    row_code=no_text,
                    fill=F("colour"),
                    ink=F("text_colour"),
                ).values_list(*columns),
                hazards.annotate(
                    **common,
                    row_kind=Value("hazard"),
                    row_place=F("order"),
                    row_code=F("code"),
                    fill=no_text,
                    ink=no_text,
                ).values_list(*columns),
                all=True,
            )
        )
        if visible is not None:
            related = visible.filter(related_actions=self).order_by().annotate(
                row_id=F("pk"), words=F("title"), words_en=no_text, row_kind=Value("action"),
                row_place=F("municipality_id"), row_code=F("slug"), fill=F("municipality__name"), ink=no_text,
            )  # fmt: skip
            rows = rows.union(related.values_list(*columns), all=True)
        found = Links([], [], [], [])
        for pk, name, name_en, kind, place, code, fill, ink in sorted(rows, key=lambda row: row[4]):
            names = {"pk": pk, "name": name, "name_en": name_en}
            if kind == "pathway":
                found.pathways.append(Pathway(**names, code=code, order=place))
            elif kind == "sdg":
                found.sdgs.append(SDG(**names, number=place, colour=fill, text_colour=ink))
            elif kind == "action":
                municipality = Municipality(pk=place, name=fill)
                found.related.append(Action(pk=pk, title=name, slug=code, municipality=municipality))
            else:
                found.hazards.append(Hazard(**names, code=code, order=place))
        return found
