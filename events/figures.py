"""Numbers of events and of the people who came: one module behind page, CSV and PDF.

What is counted, in every scope and period:

* an **event held** is published, over, and begins on a day of the period. In a region or a municipality it counts where
  its venue lies there or somebody from there attended;
* an **attendance** is one person at one event held. In a region or a municipality it counts where the person's own
  municipality, as it was on that day, lies there;
* a **unique person** counts once however many events she attended, with the latest sex and category that are known;
* a **declared headcount** (people counted by sight) belongs to events whose venue lies in the scope. It is never added
  to attendances;
* unknown is a cell of its own (*sin dato*), never zero and never shared out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Substr
from django.utils.translation import get_language, gettext, ngettext

from events.enums import RegistrationState
from events.models import Attendance, Event, EventQuerySet, ReminderStage, Series, reminder_key
from municipalities.figures import Count as Counted
from municipalities.figures import Period, Place, Scope
from network.enums import Modality, PersonCategory, Sex
from outbox.enums import CLAIMED_STATES, WAITING_STATES, MessageState
from outbox.models import Message
from web.disclosure import is_small, margins_tell, withheld


@dataclass(frozen=True)
class BySex:
    """People or attendances by sex as stated; the five cells always make the total."""

    women: int = 0
    men: int = 0
    other: int = 0
    undisclosed: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        return self.women + self.men + self.other + self.undisclosed + self.unknown

    @property
    def known(self) -> int:
        """Those whose answer is woman, man or other: the denominator of the share of women."""
        return self.women + self.men + self.other

    @property
    def cells(self) -> tuple[int, ...]:
        return astuple(self)


SEX_FIELDS = {Sex.WOMAN: "women", Sex.MAN: "men", Sex.OTHER: "other", Sex.UNDISCLOSED: "undisclosed", "": "unknown"}


def sex_labels() -> dict[str, str]:
    """The heading of each cell of :class:`BySex`, in the language of the page."""
    return {
        "women": gettext("Mujeres"),
        "men": gettext("Hombres"),
        "other": gettext("Otro"),
        "undisclosed": gettext("Prefiere no decir"),
        "unknown": gettext("Sin dato"),
    }


@dataclass(frozen=True)
class FormatRow:
    """Events held of one format, by modality."""

    code: str
    label: str
    virtual: int = 0
    in_person: int = 0
    hybrid: int = 0

    @property
    def total(self) -> int:
        return self.virtual + self.in_person + self.hybrid


@dataclass(frozen=True)
class EventFigures:
    """``headcount``: people declared, null where no event declares any; ``with_list``: events with attendance by name;
    ``undated``: published events without a date, which no period can count."""

    held: int
    with_list: int
    undated: int
    headcount: int | None
    with_headcount: int
    by_format: tuple[FormatRow, ...]
    by_pathway: tuple[Counted, ...]

    def of_modality(self, field: str) -> int:
        return sum(getattr(row, field) for row in self.by_format)


@dataclass(frozen=True)
class EventLine:
    """One event in the list of a report. ``attendances``: from the scope; null where no list by name exists.
    ``headcount``: null where none is declared or the venue lies outside the scope."""

    day: date
    title: str
    format: str
    modality: str
    venue: str
    attendances: int | None
    headcount: int | None


@dataclass(frozen=True)
class PeopleRow:
    """A line of a table about people. ``by_sex``: null where it is withheld (*sin desglose*)."""

    code: str
    label: str
    attendances: int
    persons: int | None
    by_sex: BySex | None


@dataclass(frozen=True)
class PeopleFigures:
    """Attendances and unique persons, which are never added to one another.

    ``minutes``: minutes attended of the ``minutes_known`` attendances whose minutes are known; null where none is.
    Unique persons by municipality may sum to more than all of them: somebody can have come for two municipalities.
    """

    attendances: int
    attendances_by_sex: BySex | None
    persons: int
    persons_by_sex: BySex | None
    minutes: int | None
    minutes_known: int
    by_category: tuple[PeopleRow, ...]
    by_modality: tuple[Counted, ...]
    by_region: tuple[PeopleRow, ...]
    by_municipality: tuple[PeopleRow, ...]


# --- Series


@dataclass(frozen=True)
class SessionCounts:
    """The sessions of a series, or of one format in it. ``listed`` are published, ``held`` of them are over, and
    ``with_results`` of those left a summary, an answer or a material."""

    listed: int = 0
    held: int = 0
    with_results: int = 0

    def __add__(self, other: "SessionCounts") -> "SessionCounts":
        return SessionCounts(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))

    def in_words(self, announced: int | None = None) -> str:
        """*12 anunciadas · 5 en el calendario · 5 realizadas · 0 con resultados*; unknown is left out, never zero."""
        held, results = self.held, self.with_results
        parts = [
            gettext("{n} en el calendario").format(n=self.listed),
            ngettext("{n} realizada", "{n} realizadas", held).format(n=held),
            gettext("{n} con resultados").format(n=results),
        ]
        if announced is not None:
            parts.insert(0, ngettext("{n} anunciada", "{n} anunciadas", announced).format(n=announced))
        return " · ".join(parts)


def session_counts(series: Iterable[Series]) -> dict[int, dict[int, SessionCounts]]:
    """For each series (by id) the sessions of each format (by id). One query, however many series."""
    held = Event.objects.held().values("pk")
    rows = (
        Event.objects.published()
        .filter(series__in=[row.pk for row in series])
        .marking_results()
        .order_by()
        .values("series", "format")
        .annotate(
            listed=Count("pk"),
            held=Count("pk", filter=Q(pk__in=held)),
            with_results=Count("pk", filter=Q(pk__in=held, left_results=True)),
        )
    )
    found: dict[int, dict[int, SessionCounts]] = defaultdict(dict)
    for row in rows:
        found[row["series"]][row["format"]] = SessionCounts(row["listed"], row["held"], row["with_results"])
    return found


def all_sessions(by_format: dict[int, SessionCounts]) -> SessionCounts:
    return sum(by_format.values(), SessionCounts())


# --- Events


def events_held(scope: Scope, period: Period) -> EventQuerySet:
    """The events that the module's first lines define."""
    held = Event.objects.held().filter(period.contains("first_day"))
    if scope.is_state:
        return held
    from_there = Attendance.objects.filter(scope.within("municipality"), event=OuterRef("pk"))
    return held.filter(scope.within("municipality") | Exists(from_there))


