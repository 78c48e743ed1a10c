"""How staff write events and series: one verb each, all or nothing, with the version that was read checked."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Max, Q
from django.utils import timezone, translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.enums import EventStatus
from events.models import (
    Agreement,
    Event,
    EventOrganiser,
    Format,
    GuidingQuestion,
    Material,
    Registration,
    SeatPool,
    Series,
    SeriesOrganiser,
    Speaker,
)
from events.services import library, notices, registration, seats
from events.services.entries import BATCH, write_entries
from events.services.institutions import institutions_named
from events.services.rows import Row, StaleVersion, fingerprint, sync_rows
from network.enums import Modality
from network.models import User
from web.search import search_text

FIELDS = (
    "title", "title_en", "format", "series", "number_in_series", "follows_up", "topic", "summary", "objectives",
    "first_day", "start_time", "last_day", "end_time", "time_zone", "second_time_zone",
    "modality", "venue", "address", "municipality", "meeting_url", "pathway",
    "registration_enabled", "registration_opens_at", "registration_closes_at", "waiting_list_enabled",
    "offer_hours", "admission", "confirms_email",
    "results_summary", "headcount", "note", "source", "responsible",
)  # fmt: skip
SERIES_FIELDS = ("title", "title_en", "summary", "planned_sessions", "topics", "period", "note", "source")
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


def check_number(series: Series, format: Format, number: int, *, besides: Event | None = None) -> None:
    """Raise ``ValidationError`` where another session of this format in the series has the number."""
    others = Event.objects.filter(series=series, format=format, number_in_series=number)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    holder = others.first()
    if holder is not None:
        message = _("El número {number} ya lo tiene «{title}» en este ciclo. El siguiente libre es el {free}.")
        free = next_number(series, format, besides=besides)
        raise ValidationError({"number_in_series": message.format(number=number, title=holder.title, free=free)})


@transaction.atomic
def save_event(*, event: Event | None, data: Row, by: User | None, reason: str = "") -> Event:
    """Create or change an event; only what ``data`` names is touched.

    ``data`` holds fields of :class:`Event` and, where given whole: ``organisers`` (organisation or its name, role),
    ``speakers``, ``guiding_questions``, ``agreements``, ``materials`` (rows with ``id`` keep theirs), ``answers`` (each
    to the guiding question of its ``id``; those of others stay), ``capacity``
    (everybody's seats, None for no limit) and ``seat_pools`` (seats kept for a modality or a municipality, the latter
    until ``release_on``). A new event takes ``uid``. ``version`` is the one that was read: a different one stored
    raises :class:`StaleVersion`. Wrong data raises ``ValidationError`` by field.

    Saving without changing anything leaves ``sequence``, ``revised_at`` and history as they are. A published event that
    moved tells everyone registered; more seats are handed to the waiting list at once.
    """
    created = event is None
    event = Event() if event is None else Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    if created:
        event.created_by = by
        event.uid = data.get("uid") or event.uid
    elif "version" in data and data["version"] != event.version:
        raise StaleVersion(event)
    before = _snapshot(event)

    _write_fields(event, data, created=created)
    _check_registration(event, before)
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
def publish_event(*, event: Event, by: User | None, reason: str = "") -> Event:
    """Show a draft to everybody. Publishing twice changes nothing; a cancelled event stays cancelled."""
    event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    if event.status == EventStatus.PUBLISHED:
        return event
    if event.status == EventStatus.CANCELLED:
        raise ValidationError(_("Un evento cancelado no se vuelve a publicar: programe uno nuevo."))
    event.status = EventStatus.PUBLISHED
    event.published_at = timezone.now()
    _save(event, by=by, reason=reason or _("Publicado"))
    return event


@transaction.atomic
def cancel_event(*, event: Event, reason: str, by: User | None) -> Event:
    """Call a published event off: it stays visible as cancelled and everyone registered is told why."""
    event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    if event.status == EventStatus.CANCELLED:
        return event
    if event.status == EventStatus.DRAFT:
        raise ValidationError(_("Un borrador no se cancela: se borra."))
    event.status = EventStatus.CANCELLED
    event.cancelled_at = timezone.now()
    event.cancellation_reason = reason
    seats.hold_seats(event.pk)  # whoever registers at this moment is told, or refused
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
    if event.agreements.exclude(action=None).exists():
        raise ValidationError(_("Un acuerdo de este borrador ya es una acción: no se puede borrar."))
    for material in event.materials.exclude(file=""):
        _forget_file(material)
    event._history_user = by  # type: ignore[attr-defined]
    try:
        event.delete()
    except models.ProtectedError as error:
        raise ValidationError(_("Este borrador es sesión de una capacitación: quítelo de ella primero.")) from error


@transaction.atomic
def save_series(*, series: Series | None, data: Row, by: User | None) -> Series:
    """Create or change a series with its organisers by role. Its address does not change once it has a session.

    ``version`` is the one that was read (:func:`series_version`): a different one stored raises :class:`StaleVersion`.
    """
    created = series is None
    if series is not None:
        # What its events say of it changes too. Events are locked before their series, as when one is saved.
        sessions = Event.objects.select_for_update(no_key=True).filter(series=series)
        list(sessions.order_by("pk").values_list("pk", flat=True))
    series = Series(uid=data.get("uid")) if series is None else Series.objects.select_for_update().get(pk=series.pk)
    if not created and "version" in data and data["version"] != series_version(series):
        raise StaleVersion(series)
    said = (series.title, series.title_en, series.topics)
    for name in SERIES_FIELDS:
        if name in data:
            setattr(series, name, data[name])
    if created or not series.events.exists():
        series.slug = free_slug(Series.objects.exclude(pk=series.pk), series.title)
    series._history_user = by  # type: ignore[attr-defined]
    series.save()
    if "organisers" in data:
        _sync_organisers(SeriesOrganiser, {"series": series}, data["organisers"])
    if not created and (series.title, series.title_en, series.topics) != said:
        _tell_sessions(series)
    return series


def create_series_once(*, data: Row, by: User | None) -> Series:
    """``data["uid"]`` names the form that was opened: sent twice, it answers the first series."""
    try:
        with transaction.atomic():
            return save_series(series=None, data=data, by=by)
    except IntegrityError:
        twin = Series.objects.filter(uid=data["uid"]).first() if data.get("uid") else None
        if twin is None:
            raise
        return twin


@transaction.atomic
def delete_series(*, series: Series, by: User | None) -> None:
    """Remove a series without sessions; history keeps that it existed."""
    series = Series.objects.select_for_update().get(pk=series.pk)
    if series.events.exists():
        raise ValidationError(_("Este ciclo tiene sesiones: bórrelas o páselas a otro ciclo primero."))
    series._history_user = by  # type: ignore[attr-defined]
    series.delete()


def series_version(series: Series) -> str:
    """Which state of a series and its organisers was read."""
    organisers = list(series.organisers.values_list("organisation", "role")) if series.pk else []
    return fingerprint(organisers, *(getattr(series, name) for name in SERIES_FIELDS))


def _tell_sessions(series: Series) -> None:
    """Write anew what search, feeds and the library say of a series with each of its events."""
    parts = ("organisers__organisation", "sectors", "linked_pathways", "materials", "guiding_questions")
    events = list(series.events.with_entry_parts().prefetch_related(*parts))
    for event in events:
        event.revised_at = timezone.now()
        event.search_text = _search_text(event, event.organisers.all())
        write_entries(event)
    Event.objects.bulk_update(events, ["revised_at", "search_text", "vevent_es", "vevent_en"], batch_size=200)
    for event in events:
        library.keep(event)


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


def _write_fields(event: Event, data: Row, *, created: bool) -> None:
    for name in FIELDS:
        if name in data:
            setattr(event, name, data[name])
    if event.follows_up is not None and event.follows_up == event:
        raise ValidationError({"follows_up": _("Un evento no da seguimiento a sí mismo: elija otro, o ninguno.")})
    _number(event, data, created=created)
    _write_moments(event)


def _number(event: Event, data: Row, *, created: bool) -> None:
    """A new session of a series without a number gets the next of its format; out of a series there is no number.

    The series is held while a number is given, so that two who program at once do not get the same one.
    """
    if event.series is None:
        event.number_in_series = None
    elif not {"series", "format", "number_in_series"} & set(data):
        return
    else:
        Series.objects.select_for_update().get(pk=event.series.pk)
        if created and event.number_in_series is None and "number_in_series" in data:
            event.number_in_series = next_number(event.series, event.format)
        elif event.number_in_series is not None:
            check_number(event.series, event.format, event.number_in_series, besides=event)


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


def _check_registration(event: Event, before: Row) -> None:
    """Registration opens and closes before the event is over, and one that moves leaves no closing after its start."""
    opens, closes = event.registration_opens_at, event.registration_closes_at
    moved = (event.first_day, event.starts_at) != (before["first_day"], before["starts_at"])
    dates = ("registration_opens_at", "registration_closes_at", "last_day", "ends_at")
    if event.first_day is None or not (moved or any(getattr(event, name) != before[name] for name in dates)):
        return
    starts = event.starts_at or _midnight(event.first_day + timedelta(days=1), event.time_zone)
    over = event.ends_at or _midnight((event.last_day or event.first_day) + timedelta(days=1), event.time_zone)
    if closes and starts and moved and closes == before["registration_closes_at"] and closes > starts:
        message = _("Con la fecha nueva, la inscripción cerraría después del inicio: corrija el cierre o déjelo vacío.")
        raise ValidationError({"registration_closes_at": message})
    if opens and over and opens >= over:
        raise ValidationError(
            {"registration_opens_at": _("La inscripción abriría cuando el evento ya terminó: revise las fechas.")}
        )
    if closes and over and closes > over:
        message = _("La inscripción cerraría cuando el evento ya terminó: corrija el cierre o déjelo vacío.")
        raise ValidationError({"registration_closes_at": message})


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
    if "answers" in data:
        changed |= _write_answers(event, {row["id"]: row["answer"] for row in data["answers"]})
    if "materials" in data:
        changed |= _sync_materials(event, data["materials"])
    if "agreements" in data:
        changed |= _sync_agreements(event, data["agreements"])
    return changed


def _write_answers(event: Event, answers: dict[int, str]) -> bool:
    changed = []
    for question in event.guiding_questions.all():
        if question.answer != answers.get(question.pk, question.answer):
            question.answer = answers[question.pk]
            changed.append(question)
    GuidingQuestion.objects.bulk_update(changed, ["answer"])
    return bool(changed)


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


def _sync_agreements(event: Event, rows: Sequence[Row]) -> bool:
    """Agreements, in order. One that became an action stays, in the municipality of that action."""
    values = [{**row, "municipality_id": row["municipality"].pk if row.get("municipality") else None} for row in rows]
    followed = dict(event.agreements.exclude(action=None).values_list("pk", "municipality_id"))
    kept = {row["id"]: row["municipality_id"] for row in values if row.get("id") in followed}
    if kept != followed:
        raise ValidationError(_("Un acuerdo que ya es acción no se quita ni cambia de municipio."))
    fields = ("text", "owner", "municipality_id", "due_on")
    return sync_rows(Agreement, {"event": event}, values, fields, ordered=True)


def _forget_file(material: Material) -> None:
    """Delete a material's file once the change is stored."""
    if material.file:
        storage, name = material.file.storage, str(material.file.name)
        transaction.on_commit(lambda: storage.delete(name))


