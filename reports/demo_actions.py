"""The demonstration's actions, each with the history it would have had, and the exchange board."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify

from actions import services as actions
from actions.enums import ActionStatus, EstimateKind, OutcomeKind, ProgressBasis, ReviewDecision, ReviewState
from actions.models import (
    ACCEPTED,
    Action,
    EmissionFactor,
    Evidence,
    ExchangePost,
    FollowUp,
    Hazard,
    Indicator,
    IndicatorReading,
    Milestone,
    Review,
)
from actions.registry import Thing
from events.models import Event
from municipalities.models import Municipality
from network.models import Pathway, Sector, User

EXCHANGE_FILE = Path(__file__).parent / "data" / "demo_exchange.yaml"
# The steps of two actions: name, weight, days after the start, whether it is met.
MILESTONES = {
    "Sustitución de luminarias en edificios municipales": [
        ("Inventario de luminarias y consumo", 15, 20, True),
        ("Compra por licitación", 30, 75, True),
        ("Palacio municipal y bibliotecas con luminarias nuevas", 30, 160, False),
        ("Mercados y unidades deportivas con luminarias nuevas", 25, 290, False),
    ],
    "Programa de separación de residuos en oficinas": [
        ("Contenedores en todas las oficinas", 5, 45, True),
        ("Personal capacitado", 2, 90, True),
        ("Primera medición de lo separado", 3, 300, False),
    ],
}
REVIEWED_IN = dt.timedelta(days=3)
# What was decided of an action in each state.
DECISIONS = {
    ReviewState.DRAFT: [],
    ReviewState.SUBMITTED: [ReviewDecision.SUBMITTED],
    ReviewState.RETURNED: [ReviewDecision.SUBMITTED, ReviewDecision.RETURNED],
    ReviewState.VALIDATED: [ReviewDecision.SUBMITTED, ReviewDecision.VALIDATED],
    ReviewState.PUBLISHED: [ReviewDecision.SUBMITTED, ReviewDecision.VALIDATED],
}


class Told(NamedTuple):
    """How the history tells a decision: whose it was, how long after the sending, and what it leaves."""

    by_staff: bool
    after: dt.timedelta
    reason: str
    state: ReviewState
    stamps: tuple[str, ...]


TOLD = {
    ReviewDecision.SUBMITTED: Told(False, dt.timedelta(), "Envío a revisión", ReviewState.SUBMITTED, ("submitted_at",)),
    ReviewDecision.RETURNED: Told(True, REVIEWED_IN, "Devuelta con observaciones", ReviewState.RETURNED, ()),
    ReviewDecision.VALIDATED: Told(
        True, REVIEWED_IN, "Validación y publicación", ReviewState.PUBLISHED, ("validated_at", "published_at")
    ),
}
ENDED = {
    ActionStatus.COMPLETED: "Cierre aceptado",
    ActionStatus.SUSPENDED: "Suspensión: {}",
    ActionStatus.CANCELLED: "Cancelación: {}",
}


def load_actions(rows: list[dict[str, Any]], by: User) -> None:
    """Store the actions that are not there yet, as reviewed by ``by``."""
    for number, row in enumerate(rows):
        _action(row, number, by)
    _estimates()


def _action(row: dict[str, Any], number: int, staff: User) -> None:
    municipality = Municipality.objects.get(cvegeo=row["municipality"])
    slug = slugify(f"{row['title']} {municipality.slug}")
    if Action.objects.filter(slug=slug).exists():
        return
    sector = Sector.objects.select_related("entry_pathway").get(code=row["sector"])
    pathway = sector.entry_pathway
    assert pathway is not None, "reference data give every sector its pathway"
    state = ReviewState(row.get("review", ReviewState.PUBLISHED))
    registered = timezone.now() - dt.timedelta(days=200 - 3 * number)
    description = (
        f"{row['title']} en {municipality.name}: la coordina {row['area']} con apoyo de la comunidad. "
        "Se revisa cada mes qué se hizo, qué faltó y quién lo resuelve."
    )
    action = Action(
        municipality=municipality,
        title=row["title"],
        slug=slug,
        kind=row["kind"],
        sector=sector,
        pathway=pathway,
        description=description,
        responsible_area=row["area"],
        place=municipality.seat,
        starts_on=row["starts"],
        ends_on=row["starts"] + dt.timedelta(days=row["days"]),
        budget=row.get("budget"),
        funding_source="Recursos propios" if "budget" in row else "",
        status=row["status"],
        progress=row.get("progress"),
        progress_basis=ProgressBasis.TYPED if "progress" in row else "",
        review_state=state,
        submitted_at=registered if state != ReviewState.DRAFT else None,
        status_reason=row.get("reason", ""),
        validated_at=registered + REVIEWED_IN if state in ACCEPTED else None,
        published_at=registered + REVIEWED_IN if state == ReviewState.PUBLISHED else None,
        created_by=User.objects.filter(person__designations__municipality=municipality).first(),
    )
    action.skip_history_when_saving = True  # type: ignore[attr-defined]  # it is told by _history, on the days it would have happened
    action.save()
    action.linked_pathways.set(sector.pathways.exclude(pk=pathway.pk))
    action.sdgs.set(sector.sdgs.all())
    action.hazards.set(Hazard.objects.filter(code__in=row.get("hazards", [])))
    indicator = None
    if "indicator" in row:
        name, unit, baseline, target, _value = row["indicator"]
        indicator = Indicator.objects.create(action=action, name=name, unit=unit, baseline=baseline, target=target)
    if row["status"] != ActionStatus.PLANNED and "progress" in row:
        _follow_ups(action, row["progress"], indicator, row["indicator"][4] if indicator else None)
    _milestones(action)
    action.follow_up_due_on = action.next_follow_up()
    decisions = DECISIONS[state]
    for decision in decisions:
        sent = decision == ReviewDecision.SUBMITTED
        comment = row.get("comment", "") if decision == ReviewDecision.RETURNED else ""
        step = Review.objects.create(
            action=action, decision=decision, comment=comment, created_by=action.created_by if sent else staff
        )
        decided = registered if sent else registered + REVIEWED_IN
        Review.objects.filter(pk=step.pk).update(created_at=decided)  # as told everywhere else on the action's page
    del action.skip_history_when_saving  # type: ignore[attr-defined]
    _history(action, registered, staff)


def _history(action: Action, registered: dt.datetime, staff: User) -> None:
    """The versions that the services would have left: recorded, sent, reviewed, each follow-up, and how it ended."""
    liaison = action.created_by
    names = ("review_state", "status", "status_reason", "progress", "submitted_at", "validated_at", "published_at")
    last = {name: getattr(action, name) for name in names}
    first = dict.fromkeys(names) | {
        "review_state": ReviewState.DRAFT,
        "status": last["status"] if last["status"] == ActionStatus.PLANNED else ActionStatus.UNDER_WAY,
        "status_reason": "",
    }
    recorded = registered - dt.timedelta(days=1)
    steps: list[tuple[dt.datetime, User | None, str, dict[str, Any]]] = [
        (recorded, liaison, "Registro de la acción", first)
    ]
    for decision in DECISIONS[last["review_state"]]:
        told = TOLD[decision]
        moment = registered + told.after
        by = staff if told.by_staff else liaison
        values = {"review_state": told.state} | dict.fromkeys(told.stamps, moment)
        steps.append((moment, by, told.reason, values))
    known = steps[-1][0]
    for follow_up in action.follow_ups.order_by("date"):
        known = max(known + dt.timedelta(hours=2), _noon(follow_up.date))
        reason = f"Seguimiento del {date_format(follow_up.date, 'DATE_FORMAT')}"
        steps.append((known, liaison, reason, {"progress": follow_up.progress}))
        IndicatorReading.history.filter(follow_up_id=follow_up.pk).update(history_date=known)
        Evidence.objects.filter(follow_up=follow_up).update(created_at=known + dt.timedelta(milliseconds=1))
    if last["status"] in ENDED:
        steps.append((known + dt.timedelta(hours=2), staff, ENDED[last["status"]].format(last["status_reason"]), {}))
    steps[-1][3].update(last)
    for model in (Indicator, Milestone):
        model.history.filter(action_id=action.pk).update(history_date=recorded)
    for moment, by, reason, values in steps:
        for name, value in values.items():
            setattr(action, name, value)
        action._history_date, action._history_user, action._change_reason = moment, by, reason[:100]  # type: ignore[attr-defined]
        action.save()
    del action._history_date  # type: ignore[attr-defined]
    action.history.filter(history_date=recorded).update(history_type="+")


def _noon(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


def _milestones(action: Action) -> None:
    """The steps of two of the actions; their progress follows from them."""
    for order, (name, weight, days, met) in enumerate(MILESTONES.get(action.title, [])):
        day = min(action.starts_on + dt.timedelta(days=days), timezone.localdate())
        Milestone.objects.create(
            action=action, title=name, weight=weight, order=order, done_on=day if met else None,
            due_on=action.starts_on + dt.timedelta(days=days),
        )  # fmt: skip
    if action.title in MILESTONES:
        action.progress_basis = ProgressBasis.MILESTONES
        actions.restate(action)


def _follow_ups(action: Action, progress: int, indicator: Indicator | None, value: float | None) -> None:
    """Two reports: half way, and where it stands now."""
    today = timezone.localdate()
    span = max((min(today, action.ends_on or today) - action.starts_on).days, 2)
    texts = (
        "Arrancamos: se formó el equipo y se acordó el calendario.",
        "Avanza según lo previsto; se adjunta evidencia.",
    )
    for share, text in zip((0.4, 0.9), texts, strict=True):
        day = action.starts_on + dt.timedelta(days=int(span * share))
        now = round(progress * (share + 0.1))
        follow_up = FollowUp.objects.create(
            action=action, date=day, progress=now, status=action.status, text=text, created_by=action.created_by,
            progress_reason="" if indicator is not None else "Según el calendario de trabajo.",
        )  # fmt: skip
        if indicator is not None and value is not None:
            # As the portal works it out from the reading.
            done = (Decimal(str(value)) - Decimal(indicator.baseline or 0)) * Decimal(str(round(share + 0.1, 1)))
            reading = Decimal(indicator.baseline or 0) + done
            IndicatorReading.objects.create(
                indicator=indicator, follow_up=follow_up, date=day, value=reading, source="Conteo del área (inventado)"
            )
            follow_up.progress = indicator.share_reached(reading) or 0
            follow_up.save()
    Evidence.objects.create(
        action=action,
        follow_up=follow_up,
        title="Álbum de fotografías",
        url=f"https://documentos.example/evidencia/{action.slug}",
        created_by=action.created_by,
    )
    action.progress, action.last_follow_up_on = follow_up.progress, follow_up.date
    action.progress_basis = ProgressBasis.TYPED if indicator is None else ProgressBasis.INDICATORS


def _estimates() -> None:
    """One computed with a cited factor, expected and achieved, and one typed with its method."""
    lights = Action.objects.filter(title="Sustitución de luminarias en edificios municipales").first()
    factor = EmissionFactor.objects.filter(code="mx-grid-2024").first()
    if lights is not None and factor is not None and not lights.emission_estimates.exists():
        for kind, amount, period in (
            (EstimateKind.EXPECTED, 310_000, (None, None)),
            (EstimateKind.ACHIEVED, 46_500, (lights.starts_on, lights.starts_on + dt.timedelta(days=90))),
        ):
            values = actions.EstimateValues(
                kind=kind, activity="Electricidad que dejan de usar las luminarias sustituidas (cifra inventada)",
                factor=factor, activity_value=Decimal(amount), activity_unit="kWh", starts_on=period[0],
                ends_on=period[1],
            )  # fmt: skip
            actions.add_estimate(action=lights, values=values, by=lights.created_by)
    compost = Action.objects.filter(title="Composta con residuos del mercado municipal").first()
    if compost is not None and not compost.emission_estimates.exists():
        values = actions.EstimateValues(
            kind=EstimateKind.EXPECTED, activity="Metano que no se forma en el relleno sanitario", tonnes=Decimal(84),
            method="Cálculo inventado para la demostración: toneladas compostadas por un valor de ejemplo.",
        )  # fmt: skip
        actions.add_estimate(action=compost, values=values, by=compost.created_by)


def load_exchange(staff: User) -> None:
    """The exchange board, its conversations and comments on actions; written once."""
    if ExchangePost.objects.exists():
        return
    content = yaml.safe_load(EXCHANGE_FILE.read_text(encoding="utf-8"))
    today = timezone.localdate()
    places = Municipality.objects.in_bulk(field_name="cvegeo")
    sectors = {row.code: row for row in Sector.objects.select_related("entry_pathway")}
    published = {row.title: row for row in Action.objects.published()}
    writers = {
        places[key]: User.objects.get(email=email)
        for key, email in (("15106", "enlace@demo.example"), ("15099", "enlace2@demo.example"))
    }
    posts = {}
    for row in content["posts"]:
        place, sector = places[row["municipality"]], sectors[row["sector"]]
        values = {
            "kind": row["kind"], "title": row["title"], "text": row["text"], "sector": sector,
            "pathway": sector.entry_pathway or Pathway.objects.all()[0],
            "until": today + dt.timedelta(days=row["days"]), "action": published.get(row.get("action", "")),
        }  # fmt: skip
        posts[row["title"]] = actions.save_post(post=None, municipality=place, values=values, by=writers.get(place))
    for row in content["threads"]:
        post, asking = posts[row["post"]], places[row["municipality"]]
        sides = (asking, post.municipality)
        thread = actions.write_first(post=post, municipality=asking, text=row["texts"][0], by=writers[asking])
        for turn, text in enumerate(row["texts"][1:], 1):
            actions.write(thread=thread, municipality=sides[turn % 2], text=text, by=writers[sides[turn % 2]])
        if row.get("matched"):
            by = writers[post.municipality]
            actions.match_post(post=post, municipality=asking, on=today, note=row["matched"], version=None, by=by)
        event = Event.objects.published().filter(title__icontains=row["outcome"]).first() if "outcome" in row else None
        if event is not None:
            thing = Thing(event.slug, event.title)
            actions.add_outcome(post=post, kind=OutcomeKind.EVENT, thing=thing, by=writers[asking])
    for row in content["comments"]:
        place = places[row["municipality"]]
        comment = actions.add_comment(
            action=published[row["action"]], municipality=place, text=row["text"], by=writers[place]
        )
        if row.get("approved"):
            actions.approve_comment(comment=comment, read_at=None, by=staff)