def event_figures(scope: Scope, period: Period) -> EventFigures:
    """Events held by format, modality and pathway, and what they declare. One query."""
    undated = Event.objects.published().undated().filter(scope.within("municipality"))
    rows = (
        (events_held(scope, period) | undated)
        .annotate(
            is_dated=ExpressionWrapper(Q(first_day__isnull=False), output_field=BooleanField()),
            has_list=Exists(Attendance.objects.filter(event=OuterRef("pk"))),
        )
        .order_by()
        .values("is_dated", "has_list", "modality", *_vocabulary("format"), *_vocabulary("pathway"))
        .annotate(
            events=Count("pk"),
            people=Sum("headcount", filter=scope.within("municipality")),
            declared=Count("headcount", filter=scope.within("municipality")),
        )
    )
    dated = [row for row in rows if row["is_dated"]]
    declared = sum(row["declared"] for row in dated)
    return EventFigures(
        held=sum(row["events"] for row in dated),
        with_list=sum(row["events"] for row in dated if row["has_list"]),
        undated=sum(row["events"] for row in rows if not row["is_dated"]),
        headcount=sum(row["people"] or 0 for row in dated) if declared else None,
        with_headcount=declared,
        by_format=_by_format(dated),
        by_pathway=_counted(dated, "pathway"),
    )


def _vocabulary(name: str) -> list[str]:
    return [f"{name}__{field}" for field in ("order", "code", "name", "name_en")]


def _label(row: dict, name: str) -> str:
    english = (get_language() or "es").startswith("en")
    return (row[f"{name}__name_en"] if english else "") or row[f"{name}__name"]