def _set_seats(event: Event, data: Row, *, created: bool) -> bool | None:
    """Write the pools of seats. True where somebody waiting may now have a place, None where nothing changed."""
    if not created and "capacity" not in data and "seat_pools" not in data:
        return None
    seats.hold_seats(event.pk)
    stored = {(pool.modality, pool.municipality_id): pool for pool in event.seat_pools.all()}
    wanted: dict[tuple[str, int | None], tuple[int | None, datetime | None]] = {}
    if "capacity" in data or ("", None) not in stored:
        wanted["", None] = data.get("capacity"), None
    for row in data.get("seat_pools", ()):
        municipality = row.get("municipality")
        key = (row.get("modality") or "", municipality.pk if municipality else None)
        if key in wanted or key == ("", None):
            raise ValidationError(_("Dos cupos apartados son para el mismo grupo: deje uno solo."))
        _check_kept(event, row)
        wanted[key] = row["capacity"], _midnight(row.get("release_on"), event.time_zone)
    if {(Modality.IN_PERSON, None), (Modality.VIRTUAL, None)} <= set(wanted):
        if any(not modality and release_at for (modality, _town), (_seats, release_at) in wanted.items()):
            message = _("Los lugares en la sede y en línea se cuentan aparte: diga de cuáles son los que se liberan.")
            raise ValidationError(message)
    changes = [_set_pool(event, stored.pop(key, None), key, *values) for key, values in wanted.items()]
    if "seat_pools" in data:
        gone = [pool for key, pool in stored.items() if key != ("", None) and not pool.released_at]
        changes += [_drop_pools(event, gone)] if gone else []
    changes = [change for change in changes if change is not None]
    return any(changes) if changes else None


