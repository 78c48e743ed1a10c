"""Numbers of events and of the people who came: one module behind page, CSV and PDF.

What is counted, in every scope and period:

* an **event held** is published, over, and begins on a day of the period. In a part of the state it counts where its
  venue lies there or somebody from there attended; in a series or a training where it is one of its sessions; in an
  institution where that is written among its organisers, in whatever role, or somebody came for it;
* an **attendance** is one person at one event held. In a part of the state it counts where the person's own
  municipality, as it was on that day, lies there; in a series or a training where the event is one of its sessions; in
  an institution where the person's, as it was written that day, has its name or its acronym;
* a **unique person** counts once however many events she attended, with the latest sex and category that are known;
* a **declared headcount** (people counted by sight) belongs to the scope's *own* events: whose venue lies there, that
  are sessions of the series or training, or that the institution organises. It is never added to attendances;
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
    IntegerField,
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
from events.models import Attendance, Event, EventOrganiser, EventQuerySet, ReminderStage, Series, reminder_key
from municipalities.figures import Count as Counted
from municipalities.figures import Located, Period, Place, Scope
from network.enums import Modality, PersonCategory, Sex
from network.figures import Institution, institutions
from outbox.enums import CLAIMED_STATES, WAITING_STATES, MessageState
from outbox.models import Message
from web.disclosure import SMALLEST, is_small, margins_tell, withheld


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
    by_modality: tuple[Counted, ...] = ()
    by_topic: tuple[Counted, ...] = ()  # an event of two topics counts in both

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
    by_zone: tuple[PeopleRow, ...] = ()  # metropolitan; most municipalities lie in none
    by_institution: tuple[PeopleRow, ...] = ()


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


def own_events(scope: Scope) -> Q:
    """The condition that an event is the scope's own, as the module's first lines define it."""
    if scope.kind == "series":
        return Q(series_id=scope.pk)
    if scope.kind == "training":
        return Q(pk__in=_sessions_of(scope))
    if scope.kind == "institution":
        return Q(pk__in=EventOrganiser.objects.filter(Q(organisation=scope.pk)).order_by().values("event"))
    return scope.within("municipality")


def own_attendances(scope: Scope) -> Q:
    """The condition that an attendance belongs to the scope, as the module's first lines define it."""
    if scope.kind == "series":
        return Q(event__series_id=scope.pk)
    if scope.kind == "training":
        return Q(event__in=_sessions_of(scope))
    if scope.kind == "institution":
        return Q(institution_key__in=scope.keys)
    return scope.within("municipality")


def _sessions_of(scope: Scope) -> QuerySet[Any, Any]:
    return Event.objects.filter(training_sessions__training=scope.pk).order_by().values("pk")


def events_held(scope: Scope, period: Period) -> EventQuerySet:
    """The events that the module's first lines define."""
    held = Event.objects.held().filter(period.contains("first_day"))
    if scope.is_state:
        return held
    if scope.kind in {"series", "training"}:
        return held.filter(own_events(scope))
    came = Attendance.objects.filter(own_attendances(scope), event=OuterRef("pk"))
    return held.filter(own_events(scope) | Exists(came))


def events_undated(scope: Scope) -> EventQuerySet:
    """The scope's own published events without a date, which no period can count."""
    return Event.objects.published().undated().filter(own_events(scope))


