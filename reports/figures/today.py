"""Where the network stands today, municipality by municipality: what the home pages of staff and liaisons print.

What counts is what the figures count over everything recorded (``figures.py`` of each app), so a number here and the
same one there have the same rows behind them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import CharField, Count, F, IntegerField, Q, QuerySet, Sum, Value

from actions.figures import ON_TIME, OVERDUE, actions_of, time_of
from events.figures import SEX_FIELDS, BySex, Cell, attendances_of, split_for_public
from municipalities.figures import Located, Period, Scope, state
from municipalities.models import Municipality
from network.enums import ProgrammeState
from network.figures import UNKNOWN, coverage_state, designations_on, programme_state, programmes_in
from trainings.figures import in_hours, sessions_in, trained_at

EVERYWHERE, ALWAYS = state(""), Period()
COLUMNS = ("table", "home", "said", "more", "n", "sum")
Rows = QuerySet[Any, Any]


@dataclass(frozen=True)
class Today:
    """A territory: one municipality, a region, or all. ``actions``: published ones by (situation, standing against the
    plan). ``trained``: municipalities from which somebody came to a training. ``cells``: attendances by municipality
    and sex, exact, empty where nobody asked; minutes are sums of what is known, null where nothing is."""

    municipalities: tuple[int, ...]
    designations: Counter[str]
    programmes: Counter[str]
    actions: Counter[tuple[str, str]]
    acting: int
    trained: int
    training_minutes: int | None
    sessions: int
    accompaniment_minutes: int | None
    cells: tuple[Cell, ...]

    @property
    def size(self) -> int:
        return len(self.municipalities)

    @cached_property
    def published(self) -> int:
        return sum(self.actions.values())

    def of_time(self, time: str) -> int:
        """Actions that stand so against their plan (``actions.figures.TIMES``)."""
        return sum(count for (_status, standing), count in self.actions.items() if standing == time)

    @property
    def with_plan(self) -> int:
        """Open actions whose plan says when they end: the denominator of what is on time."""
        return self.of_time(ON_TIME) + self.of_time(OVERDUE)

    @property
    def attendances(self) -> int:
        return sum(cell.attendances for cell in self.cells)

    @property
    def split(self) -> BySex:
        """The attendances by sex, exact."""
        return BySex(**{field: self._of_sex(code) for code, field in SEX_FIELDS.items()})

    def _of_sex(self, code: str) -> int:
        return sum(cell.attendances for cell in self.cells if cell.sex == code)

    @property
    def training_hours(self) -> Decimal | None:
        return in_hours(self.training_minutes)

    @property
    def accompaniment_hours(self) -> Decimal | None:
        return in_hours(self.accompaniment_minutes)


def today(*territories: Sequence[int], with_people: bool = False) -> tuple[Today, ...]:
    """The whole state, then each of the ``territories`` (municipalities by number). One query.

    ``with_people``: attendances and accompaniment too. Attendances of who came from no known place are the state's.
    """
    parts = [_places(), _designations(), _programmes(), _actions(), _trained()]
    if with_people:
        parts += [_attendances(), _sessions()]
    rows = list(parts[0].union(*parts[1:], all=True))
    return (_summed(rows), *(_summed([row for row in rows if row[1] in set(inside)]) for inside in territories))


def public_split(whole: Today, scope: Scope, places: Sequence[Located]) -> BySex | None:
    """A territory's attendances by sex as everybody may read them: null where the results page withholds them."""
    return split_for_public(whole.cells, scope, places)


def _row(rows: Rows, table: str, home: str, said: Any = None, more: Any = None) -> Rows:
    text = CharField()
    return rows.order_by().annotate(
        table=Value(table, text), home=F(home), said=said or Value("", text), more=more or Value("", text)
    )


def _alone(rows: Rows) -> Rows:
    zero = Value(0, IntegerField())
    return rows.annotate(n=zero, sum=zero).values_list(*COLUMNS)


def _counted(rows: Rows, **sums: Any) -> Rows:
    counted = {"n": Count("pk"), "sum": Count("pk", filter=Q(pk=None))} | sums
    return rows.values(*COLUMNS[:4]).annotate(**counted).values_list(*COLUMNS)


def _places() -> Rows:
    return _alone(_row(Municipality.objects.all(), "place", "pk"))


def _designations() -> Rows:
    return _alone(_row(designations_on(EVERYWHERE), "designation", "municipality_id", F("kind")))


def _programmes() -> Rows:
    return _alone(_row(programmes_in(EVERYWHERE), "programme", "municipality_id", programme_state()))


def _actions() -> Rows:
    return _counted(_row(actions_of(EVERYWHERE, ALWAYS), "action", "municipality_id", F("status"), time_of()))


def _trained() -> Rows:
    return _counted(_row(trained_at(EVERYWHERE, ALWAYS), "training", "municipality_id"), sum=Sum("minutes"))


def _attendances() -> Rows:
    return _counted(_row(attendances_of(EVERYWHERE, ALWAYS), "attendance", "municipality_id", F("sex")))


def _sessions() -> Rows:
    both = Q(institute_confirmed_at__isnull=False, municipality_confirmed_at__isnull=False)
    rows = sessions_in(EVERYWHERE, ALWAYS).filter(both)
    return _counted(_row(rows, "session", "accompaniment__municipality_id"), sum=Sum("minutes"))


def _summed(rows: Iterable[tuple[Any, ...]]) -> Today:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table, *row in rows:
        found.setdefault(table, []).append(tuple(row))
    places = tuple(row[0] for row in found.get("place", []))
    kinds: dict[int, set[str]] = {}
    for home, kind, *_rest in found.get("designation", []):
        kinds.setdefault(home, set()).add(kind)
    standings = (coverage_state(kinds.get(pk, set())) for pk in places)
    programmes = Counter(row[1] for row in found.get("programme", []))
    programmes[UNKNOWN] = len(places) - programmes.total()
    actions: Counter[tuple[str, str]] = Counter()
    for _home, status, time, count, _sum in found.get("action", []):
        actions[status, time] += count
    training, sessions = found.get("training", []), found.get("session", [])
    return Today(
        municipalities=places,
        designations=Counter(standings),
        programmes=programmes,
        actions=actions,
        acting=len({row[0] for row in found.get("action", [])}),
        trained=len({row[0] for row in training} - {None}),
        training_minutes=_known_sum(training),
        sessions=sum(row[3] for row in sessions),
        accompaniment_minutes=_known_sum(sessions),
        cells=tuple(
            Cell(home, "", "", sex, count, None, 0) for home, sex, _more, count, _sum in found.get("attendance", [])
        ),
    )


def _known_sum(rows: Iterable[tuple[Any, ...]]) -> int | None:
    known = [row[4] for row in rows if row[4] is not None]
    return sum(known) if known else None


def in_programme(territory: Today) -> int:
    """Municipalities whose climate programme is published and has not run out."""
    return territory.programmes[ProgrammeState.PUBLISHED]