def _check_kept(event: Event, row: Row) -> None:
    """Seats that nobody could take, or that would be given to everybody too late, are not kept."""
    release_on = row.get("release_on")
    if row.get("modality") and event.modality != Modality.HYBRID:
        raise ValidationError(
            _(
                "Solo en un evento híbrido se apartan lugares por modalidad: quite esos lugares apartados; sus "
                "inscripciones pasan al cupo general."
            )
        )
    if release_on and event.first_day and release_on > event.first_day:
        raise ValidationError(
            _("Los lugares apartados se liberan a más tardar el día en que empieza el evento: revise «Se liberan el».")
        )


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)) if day else None


def _set_pool(
    event: Event,
    pool: SeatPool | None,
    key: tuple[str, int | None],
    capacity: int | None,
    release_at: datetime | None,
) -> bool | None:
    """Make or resize one pool. The UPDATE is conditional: seats taken meanwhile are never cut off. One that was
    released keeps seats for its municipality again."""
    if pool is None:
        SeatPool.objects.create(
            event=event, modality=key[0], municipality_id=key[1], capacity=capacity, release_at=release_at
        )
        return True
    if (pool.capacity, pool.release_at, pool.released_at) == (capacity, release_at, None):
        return None
    fits = SeatPool.objects.filter(pk=pool.pk)
    if capacity is not None:
        fits = fits.filter(taken__lte=capacity)
    if not fits.update(capacity=capacity, release_at=release_at, released_at=None):
        pool.refresh_from_db()
        message = ngettext(
            "Ya hay {taken} lugar ocupado: el cupo no puede ser menor.",
            "Ya hay {taken} lugares ocupados: el cupo no puede ser menor.",
            pool.taken,
        ).format(taken=pool.taken)
        raise ValidationError({"capacity": message} if key == ("", None) else message)
    return pool.capacity is not None and (capacity is None or capacity > pool.capacity)


