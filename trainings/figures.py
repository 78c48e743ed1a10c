"""Whom trainings are aimed at, and whom their sessions reached. A target is never attendance."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import CharField, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.utils.translation import gettext as _

from events.figures import SEX_FIELDS, BySex, attendances_of, events_held, sex_labels
from events.models import Attendance, Event
from municipalities.figures import Period, Scope
from network.enums import Modality
from trainings.enums import AccompanimentState
from trainings.models import (
    Accompaniment,
    AccompanimentSession,
    AccompanimentSessionQuerySet,
    Training,
    TrainingQuerySet,
    TrainingSession,
    TrainingTarget,
)
from web.templatetags.components import percent_of

Cells = tuple[int | None, ...]
TARGET_FIELDS = [f"targets__{field}" for field in ("people", "people_virtual", "people_in_person", "women", "men")]


@dataclass(frozen=True)
class Target:
    """People aimed at. By modality and by sex only as far as the plan says: ``modality_known`` and ``sex_known`` are
    the people of the targets that say so, the denominators of any share."""

    people: int = 0
    virtual: int = 0
    in_person: int = 0
    modality_known: int = 0
    women: int = 0
    men: int = 0
    sex_known: int = 0
    # Of the targets that say one part alone: in no share, for the other part is not known.
    virtual_alone: int = 0
    in_person_alone: int = 0
    women_alone: int = 0
    men_alone: int = 0

    @property
    def in_words(self) -> list[str]:
        """By sex and by modality, each share with both of its denominators: those of whom it is known, and all."""
        said = []
        if self.sex_known:
            known = _("Sexo conocido para {known} de {people}: {women} mujeres y {men} hombres.").format(
                known=f"{self.sex_known:,}", people=f"{self.people:,}", women=f"{self.women:,}", men=f"{self.men:,}"
            )
            shares = _("Mujeres: {share} de sexo conocido; {all} de toda la meta.").format(
                share=percent_of(self.women, self.sex_known), all=percent_of(self.women, self.people)
            )
            said += [known, shares]
        said += [
            text.format(n=f"{n:,}")
            for n, text in (
                (self.women_alone, _("{n} mujeres; hombres: sin dato.")),
                (self.men_alone, _("{n} hombres; mujeres: sin dato.")),
            )
            if n
        ]
        if self.modality_known:
            text = _("Modalidad conocida para {known} de {people}: {virtual} en línea y {in_person} presenciales.")
            said.append(
                text.format(
                    known=f"{self.modality_known:,}", people=f"{self.people:,}", virtual=f"{self.virtual:,}",
                    in_person=f"{self.in_person:,}",
                )
            )  # fmt: skip
        if self.virtual_alone:
            said.append(_("{n} en línea; presenciales: sin dato.").format(n=f"{self.virtual_alone:,}"))
        if self.in_person_alone:
            said.append(_("{n} presenciales; en línea: sin dato.").format(n=f"{self.in_person_alone:,}"))
        return said

    def __add__(self, other: "Target") -> "Target":
        return Target(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(frozen=True)
class ByModality:
    """People or attendances by how they came; ``unknown``: at a hybrid session, nobody wrote down how."""

    virtual: int = 0
    in_person: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class Reach:
    """Whom the sessions held reached. Unique persons are counted once, with the latest sex that is known; in each
    modality in which they came, so that these can add up to more. Splits are null for everybody to read (*sin
    desglose*): a training cuts across the territory, whose splits are published, and what is left after subtracting one
    from the other could tell of one or two persons (ADR 8)."""

    attendances: int
    persons: int
    attendances_by_sex: BySex | None
    persons_by_sex: BySex | None
    attendances_by_modality: ByModality | None
    persons_by_modality: ByModality | None


@dataclass(frozen=True)
class Sheet:
    """One training as page, PDF, CSV and API print it. ``reach``: null where no attendance was written down by name at
    a session held, for then what was reached is not known."""

    slug: str
    title: str
    format: str
    modality: str
    hours: Decimal | None
    source: str
    organisations: tuple[str, ...]
    target: Target
    sessions_held: int
    reach: Reach | None

    @property
    def sexes(self) -> list[str]:
        """The headings of :attr:`by_sex`."""
        return list(sex_labels().values())

    @property
    def modalities(self) -> list[str]:
        return [_("En línea"), _("Presenciales"), _("Sin dato")]

    @property
    def by_sex(self) -> list["Line"]:
        """Target, unique persons and attendances by sex."""
        target, reach = self.target, self.reach
        aimed: Cells | None = (target.women, target.men, None, None, target.people - target.sex_known)
        if not target.sex_known:
            alone = (target.women_alone or None, target.men_alone or None)
            aimed = (*alone, None, None, None) if any(alone) else None
        reached = [reach and reach.persons_by_sex, reach and reach.attendances_by_sex]
        return self._lines(self.sexes, aimed, [split.cells if split else None for split in reached])

    @property
    def by_modality(self) -> list["Line"]:
        """Target, unique persons and attendances by how they come."""
        target, reach = self.target, self.reach
        aimed: Cells | None = (target.virtual, target.in_person, target.people - target.modality_known)
        if not target.modality_known:
            alone = (target.virtual_alone or None, target.in_person_alone or None)
            aimed = (*alone, None) if any(alone) else None
        reached = [reach and reach.persons_by_modality, reach and reach.attendances_by_modality]
        return self._lines(
            self.modalities,
            aimed,
            [astuple(split) if split else None for split in reached],
        )

    def _lines(self, headings: list[str], aimed: Cells | None, reached: Sequence[Cells | None]) -> list["Line"]:
        lines = [Line(_("Meta"), self.target.people, _labelled(headings, aimed), len(headings))]
        if self.reach is not None:
            counted = ((_("Personas únicas"), self.reach.persons), (_("Asistencias"), self.reach.attendances))
            lines += [
                Line(label, total, _labelled(headings, cells), len(headings), is_reach=True)
                for (label, total), cells in zip(counted, reached, strict=True)
            ]
        return lines if self.target.people else [line for line in lines[1:] if line.cells]


def _labelled(headings: Sequence[str], cells: Cells | None) -> dict[str, int | None] | None:
    return dict(zip(headings, cells, strict=True)) if cells else None


@dataclass(frozen=True)
class Line:
    """A line of a training's tables. ``cells``: by their headings; null where they are not known, or are withheld
    (``is_reach``)."""

    label: str
    total: int
    cells: dict[str, int | None] | None
    width: int
    is_reach: bool = False


@dataclass(frozen=True)
class Sheets:
    """Several trainings; ``target`` sums them. Persons are not summed: somebody can have come to two."""

    rows: tuple[Sheet, ...]
    target: Target


def sheets(trainings: Iterable[Training], *, exact: bool = False) -> Sheets:
    """The figures of these trainings (rows of ``with_targets()``), in two queries however many there are. Without
    ``exact``, for everybody to read, what was reached has totals alone."""
    rows = list(trainings)
    pks = [row.pk for row in rows]
    held = Event.objects.held().order_by().values("pk")
    sessions = dict(
        TrainingSession.objects.filter(training__in=pks, event__in=held)
        .order_by()
        .values_list("training")
        .annotate(Count("pk"))
    )
    came: dict[int, list[_Came]] = defaultdict(list)
    attendances = Attendance.objects.filter(event__training_sessions__training__in=pks, event__in=held)
    for training, person, sex, own, of_event in attendances.order_by("event__first_day", "pk").values_list(
        "event__training_sessions__training", "person", "sex", "modality", "event__modality"
    ):
        came[training].append(_Came(person, sex, own, of_event))
    made = tuple(_sheet(row, sessions.get(row.pk, 0), came[row.pk], exact=exact) for row in rows)
    return Sheets(made, sum((sheet.target for sheet in made), Target()))


@dataclass(frozen=True)
class _Came:
    person: int
    sex: str
    own: str
    of_event: str

    @property
    def how(self) -> str:
        """As :func:`events.figures.attended` says it."""
        return self.own or ("" if self.of_event == Modality.HYBRID else self.of_event)


def _sheet(training: Training, sessions: int, came: Sequence[_Came], *, exact: bool) -> Sheet:
    targets = training.targets.all()
    return Sheet(
        slug=training.slug,
        title=training.title,
        format=training.format.label,
        modality=training.get_modality_display(),
        hours=training.hours,
        source=training.source,
        organisations=tuple(dict.fromkeys(row.organisation.name for row in targets)),
        target=sum(
            (target_of(row.people, row.people_virtual, row.people_in_person, row.women, row.men) for row in targets),
            Target(),
        ),
        sessions_held=sessions,
        reach=_reach(came, exact=exact) if came else None,
    )


def _reach(came: Sequence[_Came], *, exact: bool) -> Reach:
    sexes = {row.person: "" for row in came} | {row.person: row.sex for row in came if row.sex}
    ways = {(row.person, row.how) for row in came}
    return Reach(
        attendances=len(came),
        persons=len(sexes),
        attendances_by_sex=_by_sex(row.sex for row in came) if exact else None,
        persons_by_sex=_by_sex(sexes.values()) if exact else None,
        attendances_by_modality=_by_modality(row.how for row in came) if exact else None,
        persons_by_modality=_by_modality(how for _person, how in ways) if exact else None,
    )


def _by_sex(sexes: Iterable[str]) -> BySex:
    return BySex(**Counter(SEX_FIELDS[sex] for sex in sexes))


def _by_modality(ways: Iterable[str]) -> ByModality:
    names: dict[str, str] = {Modality.VIRTUAL: "virtual", Modality.IN_PERSON: "in_person"}
    return ByModality(**Counter(names.get(how, "unknown") for how in ways))


def csv_head() -> list[str]:
    return [
        _("Capacitación"), _("Título"), _("Fuente"), _("Instituciones"), _("Meta: personas"),
        _("Meta: modalidad conocida"), _("Meta: en línea"), _("Meta: presenciales"), _("Meta: sexo conocido"),
        _("Meta: mujeres"), _("Meta: hombres"), _("Mujeres de sexo conocido"), _("Mujeres de toda la meta"),
        _("Sesiones realizadas"), _("Asistencias"), _("Personas únicas"),
    ]  # fmt: skip


def csv_rows(found: Sheets) -> list[list[Any]]:
    """For everybody to read: one line a training, then one of all targets together. What is not known says so; it is
    never zero."""
    lines = [
        [sheet.slug, sheet.title, sheet.source, "; ".join(sheet.organisations), *_target_cells(sheet.target),
         sheet.sessions_held, *_reach_cells(sheet.reach)]
        for sheet in found.rows
    ]  # fmt: skip
    everything = ["", _("Todas las capacitaciones"), "", "", *_target_cells(found.target)]
    return [*lines, [*everything, *[""] * (len(csv_head()) - len(everything))]]


def _target_cells(target: Target) -> list[Any]:
    unknown = _("sin dato")
    ways: list[Any] = [0, unknown, unknown]
    sexes: list[Any] = [0, unknown, unknown, unknown, unknown]
    if target.modality_known:
        ways = [target.modality_known, target.virtual, target.in_person]
    if target.sex_known:
        shares = (percent_of(target.women, target.sex_known), percent_of(target.women, target.people))
        sexes = [target.sex_known, target.women, target.men, *shares]
    return [target.people or unknown, *ways, *sexes]


def _reach_cells(reach: Reach | None) -> list[Any]:
    return [_("sin dato")] * 2 if reach is None else [reach.attendances, reach.persons]


@dataclass(frozen=True)
class TrainingRow:
    """One training. ``sessions``: those held in the scope and period. Attendances and persons from the scope at those
    sessions; null where no session was held or none has attendance by name: then what was reached is not known."""

    slug: str
    title: str
    organisations: tuple[str, ...]
    target: Target
    sessions: int
    attendances: int | None
    persons: int | None


@dataclass(frozen=True)
class TrainingFigures:
    """``target`` sums all rows. Persons are not summed over trainings: somebody can have come to two."""

    rows: tuple[TrainingRow, ...]
    target: Target
    attendances: int | None


def training_rows(scope: Scope, period: Period) -> TrainingQuerySet:
    """Published trainings with a session held in the scope and period; besides, those that have no session in the
    portal, which no period can place: in the whole state all of them, in a training itself, in an institution those
    aimed at it. Of an institution, only the targets aimed at it."""
    sessions = TrainingSession.objects.filter(
        training=OuterRef("pk"), event__in=events_held(scope, period).order_by().values("pk")
    ).order_by()
    came = attendances_of(scope, period).filter(event__training_sessions__training=OuterRef("pk"))
    return (
        Training.objects.published()
        .annotate(
            held=_scalar(sessions, "training", Count("pk")),
            attendances=_scalar(came, "event__training_sessions__training", Count("pk")),
            persons=_scalar(came, "event__training_sessions__training", Count("person", distinct=True)),
        )
        .filter(_one_training(scope), Q(held__gt=0) | _without_sessions(scope))
    )


def training_figures(scope: Scope, period: Period) -> TrainingFigures:
    """Of the :func:`training_rows`. One query."""
    trainings = (
        training_rows(scope, period)
        .order_by("title", "pk", "targets__pk")
        .values(
            "pk", "slug", "title", "held", "attendances", "persons", "targets__organisation",
            "targets__organisation__name", *TARGET_FIELDS,
        )
    )  # fmt: skip
    rows = tuple(_row(list(lines), scope) for _pk, lines in groupby(trainings, key=itemgetter("pk")))
    known = [row.attendances for row in rows if row.attendances is not None]
    return TrainingFigures(rows, sum((row.target for row in rows), Target()), sum(known) if known else None)


def _one_training(scope: Scope) -> Q:
    return Q(pk=scope.pk) if scope.kind == "training" else Q()


def _without_sessions(scope: Scope) -> Q:
    """Those that no period can place, where the scope has any."""
    none = Q(~Exists(TrainingSession.objects.filter(training=OuterRef("pk"))))
    if scope.is_state or scope.kind == "training":
        return none
    if scope.kind == "institution":
        return none & Q(Exists(TrainingTarget.objects.filter(training=OuterRef("pk"), organisation=scope.pk)))
    return Q(pk__in=[])


def _scalar(rows: QuerySet, group: str, count: Count) -> Subquery:
    """The count of the correlated rows as one value; null where there are none."""
    return Subquery(rows.values(group).annotate(_n=count).values("_n"), output_field=IntegerField())


def _row(lines: list[dict[str, Any]], scope: Scope) -> TrainingRow:
    """The lines of one training, one for each of its targets (a single line of nulls where it has none)."""
    first = lines[0]
    aimed = {line["targets__organisation"] for line in lines} - {None}
    if scope.kind == "institution":
        aimed &= {scope.pk}
    targets = [line for line in lines if line["targets__organisation"] in aimed]
    return TrainingRow(
        slug=first["slug"],
        title=first["title"],
        organisations=tuple(dict.fromkeys(line["targets__organisation__name"] for line in targets)),
        target=sum((target_of(*(line[field] for field in TARGET_FIELDS)) for line in targets), Target()),
        sessions=first["held"] or 0,
        attendances=first["attendances"],
        persons=first["persons"],
    )


def target_of(people: int, virtual: int | None, in_person: int | None, women: int | None, men: int | None) -> Target:
    """One stored target with its denominators: a sex or a modality counts as known where both of its parts are; a part
    that stands alone is kept apart."""
    target = Target(people=people)
    if virtual is not None and in_person is not None:
        target = replace(target, virtual=virtual, in_person=in_person, modality_known=virtual + in_person)
    else:
        target = replace(target, virtual_alone=virtual or 0, in_person_alone=in_person or 0)
    if women is not None and men is not None:
        target = replace(target, women=women, men=men, sex_known=women + men)
    else:
        target = replace(target, women_alone=women or 0, men_alone=men or 0)
    return target


# --- Hours of training and of accompaniment


@dataclass(frozen=True)
class TrainingHours:
    """Attendances at the sessions held of published trainings, each counted once. ``minutes``: of the ``minutes_known``
    attendances whose minutes are known, null where none is. ``municipalities``: those from which somebody came."""

    attendances: int
    minutes: int | None
    minutes_known: int
    municipalities: int

    @property
    def hours(self) -> Decimal | None:
        return in_hours(self.minutes)

    @property
    def minutes_unknown(self) -> int:
        return self.attendances - self.minutes_known


@dataclass(frozen=True)
class AccompanimentFigures:
    """Sessions of a day of the period that both sides confirmed (ADR 23). ``minutes``: of those that say them, null
    where none does; ``unknown`` of them say none. ``pending`` sessions lack a confirmation and are in no other number.
    ``municipalities``: those with a confirmed session."""

    sessions: int
    minutes: int | None
    unknown: int
    pending: int | None  # null for the public
    municipalities: int

    @property
    def hours(self) -> Decimal | None:
        return in_hours(self.minutes)


def trained_at(scope: Scope, period: Period) -> QuerySet[Attendance]:
    """The attendances of :class:`TrainingHours`."""
    sessions = TrainingSession.objects.filter(training__is_published=True).order_by().values("event")
    return attendances_of(scope, period).filter(event__in=sessions)


def sessions_in(scope: Scope, period: Period) -> AccompanimentSessionQuerySet:
    """The sessions of :class:`AccompanimentFigures`, pending ones too."""
    begun = AccompanimentSession.objects.begun().filter(period.contains("day"))
    return begun.filter(scope.within("accompaniment__municipality")).order_by()


# What hours_rows() gives, and what other rows of one query have to look like.
HOURS_COLUMNS = ("table", "home", "said", "all", "known", "sum", "pending")


def hours_rows(scope: Scope, period: Period) -> QuerySet[Any, Any]:
    """What :func:`hours_figures` adds up, by municipality. One query; other rows may be joined to it."""
    both = Q(institute_confirmed_at__isnull=False, municipality_confirmed_at__isnull=False)
    text = CharField()
    came = (
        trained_at(scope, period)
        .annotate(table=Value("training", text), home=F("municipality_id"), said=Value("", text))
        .values("table", "home", "said")
        .annotate(all=Count("pk"), known=Count("minutes"), sum=Sum("minutes"), pending=Count("pk", filter=Q(pk=None)))
        .values_list(*HOURS_COLUMNS)
    )
    accompanied = (
        sessions_in(scope, period)
        .annotate(table=Value("accompaniment", text), home=F("accompaniment__municipality_id"), said=Value("", text))
        .values("table", "home", "said")
        .annotate(
            all=Count("pk", filter=both),
            known=Count("minutes", filter=both),
            sum=Sum("minutes", filter=both),
            pending=Count("pk", filter=~both),
        )
        .values_list(*HOURS_COLUMNS)
    )
    return came.union(accompanied, all=True) if scope.is_territory else came


def hours_figures(scope: Scope, rows: Iterable[Sequence[Any]]) -> tuple[TrainingHours, AccompanimentFigures | None]:
    """From :func:`hours_rows`; of accompaniment nothing is said where the scope is no territory."""
    rows = list(rows)
    trained = [row[1:] for row in rows if row[0] == "training"]
    hours = TrainingHours(
        attendances=sum(row[2] for row in trained),
        minutes=_known_sum(row[4] for row in trained),
        minutes_known=sum(row[3] for row in trained),
        municipalities=sum(1 for row in trained if row[0] is not None),
    )
    if not scope.is_territory:
        return hours, None
    sessions = [row[1:] for row in rows if row[0] == "accompaniment"]
    return hours, AccompanimentFigures(
        sessions=sum(row[2] for row in sessions),
        minutes=_known_sum(row[4] for row in sessions),
        unknown=sum(row[2] - row[3] for row in sessions),
        pending=sum(row[5] for row in sessions),
        municipalities=sum(1 for row in sessions if row[2]),
    )


def _known_sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


# --- Accompaniment


@dataclass(frozen=True, kw_only=True)
class AccompanimentHours:
    """What accompaniment a municipality had. Minutes are those of the sessions that say them, null where none does;
    ``unknown`` sessions say none. Confirmed by both sides and pending are never added up."""

    slug: str
    code: str
    name: str
    region: str
    under_way: int = 0
    closed: int = 0
    sessions: int = 0
    minutes: int | None = None
    unknown: int = 0
    pending: int = 0
    pending_minutes: int | None = None

    @property
    def hours(self) -> Decimal | None:
        """Confirmed by both sides, to a tenth."""
        return in_hours(self.minutes)

    @property
    def pending_hours(self) -> Decimal | None:
        return in_hours(self.pending_minutes)


def in_hours(minutes: int | None) -> Decimal | None:
    """Minutes as hours, rounded to a tenth; unknown stays unknown."""
    return None if minutes is None else (Decimal(minutes) / 60).quantize(Decimal("0.1"), ROUND_HALF_UP)


def accompaniment_hours(scope: Scope) -> tuple[AccompanimentHours, ...]:
    """One row for each municipality of the scope with a file that was accepted, by name. Two queries."""
    place = ("municipality__slug", "municipality__cvegeo", "municipality__name", "municipality__region__name")
    state = AccompanimentState
    files = (
        Accompaniment.objects.filter(scope.within("municipality"))
        .exclude(state__in=[state.REQUESTED, state.DECLINED])
        .order_by("municipality__sort_name")
        .values_list("municipality", *place)
        .annotate(
            closed=Count("pk", filter=Q(state=state.CLOSED)), under_way=Count("pk", filter=~Q(state=state.CLOSED))
        )
    )
    both = Q(institute_confirmed_at__isnull=False, municipality_confirmed_at__isnull=False)
    sessions = AccompanimentSession.objects.begun().filter(scope.within("accompaniment__municipality"))
    sums = (
        sessions.order_by()
        .values("accompaniment__municipality")
        .annotate(
            sessions=Count("pk", filter=both),
            unknown=Count("pk", filter=both & Q(minutes__isnull=True)),
            pending=Count("pk", filter=~both),
            pending_minutes=Sum("minutes", filter=~both),
            minutes=Sum("minutes", filter=both),  # last: the name then stands for the sum
        )
    )
    counted: dict[int, dict[str, Any]] = {}
    for row in sums:
        pk = row["accompaniment__municipality"]
        counted[pk] = {name: value for name, value in row.items() if name != "accompaniment__municipality"}
    return tuple(
        AccompanimentHours(
            slug=slug, code=code, name=name, region=region, closed=closed, under_way=open_, **counted.get(pk, {})
        )
        for pk, slug, code, name, region, closed, open_ in files
    )


def hours_total(rows: Iterable[AccompanimentHours]) -> AccompanimentHours:
    """All rows as one; minutes are null where no row knows any."""
    rows = list(rows)
    summed = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("under_way", "closed", "sessions", "unknown", "pending")
    }
    for name in ("minutes", "pending_minutes"):
        known = [value for row in rows if (value := getattr(row, name)) is not None]
        summed[name] = sum(known) if known else None
    return AccompanimentHours(slug="", code="", name="", region="", **summed)


def public_hours(rows: Iterable[AccompanimentHours]) -> list[AccompanimentHours]:
    """What the public reads of them: closed files and sessions that both sides confirmed."""
    return [row for row in rows if row.closed or row.sessions]


def hours_lines(rows: Sequence[AccompanimentHours], *, with_pending: bool) -> tuple[list[str], list[list[Any]]]:
    """Head and rows of the CSV; what is not known is an empty cell."""
    head = [
        _("clave"), _("municipio"), _("región"), _("acompañamientos concluidos"), _("sesiones confirmadas"),
        _("horas confirmadas"), _("sesiones confirmadas sin duración"),
    ]  # fmt: skip
    lines = [[row.code, row.name, row.region, row.closed, row.sessions, row.hours, row.unknown] for row in rows]
    if with_pending:
        head += [_("acompañamientos en curso"), _("sesiones por confirmar"), _("horas por confirmar")]
        for line, row in zip(lines, rows, strict=True):
            line += [row.under_way, row.pending, row.pending_hours]
    return head, lines
