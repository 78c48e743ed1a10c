"""How staff write events and series: one verb each, all or nothing, with the version that was read checked."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.enums import EventStatus
from events.models import (
    Event,
    EventOrganiser,
    Format,
    GuidingQuestion,
    Material,
    SeatPool,
    Series,
    SeriesOrganiser,
    Speaker,
)
from events.services import notices, registration
from events.services.institutions import institutions_named
from events.services.rows import Row, sync_rows
from network.models import User
from web.search import search_text

FIELDS = (
    "title", "title_en", "format", "series", "number_in_series", "follows_up", "topic", "summary", "objectives",
    "first_day", "start_time", "last_day", "end_time", "time_zone", "second_time_zone",
    "modality", "venue", "address", "municipality", "meeting_url", "pathway",
    "registration_enabled", "registration_opens_at", "registration_closes_at", "waiting_list_enabled",
    "results_summary", "headcount", "note", "source",
)  # fmt: skip
MANY = ("linked_pathways", "sectors", "sdgs")
# What a person who will attend must be told when it changes.
MOVES = (
    "starts_at",
    "ends_at",
    "first_day",
    "last_day",
    "modality",
    "venue",
    "address",
    "municipality_id",
    "meeting_url",
)


class StaleVersion(Exception):
    """Somebody saved since the form was read. ``current`` is what is stored now."""

    def __init__(self, current: models.Model) -> None:
        super().__init__("stale version")
        self.current = current


def moment(day: date, wall_time: time, zone: str) -> datetime:
    """The moment in UTC of a wall time in a zone.

    A time that the clocks skip does not exist and raises ``ValueError``; of one that happens twice the first is meant
    (``fold=0``), as calendars do (RFC 5545, 3.3.5).
    """
    local = datetime.combine(day, wall_time, tzinfo=ZoneInfo(zone))
    utc = local.astimezone(UTC)
    if utc.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError(f"{local:%Y-%m-%d %H:%M} does not exist in {zone}")
    return utc


def next_number(series: Series, format: Format, *, besides: Event | None = None) -> int:
    """The number a new session of this format would have in the series: one more than the highest."""
    sessions = Event.objects.filter(series=series, format=format)
    if besides is not None:
        sessions = sessions.exclude(pk=besides.pk)
    return (sessions.aggregate(highest=Max("number_in_series"))["highest"] or 0) + 1


@transaction.atomic
def save_event(*, event: Event | None, data: Row, by: User | None, reason: str = "") -> Event:
    """Create or change an event; only what ``data`` names is touched.

    ``data`` holds fields of :class:`Event` and, where given whole: ``organisers`` (organisation or its name, role),
    ``speakers``,
    ``guiding_questions``, ``materials`` (rows with ``id`` keep theirs), ``capacity`` (everybody's seats, None for no
    limit) and ``seat_pools`` (seats kept for a modality or a municipality). ``version`` is the one that was read: a
    different one stored raises :class:`StaleVersion`. Wrong data raises ``ValidationError`` by field.

    Saving without changing anything leaves ``sequence``, ``revised_at`` and history as they are. A published event that
    moved tells everyone registered; more seats are handed to the waiting list at once.
    """
    created = event is None
    event = Event() if event is None else Event.objects.select_for_update().get(pk=event.pk)
    if created:
        event.created_by = by
    elif data.get("version") not in (None, event.version):
        raise StaleVersion(event)
    before = _snapshot(event)

    for name in FIELDS:
        if name in data:
            setattr(event, name, data[name])
    _number(event, data, created=created)
    _write_moments(event)
    if not event.published_at:
        event.slug = _free_slug(event)
    after = _snapshot(event)
    changed = after != before
    moved = not created and any(after[name] != before[name] for name in MOVES)
    if not created and any(after[name] != before[name] for name in ("first_day", "starts_at")):
        event.start_revision += 1
    event.validate_constraints()

    if created:
        event.save_without_historical_record()  # type: ignore[attr-defined]
    changed |= _set_many(event, data) | _set_parts(event, data)
    more_seats = _set_seats(event, data, created=created)
    if created or changed or more_seats is not None:
        _save(event, by=by, reason=reason, created=created)
    if event.status == EventStatus.PUBLISHED:
        if moved and not event.is_over:
            notices.queue_moved(event, by=by)
        if more_seats:
            registration.promote_waiting(event)
    return event


@transaction.atomic
def publish_event(*, event: Event, by: User | None) -> Event:
    """Show a draft to everybody. Publishing twice changes nothing; a cancelled event stays cancelled."""
    event = Event.objects.select_for_update().get(pk=event.pk)
    if event.status == EventStatus.PUBLISHED:
        return event
    if event.status == EventStatus.CANCELLED:
        raise ValidationError(_("Un evento cancelado no se vuelve a publicar: programe uno nuevo."))
    event.status = EventStatus.PUBLISHED
    event.published_at = timezone.now()
    _save(event, by=by, reason=_("Publicado"))
    return event


@transaction.atomic
def cancel_event(*, event: Event, reason: str, by: User | None) -> Event:
    """Call a published event off: it stays visible as cancelled and everyone registered is told why."""
    event = Event.objects.select_for_update().get(pk=event.pk)
    if event.status == EventStatus.CANCELLED:
        return event
    if event.status == EventStatus.DRAFT:
        raise ValidationError(_("Un borrador no se cancela: se borra."))
    event.status = EventStatus.CANCELLED
    event.cancelled_at = timezone.now()
    event.cancellation_reason = reason
    _save(event, by=by, reason=_("Cancelado: {reason}").format(reason=reason))
    notices.queue_cancelled(event, by=by)
    return event


@transaction.atomic
def delete_draft(*, event: Event, by: User | None) -> None:
    """Remove a draft that nobody depends on; history keeps that it existed."""
    event = Event.objects.select_for_update().get(pk=event.pk)
    if event.status != EventStatus.DRAFT:
        raise ValidationError(_("Solo se borran borradores: un evento publicado se cancela."))
    if event.registrations.exists() or event.attendances.exists():
        raise ValidationError(_("Este borrador ya tiene personas anotadas: no se puede borrar."))
    for material in event.materials.exclude(file=""):
        _forget_file(material)
    event._history_user = by  # type: ignore[attr-defined]
    try:
        event.delete()
    except models.ProtectedError as error:
        raise ValidationError(_("Este borrador es sesión de una capacitación: quítelo de ella primero.")) from error


@transaction.atomic
def save_series(*, series: Series | None, data: Row, by: User | None) -> Series:
    """Create or change a series with its organisers by role. Its address does not change once it has a session."""
    created = series is None
    series = Series() if series is None else Series.objects.select_for_update().get(pk=series.pk)
    for name in ("title", "title_en", "summary", "planned_sessions", "topics", "period", "note", "source"):
        if name in data:
            setattr(series, name, data[name])
    if created or not series.events.exists():
        series.slug = free_slug(Series.objects.exclude(pk=series.pk), series.title)
    series._history_user = by  # type: ignore[attr-defined]
    series.save()
    if "organisers" in data:
        _sync_organisers(SeriesOrganiser, {"series": series}, data["organisers"])
    return series


def free_slug(others: models.QuerySet[Any], text: str, *, length: int = 200) -> str:
    """An address made of the text that none of the others has."""
    base = slugify(text)[:length].strip("-") or "sin-titulo"
    taken = set(others.filter(Q(slug=base) | Q(slug__startswith=f"{base}-")).values_list("slug", flat=True))
    return next(slug for slug in _candidates(base) if slug not in taken)


def _candidates(base: str) -> Iterable[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


def _free_slug(event: Event) -> str:
    return free_slug(Event.objects.exclude(pk=event.pk), event.title)


def _snapshot(event: Event) -> dict[str, Any]:
    """What can change, by column."""
    columns = [field.attname for field in Event._meta.concrete_fields if field.name in FIELDS]
    return {name: getattr(event, name) for name in (*columns, "starts_at", "ends_at")}


def _number(event: Event, data: Row, *, created: bool) -> None:
    """A new session of a series without a number gets the next of its format; out of a series there is no number."""
    if event.series is None:
        event.number_in_series = None
    elif created and data.get("number_in_series") is None and "number_in_series" in data:
        event.number_in_series = next_number(event.series, event.format)


def _write_moments(event: Event) -> None:
    """Write ``starts_at`` and ``ends_at`` from what was typed (PRODUCT rule 7)."""
    event.starts_at = event.ends_at = None
    if event.first_day is None:
        if event.start_time or event.last_day or event.end_time:
            raise ValidationError({"first_day": _("Para poner hora o último día hace falta el día.")})
        return
    event.last_day = event.last_day or event.first_day
    if event.last_day < event.first_day:
        raise ValidationError({"last_day": _("El evento termina antes de empezar: revise los días.")})
    if event.end_time and not event.start_time:
        raise ValidationError({"start_time": _("Escriba también la hora de inicio.")})
    if event.start_time:
        event.starts_at = _moment_or_error(event.first_day, event.start_time, event.time_zone, field="start_time")
    if event.end_time:
        event.ends_at = _moment_or_error(event.last_day, event.end_time, event.time_zone, field="end_time")
        if event.starts_at and event.ends_at <= event.starts_at:
            raise ValidationError({"end_time": _("El evento termina antes de empezar: revise las horas.")})


def _moment_or_error(day: date, wall_time: time, zone: str, *, field: str) -> datetime:
    try:
        return moment(day, wall_time, zone)
    except ValueError as error:
        message = _("Esa hora no existe ese día en la zona {zone}: los relojes se adelantan.").format(zone=zone)
        raise ValidationError({field: message}) from error


def _set_many(event: Event, data: Row) -> bool:
    changed = False
    for name in MANY:
        if name not in data:
            continue
        wanted = {item.pk for item in data[name]}
        if name == "linked_pathways":
            wanted.discard(event.pathway_id)
        manager = getattr(event, name)
        if wanted != set(manager.values_list("pk", flat=True)):
            # One line of history for the whole change, written by _save.
            event.skip_history_when_saving = True  # type: ignore[attr-defined]
            manager.set(wanted)
            del event.skip_history_when_saving  # type: ignore[attr-defined]
            changed = True
    return changed


def _set_parts(event: Event, data: Row) -> bool:
    changed = False
    if "organisers" in data:
        changed |= _sync_organisers(EventOrganiser, {"event": event}, data["organisers"])
    if "speakers" in data:
        fields = ("name", "affiliation", "role", "consent_on")
        changed |= sync_rows(Speaker, {"event": event}, data["speakers"], fields, ordered=True)
    if "guiding_questions" in data:
        rows = data["guiding_questions"]
        changed |= sync_rows(GuidingQuestion, {"event": event}, rows, ("text", "answer"), ordered=True)
    if "materials" in data:
        changed |= _sync_materials(event, data["materials"])
    return changed


def _sync_organisers(model: type[Any], owner: dict[str, models.Model], rows: Sequence[Row]) -> bool:
    """Make the stored organisers those of ``rows``, in that order; the pair (institution, role) is what names a row."""
    named = institutions_named(row["organisation"] for row in rows if isinstance(row["organisation"], str))
    stored = {(row.organisation_id, row.role): row for row in model._default_manager.filter(**owner)}
    wanted = [(named.get(row["organisation"]) or row["organisation"], row["role"]) for row in rows]
    if len({(organisation.pk, role) for organisation, role in wanted}) < len(wanted):
        raise ValidationError(_("Una institución está dos veces con el mismo papel."))
    changed = False
    for order, (organisation, role) in enumerate(wanted):
        row = stored.pop((organisation.pk, role), None)
        if row is None:
            row = model(**owner, organisation=organisation, role=role, order=-1)
        if row.order != order or row.pk is None:
            row.order = order
            row.save()
            changed = True
    for row in stored.values():
        row.delete()
        changed = True
    return changed


def _sync_materials(event: Event, rows: Sequence[Row]) -> bool:
    """Materials: a row without a new file keeps the stored one, unless it now has a link."""
    kept = []
    for row in rows:
        values = dict(row)
        if not values.get("file"):
            values.pop("file", None)
            if values.get("url") and values.get("id"):
                values["file"] = ""
        else:
            values["url"] = ""
        kept.append(values)
    replaced = {row["id"] for row in kept if row.get("id") and "file" in row}
    for material in event.materials.filter(pk__in=replaced).exclude(file=""):
        _forget_file(material)
    return sync_rows(
        Material,
        {"event": event},
        kept,
        ("kind", "title", "file", "url", "language", "has_captions"),
        before_delete=_forget_file,
    )


def _forget_file(material: Material) -> None:
    """Delete a material's file once the change is stored."""
    if material.file:
        storage, name = material.file.storage, str(material.file.name)
        transaction.on_commit(lambda: storage.delete(name))


