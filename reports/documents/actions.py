"""A municipality's climate actions as a document: what each is, how far it is, what shows it and what it avoids."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from actions.enums import ActionStatus, EstimateKind
from actions.models import Action, Evidence, Indicator
from municipalities.figures import Count, Period
from municipalities.models import Municipality
from reports.documents.changes import Change, differing
from web import charts


@dataclass(frozen=True)
class MilestoneLine:
    title: str
    due_on: dt.date | None
    done_on: dt.date | None


@dataclass(frozen=True)
class IndicatorLine:
    """Values as they were typed; null is unknown. ``share``: of the way from baseline to target, in per cent."""

    name: str
    unit: str
    baseline: str | None
    target: str
    latest: str | None
    latest_on: dt.date | None
    share: int | None


@dataclass(frozen=True)
class EvidenceLine:
    title: str
    about: str
    added_on: dt.date


@dataclass(frozen=True)
class EstimateLine:
    """Tonnes of CO2 equivalent. ``grade``: how sure the factor is (A, B or C); empty where none was used."""

    kind: str
    activity: str
    period: str
    tonnes: str
    source: str
    grade: str


@dataclass(frozen=True)
class ActionLine:
    """One action. ``progress`` in per cent, null where nothing was reported; ``people`` those it benefits."""

    uid: str
    title: str
    kind: str
    sector: str
    pathway: str
    status: str
    review: str
    starts_on: dt.date
    ends_on: dt.date | None
    overdue: bool
    progress: int | None
    people: int | None
    milestones: tuple[MilestoneLine, ...] = ()
    indicators: tuple[IndicatorLine, ...] = ()
    evidence: tuple[EvidenceLine, ...] = ()
    estimates: tuple[EstimateLine, ...] = ()


@dataclass(frozen=True)
class MunicipalActions:
    """What a municipality sent to the institute and whose planned dates touch the period; for everybody
    (``is_public``) only what is published, without its evidence. Drafts are in neither."""

    municipality: str
    region: str
    starts_on: dt.date
    ends_on: dt.date
    counted_on: dt.date
    is_public: bool
    by_status: tuple[Count, ...]
    actions: tuple[ActionLine, ...]

    @property
    def total(self) -> int:
        return len(self.actions)

    @property
    def overdue(self) -> int:
        return sum(action.overdue for action in self.actions)

    @property
    def milestones(self) -> tuple[int, int]:
        """Done, and all."""
        rows = [row for action in self.actions for row in action.milestones]
        return sum(row.done_on is not None for row in rows), len(rows)

    @property
    def evidence(self) -> int:
        return sum(len(action.evidence) for action in self.actions)


def municipal_actions(municipality: Municipality, period: Period, *, public: bool = False) -> MunicipalActions:
    """Six queries, however many actions there are."""
    found = Action.objects.published() if public else Action.objects.ever_sent()
    found = found.filter(period.touches("starts_on", "ends_on"), municipality=municipality)
    rows = [
        _line(action, public)
        for action in found.for_lists()
        .order_by("starts_on", "pk")
        .prefetch_related(
            "milestones",
            Prefetch("indicators", Indicator.objects.prefetch_related("readings")),
            Prefetch("evidence", Evidence.objects.with_subject().order_by("created_at", "pk")),
            "emission_estimates",
        )
    ]
    counted = Counter(row.status for row in rows)
    labels = [str(label) for label in ActionStatus.labels]
    assert period.starts_on is not None
    assert period.ends_on is not None
    return MunicipalActions(
        municipality=municipality.name,
        region=municipality.region.name,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        counted_on=timezone.localdate(),
        is_public=public,
        by_status=tuple(
            Count(code, label, counted[label])
            for code, label in zip(ActionStatus.values, labels, strict=True)
            if counted[label]
        ),
        actions=tuple(rows),
    )


def _line(action: Action, public: bool) -> ActionLine:
    return ActionLine(
        uid=str(action.uid),
        title=action.title,
        kind=action.get_kind_display(),
        sector=action.sector.label,
        pathway=action.pathway.label,
        status=action.get_status_display(),
        review=action.get_review_state_display(),
        starts_on=action.starts_on,
        ends_on=action.ends_on,
        overdue=action.is_overdue,
        progress=action.progress,
        people=action.beneficiaries_total,
        milestones=tuple(MilestoneLine(row.title, row.due_on, row.done_on) for row in action.milestones.all()),
        indicators=tuple(_indicator(row) for row in action.indicators.all()),
        evidence=()
        if public
        else tuple(
            EvidenceLine(row.title, row.subject, timezone.localdate(row.created_at)) for row in action.evidence.all()
        ),
        estimates=tuple(_estimate(row) for row in action.emission_estimates.all()),
    )


def _indicator(indicator: Any) -> IndicatorLine:
    readings = list(indicator.readings.all())
    latest = readings[-1] if readings else None
    return IndicatorLine(
        indicator.name,
        indicator.unit,
        _plain(indicator.baseline),
        _plain(indicator.target) or "",
        _plain(latest.value) if latest else None,
        latest.date if latest else None,
        indicator.share_reached(latest.value if latest else None),
    )


def _plain(value: Any) -> str | None:
    return None if value is None else f"{value.normalize():,f}"


def _estimate(row: Any) -> EstimateLine:
    period = _("por año")
    if row.kind == EstimateKind.ACHIEVED:
        period = f"{date_format(row.starts_on, 'SHORT_DATE_FORMAT')} – {date_format(row.ends_on, 'SHORT_DATE_FORMAT')}"
    source = f"{row.factor_name} ({row.factor_year})" if row.factor_name else row.method
    return EstimateLine(
        row.get_kind_display(), row.activity, period, _plain(row.tonnes) or "", source, row.factor_evidence
    )


# --- As lines of a table, and as a page


def action_rows(figures: MunicipalActions) -> list[list[str | int | Decimal]]:
    """Every printed fact, a row each, with the head of the figures' CSV; unknown is an empty cell."""
    unit = _("acciones")
    rows: list[list[str | int | Decimal]] = [
        [_("Acciones climáticas"), "", _("Acciones"), _("acciones"), figures.total, "", ""]
    ]
    rows += [
        [_("Acciones por situación"), count.code, count.label, unit, count.count, figures.total, ""]
        for count in figures.by_status
    ]
    for action in figures.actions:
        rows += [[action.title, action.uid, *facts] for facts in _facts(action)]
    return rows


