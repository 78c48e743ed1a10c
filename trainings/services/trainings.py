"""How staff write trainings: their targets, and the events that are their sessions."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.services.editing import StaleVersion, free_slug
from events.services.institutions import institutions_named
from events.services.rows import Row, sync_rows
from network.models import User
from trainings.models import Facilitator, Training, TrainingSession, TrainingTarget
from trainings.services.enrolment import hand_out
from web.search import search_text

FIELDS = (
    "title", "objective", "format", "modality", "scope", "hours", "pathway", "topics", "takes_enrolments", "capacity",
    "min_minutes_share", "min_sessions_share", "min_score", "note", "source",
)  # fmt: skip
FACILITATOR = ("name", "affiliation", "consent_on")
TARGET = ("organisation", "people", "people_virtual", "people_in_person", "women", "men", "note")


@transaction.atomic
def save_training(*, training: Training | None, data: Row, by: User | None, reason: str = "") -> Training:
    """Create or change a training; only what ``data`` names is touched.

    Given whole where given: ``linked_pathways``, ``targets`` (rows with ``id`` keep theirs; ``organisation`` is one or
    its name, added if unknown), ``facilitators`` and ``sessions`` (rows with an ``event``). ``version`` is the one that
    was read: a different one stored raises :class:`StaleVersion`. Wrong data raises ``ValidationError``.
    """
    created = training is None
    training = Training() if training is None else Training.objects.select_for_update().get(pk=training.pk)
    if created:
        training.created_by = by
    elif "version" in data and data["version"] != training.version:
        raise StaleVersion(training)
    before = _snapshot(training)
    for name in FIELDS:
        if name in data:
            setattr(training, name, data[name])
    training.validate_constraints()
    changed = _snapshot(training) != before
    if not training.is_published:
        training.slug = free_slug(Training.objects.exclude(pk=training.pk), training.title)
    if created:
        training.save_without_historical_record()  # type: ignore[attr-defined]
    changed |= _set_pathways(training, data) | _set_targets(training, data) | _set_sessions(training, data)
    if "facilitators" in data:
        changed |= sync_rows(Facilitator, {"training": training}, data["facilitators"], FACILITATOR, ordered=True)
    if created or changed:
        _save(training, by=by, reason=reason, created=created)
        hand_out(training)  # the capacity may have grown
    return training


@transaction.atomic
def publish_training(*, training: Training, by: User | None) -> Training:
    """Show a training to everybody. Publishing twice changes nothing."""
    return _show(training, True, by=by, reason=_("Publicada"))


@transaction.atomic
def withdraw_training(*, training: Training, by: User | None) -> Training:
    """Take a training off the public pages; nothing of it is lost."""
    return _show(training, False, by=by, reason=_("Retirada de lo público"))


@transaction.atomic
def delete_training(*, training: Training, by: User | None) -> None:
    """Remove a training that is not public, with its targets; its events stay."""
    training = Training.objects.select_for_update().get(pk=training.pk)
    if training.is_published:
        raise ValidationError(_("Una capacitación publicada no se borra: retírela primero."))
    if training.enrolments.exists():
        raise ValidationError(_("Hubo personas inscritas: esta capacitación no se borra."))
    training._history_user = by  # type: ignore[attr-defined]
    training.delete()


def _show(training: Training, published: bool, *, by: User | None, reason: str) -> Training:
    training = Training.objects.select_for_update().get(pk=training.pk)
    if training.is_published != published:
        training.is_published = published
        _save(training, by=by, reason=reason)
    return training


def _snapshot(training: Training) -> dict[str, Any]:
    columns = [field.attname for field in Training._meta.concrete_fields if field.name in FIELDS]
    return {name: getattr(training, name) for name in columns}


def _set_pathways(training: Training, data: Row) -> bool:
    if "linked_pathways" not in data:
        return False
    wanted = {pathway.pk for pathway in data["linked_pathways"]} - {training.pathway_id}
    if wanted == set(training.linked_pathways.values_list("pk", flat=True)):
        return False
    # One line of history for the whole change, written by _save.
    training.skip_history_when_saving = True  # type: ignore[attr-defined]
    training.linked_pathways.set(wanted)
    del training.skip_history_when_saving  # type: ignore[attr-defined]
    return True


def _set_targets(training: Training, data: Row) -> bool:
    if "targets" not in data:
        return False
    rows = [dict(row) for row in data["targets"]]
    named = institutions_named(row["organisation"] for row in rows if isinstance(row["organisation"], str))
    for row in rows:
        row["organisation"] = named.get(row["organisation"], row["organisation"])
        TrainingTarget(training=training, **{name: row[name] for name in TARGET if name in row}).validate_constraints()
    return sync_rows(TrainingTarget, {"training": training}, rows, TARGET)


def _set_sessions(training: Training, data: Row) -> bool:
    """The sessions are named by their event: the order is that of the rows."""
    if "sessions" not in data:
        return False
    events = [row["event"] for row in data["sessions"]]
    if len(set(events)) < len(events):
        raise ValidationError(_("Un evento está dos veces entre las sesiones."))
    stored = dict(training.sessions.values_list("event", "pk"))
    rows: Sequence[Row] = [{"id": stored.get(event.pk), "event": event} for event in events]
    return sync_rows(TrainingSession, {"training": training}, rows, ("event",), ordered=True)


def _save(training: Training, *, by: User | None, reason: str, created: bool = False) -> None:
    if not created:
        training.version += 1
    training.search_text = _search_text(training, training.targets.select_related("organisation"))
    training._history_user = by  # type: ignore[attr-defined]
    training._change_reason = reason[:100]  # type: ignore[attr-defined]
    training.save()
    if created:  # the row was stored before its pathways, which history must hold too
        training.history.filter(history_type="~").update(history_type="+")


@transaction.atomic
def rewrite_search_texts() -> None:
    """Write anew what every training is found by, as another version or another name of its parts has it."""
    trainings = (
        Training.objects.select_for_update(of=("self",))
        .select_related("format")
        .prefetch_related("targets__organisation")
    )
    for training in trainings:
        training.search_text = _search_text(training, training.targets.all())
    Training.objects.bulk_update(trainings, ["search_text"], batch_size=200)


def _search_text(training: Training, targets: Iterable[TrainingTarget]) -> str:
    said = [training.title, training.topics, training.format.name, training.format.name_en]
    return search_text(*said, *(row.organisation.full_name for row in targets), training.objective)