def _set_seats(event: Event, data: Row, *, created: bool) -> bool | None:
    """Write the pools of seats. True where somebody waiting may now have a place, None where nothing changed."""
    if not created and "capacity" not in data and "seat_pools" not in data:
        return None
    stored = {(pool.modality, pool.municipality_id): pool for pool in event.seat_pools.all()}
    wanted: dict[tuple[str, int | None], int | None] = {}
    if "capacity" in data or ("", None) not in stored:
        wanted["", None] = data.get("capacity")
    for row in data.get("seat_pools", ()):
        municipality = row.get("municipality")
        key = (row.get("modality") or "", municipality.pk if municipality else None)
        if key in wanted or key == ("", None):
            raise ValidationError(_("Dos cupos apartados son para el mismo grupo: deje uno solo."))
        wanted[key] = row["capacity"]
    changes = [_set_pool(event, stored.pop(key, None), key, capacity) for key, capacity in wanted.items()]
    if "seat_pools" in data:
        changes += [_drop_pool(pool) for key, pool in stored.items() if key != ("", None)]
    changes = [change for change in changes if change is not None]
    return any(changes) if changes else None


def _set_pool(event: Event, pool: SeatPool | None, key: tuple[str, int | None], capacity: int | None) -> bool | None:
    """Make or resize one pool. The UPDATE is conditional: seats taken meanwhile are never cut off."""
    if pool is None:
        SeatPool.objects.create(event=event, modality=key[0], municipality_id=key[1], capacity=capacity)
        return True
    if pool.capacity == capacity:
        return None
    fits = SeatPool.objects.filter(pk=pool.pk)
    if capacity is not None:
        fits = fits.filter(taken__lte=capacity)
    if not fits.update(capacity=capacity):
        pool.refresh_from_db()
        message = ngettext(
            "Ya hay {taken} lugar ocupado: el cupo no puede ser menor.",
            "Ya hay {taken} lugares ocupados: el cupo no puede ser menor.",
            pool.taken,
        ).format(taken=pool.taken)
        raise ValidationError({"capacity": message} if key == ("", None) else message)
    return pool.capacity is not None and (capacity is None or capacity > pool.capacity)


def _drop_pool(pool: SeatPool) -> bool:
    if pool.registrations.exists():
        raise ValidationError(
            _("Un cupo apartado con inscripciones no se puede quitar; sí se puede cambiar su número.")
        )
    pool.delete()
    return False


def _save(event: Event, *, by: User | None, reason: str, created: bool = False) -> None:
    """Store the row with the counters that follow a change, its search text and one line of history."""
    if not created:
        event.version += 1
        event.sequence += 1
    event.revised_at = timezone.now()
    organisers = [
        f"{row.organisation.name} {row.organisation.acronym}" for row in event.organisers.select_related("organisation")
    ]
    event.search_text = search_text(
        event.title, event.title_en, event.topic, event.summary, event.format.name,
        event.series.title if event.series else "", " ".join(organisers),
        event.municipality.name if event.municipality else "", event.venue,
    )  # fmt: skip
    event._history_user = by  # type: ignore[attr-defined]
    event._change_reason = reason[:100]  # type: ignore[attr-defined]
    event.save()
    if created:  # the row was stored before its pathways and sectors, which history must hold too
        event.history.filter(history_type="~").update(history_type="+")