def _by_format(rows: Iterable[dict]) -> tuple[FormatRow, ...]:
    found: dict[tuple, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        key = (row["format__order"], row["format__code"], _label(row, "format"))
        found[key][row["modality"].replace("-", "_")] += row["events"]
    return tuple(FormatRow(code, label, **found[order, code, label]) for order, code, label in sorted(found))


def _counted(rows: Iterable[dict], name: str) -> tuple[Counted, ...]:
    found: dict[tuple, int] = defaultdict(int)
    for row in rows:
        found[row[f"{name}__order"], row[f"{name}__code"], _label(row, name)] += row["events"]
    return tuple(Counted(code, label, count) for (_order, code, label), count in sorted(found.items()))


def event_lines(scope: Scope, period: Period, *, limit: int) -> tuple[EventLine, ...]:
    """The events held, oldest first, at most ``limit`` of them. Two queries however many there are."""
    events = list(
        events_held(scope, period)
        .select_related("format", "municipality")
        .annotate(has_list=Exists(Attendance.objects.filter(event=OuterRef("pk"))))
        .order_by("first_day", F("starts_at").asc(nulls_first=True), "pk")[:limit]
    )
    inside = {event.pk for event in events if scope.holds(event.municipality)}
    came = dict(
        Attendance.objects.filter(scope.within("municipality"), event__in=[event.pk for event in events])
        .order_by()
        .values_list("event")
        .annotate(Count("pk"))
    )
    return tuple(
        EventLine(
            day=event.first_day,  # type: ignore[arg-type]  # an event that was held has a day
            title=(event.title_en if (get_language() or "es").startswith("en") else "") or event.title,
            format=event.numbered_name,
            modality=event.get_modality_display(),
            venue=event.municipality.name if event.municipality else "",
            attendances=came.get(event.pk, 0) if event.has_list else None,
            headcount=event.headcount if event.pk in inside else None,
        )
        for event in events
    )


# --- People


@dataclass(frozen=True)
class Cell:
    """So many attendances that agree in everything a table asks about."""

    municipality_id: int | None
    category: str
    modality: str
    sex: str
    attendances: int
    minutes: int | None
    minutes_known: int


def attendances_of(scope: Scope, period: Period) -> QuerySet[Attendance]:
    """The attendances that the module's first lines define, as rows to group."""
    held = Event.objects.held().filter(period.contains("first_day"))
    return Attendance.objects.filter(scope.within("municipality"), event__in=held.order_by().values("pk")).order_by()


def attendance_cells(scope: Scope, period: Period) -> tuple[Cell, ...]:
    """One pass over the attendances; what comes back is bounded by the vocabularies, not by how many there are.

    An attendance without a modality of its own has its event's, unless that is hybrid: then it is not known.
    """
    own = When(~Q(modality=""), then=F("modality"))
    of_event = When(~Q(event__modality=Modality.HYBRID), then=F("event__modality"))
    rows = (
        attendances_of(scope, period)
        .annotate(how=Case(own, of_event, default=Value(""), output_field=CharField()))
        .values_list("municipality_id", "category", "how", "sex")
        .annotate(Count("pk"), Sum("minutes"), Count("minutes"))
    )
    return tuple(Cell(*row) for row in rows)


def people_figures(
    scope: Scope, period: Period, *, places: Sequence[Place], cells: Sequence[Cell] | None = None
) -> PeopleFigures:
    """Attendances and unique persons. Three queries, two where the scope's ``cells`` are given."""
    if cells is None:
        cells = attendance_cells(scope, period)
    by_sex, by_category = _unique_persons(scope, period)
    in_municipality, in_region = _persons_by_place(scope, period)
    regions = {place.pk: place.region_id for place in places}
    names = {place.region_id: (place.region, str(place.region_number)) for place in places}
    municipalities = _group(cells, lambda cell: cell.municipality_id)
    known = sum(cell.minutes_known for cell in cells)
    return PeopleFigures(
        attendances=sum(cell.attendances for cell in cells),
        attendances_by_sex=_sum_by_sex(cells),
        persons=by_sex.total,
        persons_by_sex=by_sex,
        minutes=sum(cell.minutes or 0 for cell in cells) if known else None,
        minutes_known=known,
        by_category=tuple(
            PeopleRow(code, str(label), split.total, by_category[code], split)
            for code, label in (*PersonCategory.choices, ("", gettext("Sin dato")))
            if (split := _sum_by_sex(cell for cell in cells if cell.category == code)).total
        ),
        by_modality=tuple(
            Counted(code, str(label), count)
            for code, label in (*Modality.choices, ("", gettext("Sin dato")))
            if (count := sum(cell.attendances for cell in cells if cell.modality == code))
        ),
        by_region=_people_rows(
            _group(cells, lambda cell: regions.get(cell.municipality_id or 0)),
            [(pk, number, name) for pk, (name, number) in sorted(names.items(), key=lambda item: item[1])],
            in_region,
        ),
        by_municipality=_people_rows(
            municipalities, [(place.pk, place.code, place.name) for place in places], in_municipality
        ),
    )


def _group(cells: Iterable[Cell], key: Callable[[Cell], int | None]) -> dict[int | None, list[Cell]]:
    found: dict[int | None, list[Cell]] = defaultdict(list)
    for cell in cells:
        found[key(cell)].append(cell)
    return found


def _sum_by_sex(cells: Iterable[Cell]) -> BySex:
    sums = dict.fromkeys(SEX_FIELDS.values(), 0)
    for cell in cells:
        sums[SEX_FIELDS[cell.sex]] += cell.attendances
    return BySex(**sums)


def _people_rows(groups: dict, order: list[tuple[int, str, str]], persons: dict) -> tuple[PeopleRow, ...]:
    rows = []
    for pk, code, label in [*order, (None, "", gettext("Sin dato"))]:
        if pk in groups:
            split = _sum_by_sex(groups[pk])
            rows.append(PeopleRow(code, label, split.total, persons.get(pk, 0), split))
    return tuple(rows)


def _unique_persons(scope: Scope, period: Period) -> tuple[BySex, dict[str, int]]:
    """Unique persons by sex and by category, each person with the latest known answer. One query.

    The latest is the greatest text of day and answer, so one pass groups by person and no sort is needed.
    """

    def latest(field: str) -> Substr:
        dated = Concat(Cast("event__first_day", CharField()), Value("|"), F(field), output_field=CharField())
        return Substr(Max(dated, filter=~Q(**{field: ""})), len("2026-01-01|") + 1)

    persons = (
        attendances_of(scope, period)
        .values("person")
        .annotate(known_sex=latest("sex"), known_category=latest("category"))
    )
    counts = persons.aggregate(
        everybody=Count("person"),
        **{f"sex_{i}": Count("person", filter=Q(known_sex=code)) for i, code in enumerate(Sex.values)},
        **{
            f"category_{i}": Count("person", filter=Q(known_category=code))
            for i, code in enumerate(PersonCategory.values)
        },
    )
    sexes = {SEX_FIELDS[code]: counts[f"sex_{i}"] for i, code in enumerate(Sex.values)}
    categories = {code: counts[f"category_{i}"] for i, code in enumerate(PersonCategory.values)}
    categories[""] = counts["everybody"] - sum(categories.values())
    return BySex(**sexes, unknown=counts["everybody"] - sum(sexes.values())), categories


def _persons_by_place(scope: Scope, period: Period) -> tuple[dict[int | None, int], dict[int | None, int]]:
    """Unique persons of each municipality and of each region. One query."""

    def distinct_by(level: str, path: str) -> QuerySet[Any, Any]:
        return (
            attendances_of(scope, period)
            .annotate(level=Value(level, output_field=CharField()), place=F(path))
            .values("level", "place")
            .annotate(persons=Count("person", distinct=True))
            .values_list("level", "place", "persons")
        )

    found: dict[str, dict[int | None, int]] = {"municipality": {}, "region": {}}
    for level, place, persons in distinct_by("municipality", "municipality_id").union(
        distinct_by("region", "municipality__region_id"), all=True
    ):
        found[level][place] = persons
    return found["municipality"], found["region"]


# --- What the public may see of it


def people_for_public(
    people: PeopleFigures, scope: Scope, *, everywhere: Sequence[Cell], places: Sequence[Place]
) -> PeopleFigures:
    """The same figures without splits that would tell of one or two persons (PRODUCT rule: *sin desglose*).

    ``everywhere``: the cells of the whole state in the same period, because a region's page must withhold what the
    state's table withholds. Outside the state scope, unique persons and categories show totals alone.
    """
    hidden = _withheld_places(everywhere, places)
    if scope.is_state:
        total_hidden = hidden.state
    elif scope.municipality_id is None:
        total_hidden = scope.region_id in hidden.regions
    else:
        total_hidden = scope.municipality_id in hidden.municipalities
    regions = {str(place.region_number): place.region_id for place in places}
    municipalities = {place.code: place.pk for place in places}
    return replace(
        people,
        attendances_by_sex=None if total_hidden else people.attendances_by_sex,
        persons_by_sex=people.persons_by_sex if scope.is_state and _may_show_alone(people.persons_by_sex) else None,
        by_category=_public_categories(people.by_category, total_hidden=total_hidden, with_cells=scope.is_state),
        by_region=tuple(
            replace(row, by_sex=None) if regions.get(row.code) in hidden.regions else row for row in people.by_region
        ),
        by_municipality=tuple(
            replace(row, by_sex=None) if municipalities.get(row.code) in hidden.municipalities else row
            for row in people.by_municipality
        ),
    )


@dataclass(frozen=True)
class WithheldPlaces:
    """Regions and municipalities (None: not known) that show only their totals; ``state``: the state's sum as well."""

    state: bool
    regions: frozenset[int | None]
    municipalities: frozenset[int | None]


def _withheld_places(cells: Sequence[Cell], places: Sequence[Place]) -> WithheldPlaces:
    """Municipalities within regions within the state: each level is a table whose sum the level above prints."""
    region_of: dict[int | None, int | None] = {place.pk: place.region_id for place in places}
    splits = {pk: _sum_by_sex(group).cells for pk, group in _group(cells, lambda cell: cell.municipality_id).items()}
    members: dict[int | None, list[int | None]] = defaultdict(list)
    for pk in splits:
        members[region_of.get(pk)].append(pk)
    regions = list(members)
    parts = [[splits[pk] for pk in members[region]] for region in regions]
    inside = [withheld(rows) for rows in parts]
    outside = withheld(
        [[sum(column) for column in zip(*rows, strict=True)] for rows in parts],
        parts=parts,
        also=[index for index, answer in enumerate(inside) if answer.total],
    )
    hidden = {
        pk
        for index, region in enumerate(regions)
        for number, pk in enumerate(members[region])
        if index in outside.rows or number in inside[index].rows
    }
    return WithheldPlaces(outside.total, frozenset(regions[index] for index in outside.rows), frozenset(hidden))


def _may_show_alone(split: BySex | None) -> bool:
    """A split without small cells, and not all in one cell (then every total elsewhere would be a split as well)."""
    return split is not None and not any(map(is_small, split.cells)) and sum(1 for cell in split.cells if cell) > 1


def _public_categories(rows: tuple[PeopleRow, ...], *, total_hidden: bool, with_cells: bool) -> tuple[PeopleRow, ...]:
    splits = [row.by_sex.cells for row in rows if row.by_sex is not None]
    if total_hidden:
        return tuple(replace(row, by_sex=None) for row in rows)
    if not with_cells:
        return () if margins_tell(splits) else tuple(replace(row, by_sex=None) for row in rows)
    answer = withheld(splits)
    if answer.total:
        return ()
    return tuple(replace(row, by_sex=None) if index in answer.rows else row for index, row in enumerate(rows))


@dataclass(frozen=True)
class AtTheDoor:
    """How an event fills: who is written down as present, and how many of the confirmed ones have come."""

    present: int
    confirmed: int
    arrived: int

    @property
    def others(self) -> int:
        """Present without a confirmed registration."""
        return self.present - self.arrived


def at_the_door(event: Event) -> AtTheDoor:
    with_place = Q(registration__state=RegistrationState.CONFIRMED)
    counted = event.attendances.aggregate(present=Count("pk"), arrived=Count("pk", filter=with_place))
    return AtTheDoor(confirmed=event.registrations.confirmed().count(), **counted)


@dataclass(frozen=True)
class ReminderCounts:
    """Of one stage in one event: how many people it reaches as they are now, and what became of its messages since the
    event has its present start."""

    reached: int
    sent: int
    waiting: int
    other: int  # in doubt, failed, left out, suppressed


def reminder_counts(event: Event, stages: Sequence[ReminderStage]) -> list[ReminderCounts]:
    """The counts of each of these stages, in their order, in two queries."""
    if not stages:
        return []
    people = event.registrations.exclude(email="")
    reached = people.aggregate(**{f"n{i}": Count("pk", filter=stage.reached()) for i, stage in enumerate(stages)})
    states: dict[str, Any] = {}
    for i, stage in enumerate(stages):
        queued = Message.objects.filter(dedupe_key=OuterRef(f"key{i}"))
        people = people.alias(**{f"key{i}": reminder_key(Value(stage.code))})
        people = people.annotate(**{f"state{i}": Subquery(queued.values("state")[:1])})
        states[f"sent{i}"] = Count("pk", filter=Q(**{f"state{i}": MessageState.SENT}))
        states[f"waiting{i}"] = Count("pk", filter=Q(**{f"state{i}__in": [*WAITING_STATES, *CLAIMED_STATES]}))
        states[f"all{i}"] = Count("pk", filter=Q(**{f"state{i}__isnull": False}))
    found = people.aggregate(**states)
    counts = []
    for i in range(len(stages)):
        sent, waiting = found[f"sent{i}"], found[f"waiting{i}"]
        counts.append(ReminderCounts(reached[f"n{i}"], sent, waiting, found[f"all{i}"] - sent - waiting))
    return counts
