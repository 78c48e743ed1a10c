"""Whom trainings are aimed at, and whom their sessions reached. A target is never attendance."""

from dataclasses import dataclass, fields, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery

from events.figures import attendances_of, events_held
from municipalities.figures import Period, Scope
from trainings.models import Training, TrainingSession

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

    def __add__(self, other: "Target") -> "Target":
        return Target(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


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


def training_figures(scope: Scope, period: Period) -> TrainingFigures:
    """Published trainings with a session held in the scope and period; in the whole state also those that have no
    session in the portal, which no period can place. One query however many there are."""
    sessions = TrainingSession.objects.filter(
        training=OuterRef("pk"), event__in=events_held(scope, period).order_by().values("pk")
    ).order_by()
    without_sessions = ~Exists(TrainingSession.objects.filter(training=OuterRef("pk")))
    came = attendances_of(scope, period).filter(event__training_sessions__training=OuterRef("pk"))
    trainings = (
        Training.objects.published()
        .annotate(
            held=_scalar(sessions, "training", Count("pk")),
            attendances=_scalar(came, "event__training_sessions__training", Count("pk")),
            persons=_scalar(came, "event__training_sessions__training", Count("person", distinct=True)),
        )
        .filter(Q(held__gt=0) | (Q(without_sessions) if scope.is_state else Q(pk__in=[])))
        .order_by("title", "pk", "targets__pk")
        .values("pk", "slug", "title", "held", "attendances", "persons", "targets__organisation__name", *TARGET_FIELDS)
    )
    rows = tuple(_row(list(lines)) for _pk, lines in groupby(trainings, key=itemgetter("pk")))
    known = [row.attendances for row in rows if row.attendances is not None]
    return TrainingFigures(rows, sum((row.target for row in rows), Target()), sum(known) if known else None)


def _scalar(rows: QuerySet, group: str, count: Count) -> Subquery:
    """The count of the correlated rows as one value; null where there are none."""
    return Subquery(rows.values(group).annotate(_n=count).values("_n"), output_field=IntegerField())


def _row(lines: list[dict[str, Any]]) -> TrainingRow:
    """The lines of one training, one for each of its targets (a single line of nulls where it has none)."""
    first = lines[0]
    targets = [line for line in lines if line["targets__people"] is not None]
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
