"""What the three pages of an action tell alike: its indicators drawn, and its story from the newest to the oldest."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from actions.enums import ReviewDecision
from actions.models import Action, Evidence, FollowUp, Measured, Milestone, Review
from actions.templatetags.action_tags import amount
from web import charts
from web.dates import day_label


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One line of the story: a follow-up with what came with it, or a step of the review."""

    day: datetime.date
    title: str
    text: str = ""
    by: str = ""
    tone: str = "primary"
    # Why the progress was typed, where it was.
    reason: str = ""
    readings: Sequence[str] = ()
    evidence: Sequence[Evidence] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone and how much of the whole it is, in per cent."""

    milestone: Milestone
    share: str


def steps_of(milestones: Iterable[Milestone]) -> list[Step]:
    rows = list(milestones)
    whole = sum(row.weight for row in rows)
    return [Step(row, f"{100 * row.weight / whole:.1f}".removesuffix(".0")) for row in rows]


def story(
    follow_ups: Iterable[FollowUp],
    evidence: Iterable[Evidence],
    measured: Iterable[Measured],
    steps: Iterable[Chapter],
) -> list[Chapter]:
    """Follow-ups and steps of the review in one line of time, the newest first; ``steps`` come in that order."""
    attached: dict[int, list[Evidence]] = {}
    for row in evidence:
        if row.follow_up_id:
            attached.setdefault(row.follow_up_id, []).append(row)
    values: dict[int, list[str]] = {}
    for indicator, reading in ((one.indicator, reading) for one in measured for reading in one.readings):
        if reading.follow_up:
            words = f"{indicator.name}: {amount(reading.value)} {indicator.unit}"
            values.setdefault(reading.follow_up, []).append(words)
    told = [
        Chapter(
            day=row.date,
            title=_("Avance de %(progress)s %%, %(status)s")
            % {"progress": row.progress, "status": row.get_status_display().lower()},
            text=row.text,
            reason=row.progress_reason,
            readings=values.get(row.pk, []),
            evidence=attached.get(row.pk, []),
        )
        for row in follow_ups
    ]
    return sorted([*steps, *told], key=lambda chapter: chapter.day, reverse=True)


def public_steps(action: Action) -> list[Chapter]:
    """The milestones that everybody may know, without who did it or what was said."""
    steps = []
    if action.validated_at:
        steps.append(Chapter(day=_day(action.validated_at), title=_("El instituto la valida"), tone="ok"))
    if action.submitted_at:
        steps.append(Chapter(day=_day(action.submitted_at), title=_("El municipio la envía a revisión"), tone="info"))
    steps.append(Chapter(day=action.starts_on, title=_("Comienza la acción"), tone="neutral"))
    return steps


REVIEW_TONES = {
    ReviewDecision.SUBMITTED: "info",
    ReviewDecision.RETURNED: "warn",
    ReviewDecision.VALIDATED: "ok",
    ReviewDecision.PUBLISHED: "ok",
    ReviewDecision.WITHDRAWN: "warn",
    ReviewDecision.CLOSING: "info",
    ReviewDecision.CLOSED: "ok",
    ReviewDecision.KEPT_OPEN: "warn",
}


def review_steps(reviews: Iterable[Review], *, with_names: bool = False) -> list[Chapter]:
    """Every step between municipality and institute with its comment; to staff also who took it."""
    return [
        Chapter(
            day=_day(row.created_at),
            title=row.get_decision_display(),
            text=row.comment,
            by=str(row.created_by) if with_names and row.created_by else "",
            tone=REVIEW_TONES[ReviewDecision(row.decision)],
        )
        for row in reviews
    ]


def _day(moment: datetime.datetime) -> datetime.date:
    return timezone.localtime(moment).date()


def indicator_chart(measured: Measured) -> charts.Chart | None:
    """Baseline, readings and target: a line where there are several readings, else bars. None before the first one."""
    indicator, readings = measured.indicator, measured.readings
    if not readings:
        return None
    identifier = f"indicador-{indicator.pk}"
    if len(readings) == 1:
        day = day_label(readings[0].date, weekday=False)
        rows = [
            charts.Bar(_("Línea base"), None if indicator.baseline is None else float(indicator.baseline)),
            charts.Bar(_("Lectura del %(day)s") % {"day": day}, float(readings[0].value)),
            charts.Bar(_("Meta"), float(indicator.target)),
        ]
        return charts.bars(identifier, indicator.name, rows, unit=indicator.unit, category=_("Valor"))
    days = [date_format(row.date, "SHORT_DATE_FORMAT") for row in readings]
    values = tuple(float(row.value) for row in readings)
    series = [
        charts.Series(_("Lecturas (%(unit)s)") % {"unit": indicator.unit}, values),
        charts.Series(_("Meta"), (float(indicator.target),) * len(days)),
    ]
    return charts.line(identifier, indicator.name, days, series, category=_("Fecha"))