def event_figures(scope: Scope, period: Period) -> EventFigures:
    """Events held by format, modality, pathway and topic (sector), and what they declare. One query."""
    held, text = events_held(scope, period), CharField()
    common = ("table", "is_dated", "has_list", "way")
    undated = events_undated(scope)
    groups = (
        (held | undated)
        .annotate(
            table=Value("event", text),
            is_dated=ExpressionWrapper(Q(first_day__isnull=False), output_field=BooleanField()),
            has_list=Exists(Attendance.objects.filter(event=OuterRef("pk"))),
            way=F("modality"),
        )
        .order_by()
        .values(*common, *_vocabulary("format"), *_vocabulary("pathway"))
        .annotate(
            events=Count("pk"),
            people=Sum("headcount", filter=own_events(scope)),
            declared=Count("headcount", filter=own_events(scope)),
        )
    )
    topics = (
        held.annotate(
            table=Value("topic", text), is_dated=Value(True), has_list=Value(False), way=Value("", text),
            no_order=Value(0), no_code=Value("", text), no_name=Value("", text), no_name_en=Value("", text),
        )
        .order_by()
        .values(*common, *_vocabulary("sectors"), "no_order", "no_code", "no_name", "no_name_en")
        .annotate(events=Count("pk"), people=Count("headcount"), declared=Count("headcount"))
    )  # fmt: skip
    rows = [*groups.union(topics, all=True)]
    dated = [row for row in rows if row["table"] == "event" and row["is_dated"]]
    of_topics = [row for row in rows if row["table"] == "topic"]
    declared = sum(row["declared"] for row in dated)
    return EventFigures(
        held=sum(row["events"] for row in dated),
        with_list=sum(row["events"] for row in dated if row["has_list"]),
        undated=sum(row["events"] for row in rows if not row["is_dated"]),
        by_modality=tuple(
            Counted(code, str(label), count)
            for code, label in Modality.choices
            if (count := sum(row["events"] for row in dated if row["way"] == code))
        ),
        by_topic=_counted(of_topics, "format"),  # a union has the names of its first part
        headcount=sum(row["people"] or 0 for row in dated) if declared else None,
        with_headcount=declared,
        by_format=_by_format(dated),
        by_pathway=_counted(dated, "pathway"),
    )


LAST = 1_000_000  # after every order of a vocabulary


def _vocabulary(name: str) -> list[str]:
    return [f"{name}__{field}" for field in ("order", "code", "name", "name_en")]


def _label(row: dict, name: str) -> str:
    english = (get_language() or "es").startswith("en")
    return (row[f"{name}__name_en"] if english else "") or row[f"{name}__name"]