def _facts(action: ActionLine) -> Iterator[tuple[str, str, str | int, str, str]]:
    """Label, measure, value, of what, note."""
    unknown = _("sin dato")
    yield _("Situación"), action.status, "", "", action.review
    yield _("Avance"), "%", *_known(action.progress, unknown)
    yield _("Personas beneficiadas"), _("personas"), *_known(action.people, unknown)
    for milestone in action.milestones:
        yield _("Hito: %(title)s") % {"title": milestone.title}, _("se cumplió el"), "", "", _day(milestone.done_on)
    for row in action.indicators:
        yield row.name, row.unit, row.latest or "", row.target, _day(row.latest_on)
    for evidence in action.evidence:
        yield _("Evidencia"), evidence.title, "", "", _day(evidence.added_on)
    for estimate in action.estimates:
        measure = f"{estimate.kind}, {estimate.period}, tCO₂e"
        yield estimate.activity, measure, estimate.tonnes, "", f"{estimate.source} {estimate.grade}".strip()


def _known(value: int | None, unknown: str) -> tuple[str | int, str, str]:
    return ("", "", unknown) if value is None else (value, "", "")


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else _("sin dato")


def action_changes(old: MunicipalActions, new: MunicipalActions) -> tuple[Change, ...]:
    return differing(*([_printed(row) for row in action_rows(one)] for one in (old, new)))


def _printed(row: list[str | int | Decimal]) -> tuple[tuple[str, ...], tuple[str, str, str, str]]:
    table, uid, label, measure, value, of, note = (str(cell) for cell in row)
    said = _("%(value)s de %(of)s") % {"value": value, "of": of} if of else value
    return (uid or table, label, measure), (table, label, measure, " · ".join(filter(None, (said, note))))


def action_context(figures: MunicipalActions) -> dict[str, Any]:
    """What ``templates/pdf/reports/actions.html`` prints, besides what every report prints."""
    bars = [charts.Bar(count.label, count.count) for count in figures.by_status]
    title = _("Acciones por situación")
    return {
        "figures": figures,
        "chart": charts.bars("situacion", title, bars, unit=_("Acciones"), category=_("Situación")) if bars else None,
    }