def _drop_pools(event: Event, pools: Sequence[SeatPool]) -> bool:
    """Take kept seats off; the caller holds the seats. Who is in them goes to everybody's, where there must be room."""
    general = SeatPool.objects.get(event=event, modality="", municipality=None)
    people = sum(pool.taken for pool in pools)
    has_room = Q(capacity__isnull=True) | Q(capacity__gte=F("taken") + people)
    if not SeatPool.objects.filter(has_room, pk=general.pk).update(taken=F("taken") + people):
        message = ngettext(
            "{n} inscripción de los lugares apartados que quita pasaría al cupo general y no cabe: suba el cupo de "
            "{capacity} a {needed} o más.",
            "{n} inscripciones de los lugares apartados que quita pasarían al cupo general y no caben: suba el cupo de "
            "{capacity} a {needed} o más.",
            people,
        )
        needed = general.taken + people
        raise ValidationError({"capacity": message.format(n=people, capacity=general.capacity, needed=needed)})
    Registration.objects.filter(seat_pool__in=pools).update(seat_pool=general)
    SeatPool.objects.filter(pk__in=[pool.pk for pool in pools]).delete()
    return True  # who waited for those seats may take everybody's


def _save(event: Event, *, by: User | None, reason: str, created: bool = False) -> None:
    """Store the row with the counters that follow a change, its search text, calendar entry and one line of history."""
    if not created:
        event.version += 1
        event.sequence += 1
    event.revised_at = timezone.now()
    event.search_text = _search_text(event, event.organisers.select_related("organisation"))
    write_entries(event)
    event._history_user = by  # type: ignore[attr-defined]
    event._change_reason = reason[:100]  # type: ignore[attr-defined]
    event.save()
    if created:  # the row was stored before its pathways and sectors, which history must hold too
        event.history.filter(history_type="~").update(history_type="+")
    library.keep(event)


def rewrite_search_texts() -> None:
    """Write anew what search and the library keep of every event.

    For what no revision of the event tells: another way of making search texts, a format or municipality renamed.
    """
    parts = ("organisers__organisation", "sectors", "linked_pathways", "materials", "guiding_questions")
    numbers = list(Event.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(numbers), BATCH):
        with transaction.atomic():
            rows = Event.objects.select_for_update(of=("self",)).filter(pk__in=numbers[start : start + BATCH])
            events = list(rows.with_entry_parts().select_related("series").prefetch_related(*parts))
            for event in events:
                event.search_text = _search_text(event, event.organisers.all())
            Event.objects.bulk_update(events, ["search_text"])
            for event in events:
                library.keep(event)


def _search_text(event: Event, organisers: Iterable[EventOrganiser]) -> str:
    """What the pages say of an event, in both languages."""
    said = [
        event.topic, event.place, str(event.number_in_series or ""),
        *(f"{row.organisation.name} {row.organisation.acronym}" for row in organisers),
    ]  # fmt: skip
    for language in ("es", "en"):
        with translation.override(language):
            said += [
                event.label, event.format.label, event.series.label if event.series else "",
                event.get_modality_display(), event.where_label if event.modality != Modality.IN_PERSON else "",
            ]  # fmt: skip
    return search_text(*said, event.summary)
