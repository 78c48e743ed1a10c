"""Numbers of climate actions: those the institute published whose planned dates touch the period."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DecimalField,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from actions.enums import (
    OPEN_STATUSES,
    ActionKind,
    ActionStatus,
    EstimateKind,
    EvidenceGrade,
    OutcomeKind,
    PostKind,
    PostState,
)
from actions.models import Action, EmissionEstimate, ExchangeOutcome, ExchangePost, Indicator, IndicatorReading
from municipalities.figures import Count as Counted
from municipalities.figures import Period, Scope

# Where the work of an action stands against its plan.
OVERDUE, ON_TIME, NO_END, OVER = "overdue", "on-time", "no-end", "over"
TIMES = {
    OVERDUE: gettext_lazy("Abiertas, con el plan vencido"),
    ON_TIME: gettext_lazy("Abiertas, en plazo"),
    NO_END: gettext_lazy("Abiertas, sin fecha de término"),
    OVER: gettext_lazy("Concluidas, suspendidas o canceladas"),
}


@dataclass(frozen=True)
class IndicatorSum:
    """Indicators of one unit and direction: only equal units are added. ``read`` of them have a reading until the end
    of the period; ``reading`` sums their latest ones and ``read_target`` the targets of those same indicators."""

    unit: str
    direction: str
    count: int
    target: Decimal
    read: int
    reading: Decimal | None
    read_target: Decimal | None


@dataclass(frozen=True)
class EmissionSum:
    """Estimates of one kind and one grade of evidence, in tonnes of CO2 equivalent. ``expected``: per year, of the
    actions counted; ``achieved``: in stretches that end in the period. ``grade``: of the factor; empty where the result
    was typed with its method. The two kinds are never added."""

    kind: str
    grade: str
    count: int
    tonnes: Decimal

    @property
    def kind_label(self) -> str:
        return str(EstimateKind(self.kind).label)

    @property
    def grade_label(self) -> str:
        """How sure it is: the evidence behind its factor."""
        return str(EvidenceGrade(self.grade).label) if self.grade else _("Sin factor: resultado escrito con su método")


@dataclass(frozen=True)
class ActionFigures:
    """Published actions, each counted once in every table; pathway is the entry pathway."""

    total: int
    by_kind: tuple[Counted, ...]
    by_status: tuple[Counted, ...]
    by_pathway: tuple[Counted, ...]
    by_sector: tuple[Counted, ...]
    by_time: tuple[Counted, ...] = ()  # of TIMES, as of the day of the count
    indicators: tuple[IndicatorSum, ...] = ()
    emissions: tuple[EmissionSum, ...] = ()


def actions_of(scope: Scope, period: Period) -> QuerySet[Action]:
    """Published actions of the scope that begin before the period is over and do not end before it begins."""
    return Action.objects.published().filter(scope.within("municipality"), period.touches("starts_on", "ends_on"))


def action_figures(scope: Scope, period: Period) -> ActionFigures:
    """One query; what comes back is bounded by the vocabularies and the units of indicators."""
    english = (get_language() or "es").startswith("en")
    groups: QuerySet[Any, Any] = (
        actions_of(scope, period)
        .order_by()
        .annotate(table=Value("action", TEXT), time=time_of())
        .values(
            "table", "kind", "status", "time", "pathway__order", "pathway__code", "pathway__name",
            "pathway__name_en", "sector__order", "sector__code", "sector__name", "sector__name_en",
        )
        .annotate(n=Count("pk"), read=Count("pk", filter=Q(pk=None)), **dict.fromkeys(SUMS, NOTHING))
    )  # fmt: skip
    kinds: dict[str, int] = defaultdict(int)
    statuses: dict[str, int] = defaultdict(int)
    times: dict[str, int] = defaultdict(int)
    pathways: dict[tuple, int] = defaultdict(int)
    sectors: dict[tuple, int] = defaultdict(int)
    indicators: list[IndicatorSum] = []
    emissions: list[EmissionSum] = []
    for row in groups.union(_indicator_sums(scope, period), _emission_sums(scope, period), all=True):
        table, kind, status, time = (row[name] for name in ("table", "kind", "status", "time"))
        count = row["n"]
        if table == "indicator":
            target, reading, read_target = (_decimal(row[name]) for name in SUMS)
            assert target is not None
            indicators.append(IndicatorSum(kind, status, count, target, row["read"], reading, read_target))
            continue
        if table == "emission":
            emissions.append(EmissionSum(kind, status, count, _decimal(row["sum_of_all"]) or Decimal(0)))
            continue
        names = [
            row[f"{name}__{field}"] for name in ("pathway", "sector") for field in ("order", "code", "name", "name_en")
        ]
        kinds[kind] += count
        statuses[status] += count
        times[time] += count
        for table, (order, code, name, name_en) in ((pathways, names[:4]), (sectors, names[4:])):
            table[order, code, (english and name_en) or name] += count
    return ActionFigures(
        total=sum(kinds.values()),
        by_kind=tuple(Counted(code, str(label), kinds[code]) for code, label in ActionKind.choices if kinds[code]),
        by_status=tuple(
            Counted(code, str(label), statuses[code]) for code, label in ActionStatus.choices if statuses[code]
        ),
        by_pathway=_ordered(pathways),
        by_sector=_ordered(sectors),
        by_time=tuple(Counted(code, str(label), times[code]) for code, label in TIMES.items() if times[code]),
        indicators=tuple(sorted(indicators, key=lambda row: (row.unit, row.direction))),
        emissions=tuple(sorted(emissions, key=lambda row: (row.kind, row.grade or "z"))),
    )


TEXT = CharField()
TONNES = DecimalField(max_digits=24, decimal_places=4)
NOTHING = Value(None, TONNES)
SUMS = ("sum_of_all", "sum_of_readings", "sum_of_their_targets")
PADS = {
    **{f"{name}_order": Value(0, IntegerField()) for name in ("one", "two")},
    **{f"{name}_{field}": Value("", TEXT) for name in ("one", "two") for field in ("code", "name", "name_en")},
}
PADDED = [f"{name}_{field}" for name in ("one", "two") for field in ("order", "code", "name", "name_en")]


def _decimal(value: Decimal | None) -> Decimal | None:
    """Without the zeros that a database may add: 80, 13.8."""
    if value is None:
        return None
    value = value.quantize(Decimal("0.0001"))
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def time_of() -> Case:
    """In the words of :data:`TIMES`, today; as ``Action.is_overdue`` says it."""
    is_open = Q(status__in=OPEN_STATUSES)
    return Case(
        When(is_open & Q(ends_on__lt=timezone.localdate()), then=Value(OVERDUE)),
        When(is_open & Q(ends_on=None), then=Value(NO_END)),
        When(is_open, then=Value(ON_TIME)),
        default=Value(OVER),
        output_field=TEXT,
    )


def indicators_of(scope: Scope, period: Period) -> QuerySet[Indicator]:
    """The indicators of the actions counted, each with its ``latest`` reading until the end of the period."""
    readings = IndicatorReading.objects.filter(indicator=OuterRef("pk"))
    if period.ends_on is not None:
        readings = readings.filter(date__lte=period.ends_on)
    latest = Subquery(readings.order_by("-date").values("value")[:1])
    counted = actions_of(scope, period).order_by().values("pk")
    return Indicator.objects.filter(action__in=counted).annotate(latest=latest).order_by()


def estimates_of(scope: Scope, period: Period) -> QuerySet[EmissionEstimate]:
    """What :class:`EmissionSum` adds up."""
    counted = actions_of(scope, period).order_by().values("pk")
    in_time = Q(kind=EstimateKind.EXPECTED) | (Q(kind=EstimateKind.ACHIEVED) & period.contains("ends_on"))
    return EmissionEstimate.objects.filter(in_time, action__in=counted).order_by()


def _indicator_sums(scope: Scope, period: Period) -> QuerySet[Any, Any]:
    return (
        indicators_of(scope, period)
        .annotate(table=Value("indicator", TEXT), time=Value("", TEXT), **PADS)
        .values("table", "unit", "direction", "time", *PADDED)
        .annotate(
            n=Count("pk"),
            read=Count("latest"),
            sum_of_all=Sum("target", output_field=TONNES),
            sum_of_readings=Sum("latest", output_field=TONNES),
            sum_of_their_targets=Sum("target", filter=Q(latest__isnull=False), output_field=TONNES),
        )
    )


def _emission_sums(scope: Scope, period: Period) -> QuerySet[Any, Any]:
    return (
        estimates_of(scope, period)
        .annotate(table=Value("emission", TEXT), time=Value("", TEXT), **PADS)
        .values("table", "kind", "factor_evidence", "time", *PADDED)
        .annotate(
            n=Count("pk"),
            read=Count("pk", filter=Q(pk=None)),
            sum_of_all=Sum("tonnes", output_field=TONNES),
            sum_of_readings=NOTHING,
            sum_of_their_targets=NOTHING,
        )
    )


def _ordered(found: dict[tuple, int]) -> tuple[Counted, ...]:
    return tuple(Counted(code, label, count) for (_order, code, label), count in sorted(found.items()))


@dataclass(frozen=True)
class ExchangeFigures:
    """What the exchange board holds and what came of it; posts that the institute hid are not counted."""

    offers: int
    requests: int
    matched: int
    outcomes: tuple[Counted, ...]


def exchange_figures() -> ExchangeFigures:
    """One query."""
    posts = ExchangePost.objects.shown().order_by().annotate(what=Value("post")).values_list("what", "kind", "state")
    came = ExchangeOutcome.objects.filter(post__hidden_at=None).order_by().annotate(what=Value("outcome"))
    rows = posts.annotate(n=Count("pk")).union(came.values_list("what", "kind", Value("")).annotate(n=Count("pk")))
    counted: Counter[tuple[str, str]] = Counter()
    for what, kind, state, number in rows:
        counted[what, kind] += number
        counted["state", state] += number
    return ExchangeFigures(
        offers=counted["post", PostKind.OFFER],
        requests=counted["post", PostKind.REQUEST],
        matched=counted["state", PostState.MATCHED],
        outcomes=tuple(
            Counted(code, str(label), counted["outcome", code])
            for code, label in OutcomeKind.choices
            if counted["outcome", code]
        ),
    )


def exchange_csv_head() -> list[str]:
    return [
        _("Número"), _("Qué es"), _("Título"), _("Municipio"), _("Sector"), _("Camino"), _("Estado"), _("Publicada"),
        _("Vigente hasta"), _("Municipios que escribieron"), _("Concretada con"), _("Cuándo"), _("De aquí salió"),
    ]  # fmt: skip


def exchange_csv_rows() -> Iterator[list[object]]:
    """One row a post, hidden ones included and called so; no person is named in it."""
    posts = ExchangePost.objects.for_lists().annotate(
        wrote=Count("threads", distinct=True), came=Count("outcomes", distinct=True)
    )
    for post in posts.order_by("pk"):
        yield [
            post.pk, post.get_kind_display(), post.title, post.municipality.name, post.sector.label, post.pathway.label,
            post.state_label, timezone.localdate(post.created_at), post.until, post.wrote,
            post.matched_with.name if post.matched_with else "", post.matched_on or "", post.came,
        ]  # fmt: skip


def sector_profiles() -> dict[int, dict[int, int]]:
    """Municipality → sector → published actions. One query."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    rows = Action.objects.published().order_by().values_list("municipality", "sector").annotate(how_many=Count("pk"))
    for municipality, sector, how_many in rows:
        found[municipality][sector] = how_many
    return dict(found)