def _by_format(rows: Iterable[dict]) -> tuple[FormatRow, ...]:
    found: dict[tuple, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        key = (row["format__order"], row["format__code"], _label(row, "format"))
        found[key][row["way"].replace("-", "_")] += row["events"]
    return tuple(FormatRow(code, label, **found[order, code, label]) for order, code, label in sorted(found))


def _counted(rows: Iterable[dict], name: str) -> tuple[Counted, ...]:
    found: dict[tuple, int] = defaultdict(int)
    for row in rows:
        if row[f"{name}__code"] is None:
            found[LAST, "", gettext("Sin dato")] += row["events"]
        else:
            found[row[f"{name}__order"], row[f"{name}__code"], _label(row, name)] += row["events"]
    return tuple(Counted(code, label, count) for (_order, code, label), count in sorted(found.items()))


def event_lines(scope: Scope, period: Period, *, limit: int) -> tuple[EventLine, ...]:
    """The events held, oldest first, at most ``limit`` of them. Two queries however many there are."""
    events = list(
        events_held(scope, period)
        .select_related("format", "municipality")
        .annotate(
            has_list=Exists(Attendance.objects.filter(event=OuterRef("pk"))),
            is_own=Exists(Event.objects.filter(own_events(scope), pk=OuterRef("pk"))),
        )
        .order_by("first_day", F("starts_at").asc(nulls_first=True), "pk")[:limit]
    )
    came = dict(
        Attendance.objects.filter(own_attendances(scope), event__in=[event.pk for event in events])
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
            headcount=event.headcount if event.is_own else None,
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
    return Attendance.objects.filter(own_attendances(scope), event__in=held.order_by().values("pk")).order_by()


@dataclass(frozen=True)
class _Came:
    """Unique persons of one place, and their attendances by sex."""

    persons: int
    split: BySex


@dataclass(frozen=True)
class Attended:
    """What :func:`people_figures` adds up: ``cells`` of the attendances, and who ``came`` by level and place."""

    cells: tuple[Cell, ...]
    came: dict[str, dict[int | None, _Came]]


def how_attended() -> Case:
    """The modality of an attendance: its own, else its event's unless that is hybrid; then it is not known."""
    own = When(~Q(modality=""), then=F("modality"))
    of_event = When(~Q(event__modality=Modality.HYBRID), then=F("event__modality"))
    return Case(own, of_event, default=Value(""), output_field=CharField())


def attended(
    scope: Scope,
    period: Period,
    *,
    places: Sequence[Place],
    registered: Sequence[Institution],
    around: Scope | None = None,
) -> Attended:
    """The cells, of the scope or of all ``around`` it, and who came of each municipality, region, metropolitan zone and
    institution. One query; what comes back is bounded by the vocabularies, not by how many attendances there are."""
    text, whole = CharField(), IntegerField()
    sexes = {field: Count("pk", filter=Q(sex=code)) for code, field in SEX_FIELDS.items()}
    columns = ["level", "place", "kind", "how", "persons", "sum", "known", *sexes]
    cells = (
        attendances_of(around or scope, period)
        .annotate(
            level=Value("cell", text), place=F("municipality_id"), kind=F("category"),
            how=how_attended(),
        )
        .values("level", "place", "kind", "how")
        .annotate(persons=Count("pk"), sum=Sum("minutes"), known=Count("minutes"), **sexes)
        .values_list(*columns)
    )  # fmt: skip

    def distinct_by(level: str, place: Any) -> QuerySet[Any, Any]:
        return (
            attendances_of(scope, period)
            .annotate(level=Value(level, text), place=place, kind=Value("", text), how=Value("", text))
            .values("level", "place", "kind", "how")
            .annotate(
                persons=Count("person", distinct=True), sum=Count("pk", filter=Q(pk=None)),
                known=Count("pk", filter=Q(pk=None)), **sexes,
            )
            .values_list(*columns)
        )  # fmt: skip

    members: dict[int, list[int]] = defaultdict(list)
    for one in places:
        if one.zone_id is not None:
            members[one.zone_id].append(one.pk)
    zones = [When(municipality_id__in=pks, then=Value(pk)) for pk, pks in members.items()]
    named = [When(institution_key__in=row.keys, then=Value(row.pk)) for row in registered if row.keys]
    parts = [
        distinct_by("municipality", F("municipality_id")),
        distinct_by("region", F("municipality__region_id")),
        distinct_by("zone", Case(*zones, default=Value(None), output_field=whole)),
        distinct_by("institution", Case(*named, default=Value(None), output_field=whole)),
    ]
    found: list[Cell] = []
    came: dict[str, dict[int | None, _Came]] = defaultdict(dict)
    for level, place, kind, how, persons, minutes, known, *split in cells.union(*parts, all=True):
        if level == "cell":
            found += _cells_of(place, kind, how, split, minutes, known)
        else:
            came[level][place] = _Came(persons, BySex(*split))
    return Attended(tuple(found), came)


def _cells_of(
    municipality: int | None, category: str, how: str, split: Sequence[int], minutes: int | None, known: int
) -> list[Cell]:
    """A group by its sexes; its minutes stand with the first of them, for no table asks for them by sex."""
    made: list[Cell] = []
    for sex, count in zip(SEX_FIELDS, split, strict=True):
        if count:
            made.append(Cell(municipality, category, how, sex, count, *((None, 0) if made else (minutes, known))))
    return made


def people_figures(
    scope: Scope,
    period: Period,
    *,
    places: Sequence[Place],
    registered: Sequence[Institution] | None = None,
    found: Attended | None = None,
) -> PeopleFigures:
    """Attendances and unique persons. Three queries; one less where what was ``found`` or the ``registered``
    institutions are given."""
    if registered is None:
        registered = institutions()
    if found is None:
        found = attended(scope, period, places=places, registered=registered)
    cells, came = found.cells, found.came
    by_sex, by_category = _unique_persons(scope, period)
    zones = {place.pk: place.zone_id for place in places}
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
            came["region"],
        ),
        by_municipality=_people_rows(
            municipalities, [(place.pk, place.code, place.name) for place in places], came["municipality"]
        ),
        by_zone=tuple(
            row
            for row in _people_rows(
                _group(cells, lambda cell: zones.get(cell.municipality_id or 0)),
                sorted({(place.zone_id, str(place.zone_id), place.zone) for place in places if place.zone_id}),
                came["zone"],
            )
            if row.code
        ),
        by_institution=tuple(
            PeopleRow(code, label, group.split.total, group.persons, group.split)
            for pk, code, label in [
                *((row.pk, str(row.pk), row.label) for row in registered),
                (None, "", gettext("Otra o sin dato")),
            ]
            if (group := came["institution"].get(pk))
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
            rows.append(PeopleRow(code, label, split.total, persons[pk].persons if pk in persons else 0, split))
    return tuple(rows)


def persons_of(attendances: QuerySet[Attendance]) -> QuerySet[Any, Any]:
    """The unique persons behind attendances, each with the latest ``known_sex`` and ``known_category``, null where none
    is known.

    The latest is the greatest text of day and answer, so one pass groups by person and no sort is needed.
    """

    def latest(field: str) -> Substr:
        dated = Concat(Cast("event__first_day", CharField()), Value("|"), F(field), output_field=CharField())
        return Substr(Max(dated, filter=~Q(**{field: ""})), len("2026-01-01|") + 1)

    return attendances.values("person").annotate(known_sex=latest("sex"), known_category=latest("category"))


def _unique_persons(scope: Scope, period: Period) -> tuple[BySex, dict[str, int]]:
    """Unique persons by sex and by category, each person with the latest known answer. One query."""
    persons = persons_of(attendances_of(scope, period))
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


# --- What the public may see of it


def people_for_public(
    people: PeopleFigures, scope: Scope, *, everywhere: Sequence[Cell], places: Sequence[Place]
) -> PeopleFigures:
    """The same figures without splits that would tell of one or two persons (PRODUCT rule: *sin desglose*).

    ``everywhere``: the cells of the whole state in the same period, because a region's page must withhold what the
    state's table withholds. Outside the state scope, unique persons and categories show totals alone.
    """
    if not scope.is_territory:
        return _totals_alone(people)
    hidden = _withheld_places(everywhere, places)
    ways_hidden = _withheld_places(everywhere, places, _sum_by_modality).hides(scope)
    zones = _members_of_zones(places)
    total_hidden = hidden.hides(scope)
    regions = {str(place.region_number): place.region_id for place in places}
    # Of a region the page of a zone or a municipality tells only a part, which the table of the regions protects not.
    part = scope.kind in {"zone", "municipality"}
    cut = {place.region_id for place in places if part and scope.contains(place) and place.pk in hidden.municipalities}
    municipalities = {place.code: place.pk for place in places}
    return replace(
        people,
        attendances_by_sex=None if total_hidden else people.attendances_by_sex,
        persons_by_sex=people.persons_by_sex if scope.is_state and _may_show_alone(people.persons_by_sex) else None,
        by_category=_public_categories(people.by_category, total_hidden=total_hidden, with_cells=scope.is_state),
        by_region=tuple(
            replace(row, by_sex=None) if regions.get(row.code) in hidden.regions | cut else row
            for row in people.by_region
        ),
        by_municipality=tuple(
            replace(row, by_sex=None) if municipalities.get(row.code) in hidden.municipalities else row
            for row in people.by_municipality
        ),
        by_zone=tuple(
            replace(row, by_sex=None) if not hidden.municipalities.isdisjoint(zones[row.code]) else row
            for row in people.by_zone
        ),
        by_modality=() if ways_hidden else people.by_modality,
        by_institution=_public_institutions(people.by_institution),
    )


def split_for_public(cells: Sequence[Cell], scope: Scope, places: Sequence[Located]) -> BySex | None:
    """A territory's attendances by sex from the ``cells`` of the whole state; null where :func:`people_for_public`
    withholds them."""
    if _withheld_places(cells, places).hides(scope):
        return None
    inside = {place.pk for place in places if scope.contains(place)}
    return _sum_by_sex(cell for cell in cells if scope.is_state or cell.municipality_id in inside)


def _members_of_zones(places: Sequence[Place]) -> dict[str, set[int]]:
    members: dict[str, set[int]] = defaultdict(set)
    for place in places:
        members[str(place.zone_id)].add(place.pk)
    return members


def _public_institutions(rows: tuple[PeopleRow, ...]) -> tuple[PeopleRow, ...]:
    """Attendances alone. From an institution with fewer than three somebody could be recognised: it is counted with the
    others; unique persons are told of none, since they do not add up."""
    named = [row for row in rows if row.code and row.attendances >= SMALLEST and (row.persons or 0) >= SMALLEST]
    rest = sum(row.attendances for row in rows) - sum(row.attendances for row in named)
    if not named:
        return ()
    if is_small(rest):
        least = min(named, key=lambda row: (row.attendances, row.code))
        named.remove(least)
        rest += least.attendances
    others = [PeopleRow("", gettext("Otra o sin dato"), rest, None, None)] if rest else []
    return (*(replace(row, persons=None, by_sex=None) for row in named), *others)


@dataclass(frozen=True)
class WithheldPlaces:
    """Regions and municipalities (None: not known) that show only their totals; ``state``: the state's sum as well."""

    state: bool
    regions: frozenset[int | None]
    municipalities: frozenset[int | None]

    def hides(self, scope: Scope) -> bool:
        """Whether a territory shows only its total. Zones cut across regions: one shows its split where each of its
        municipalities shows its own, so that it tells nothing that could not be added up from those."""
        if scope.kind == "municipality":
            return scope.pk in self.municipalities
        if scope.kind == "region":
            return scope.pk in self.regions
        return self.state if scope.is_state else not self.municipalities.isdisjoint(scope.members)


def _totals_alone(people: PeopleFigures) -> PeopleFigures:
    """Without any split: a series, a training or an institution cuts across the territory, whose splits are published,
    and what is left after subtracting one from another could tell of one or two persons."""
    return replace(
        people,
        attendances_by_sex=None,
        persons_by_sex=None,
        by_category=(),
        by_modality=(),
        by_institution=_public_institutions(people.by_institution),
        by_zone=tuple(replace(row, by_sex=None) for row in people.by_zone),
        by_region=tuple(replace(row, by_sex=None) for row in people.by_region),
        by_municipality=tuple(replace(row, by_sex=None) for row in people.by_municipality),
    )


def _split_by_sex(cells: Iterable[Cell]) -> tuple[int, ...]:
    return _sum_by_sex(cells).cells


def _sum_by_modality(cells: Iterable[Cell]) -> tuple[int, ...]:
    sums = dict.fromkeys([*Modality.values, ""], 0)
    for cell in cells:
        sums[cell.modality] += cell.attendances
    return tuple(sums.values())


def _withheld_places(
    cells: Sequence[Cell],
    places: Sequence[Located],
    split: Callable[[Iterable[Cell]], tuple[int, ...]] = _split_by_sex,
) -> WithheldPlaces:
    """Municipalities within regions within the state: each level is a table whose sum the level above prints.

    Of equal rows the order decides which one is withheld, so it is that of the municipalities, not that of the cells:
    two pages that withheld different ones would tell of both.
    """
    region_of: dict[int | None, int | None] = {place.pk: place.region_id for place in places}
    groups = _group(cells, lambda cell: cell.municipality_id)
    splits = {pk: split(groups[pk]) for pk in sorted(groups, key=lambda pk: pk or 0)}
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
