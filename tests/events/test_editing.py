"""Writing events: times, numbers, versions, seats, and who is told."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from events import ical
from events.enums import EventStatus, RegistrationState
from events.models import Event, Format, LibraryItem, SeatPool
from events.services import editing
from events.services.registration import RegistrationData, register
from network.models import Organisation, User
from outbox.models import Message as OutboxMessage
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return factories.StaffFactory()


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Movilidad sustentable", "format": factories.FormatFactory(), "modality": "virtual",
        "pathway": factories.PathwayFactory(), "first_day": dt.date(2027, 6, 17), "start_time": dt.time(11),
        "end_time": dt.time(13), "last_day": None, "time_zone": "America/Mexico_City", "capacity": 20, **changes,
    }  # fmt: skip


def make(staff: User, **changes: Any) -> Event:
    return editing.save_event(event=None, data=typed(**changes), by=staff)


def published(staff: User, **changes: Any) -> Event:
    return editing.publish_event(event=make(staff, **changes), by=staff)


@pytest.mark.parametrize(
    ("day", "zone", "hour_in_utc"),
    [
        (dt.date(2020, 6, 17), "America/Mexico_City", 16),  # summer time, kept until 2022
        (dt.date(2026, 6, 17), "America/Mexico_City", 17),
        (dt.date(2027, 6, 17), "America/Guayaquil", 16),
    ],
)
def test_wall_time_becomes_the_moment_of_its_zone_and_day(
    staff: User, day: dt.date, zone: str, hour_in_utc: int
) -> None:
    event = make(staff, first_day=day, time_zone=zone)
    assert event.starts_at == dt.datetime.combine(day, dt.time(hour_in_utc), tzinfo=dt.UTC)


def test_hour_that_the_clocks_skip_is_refused(staff: User) -> None:
    with pytest.raises(ValidationError) as refused:
        make(staff, first_day=dt.date(2027, 3, 14), start_time=dt.time(2, 30), time_zone="America/Tijuana")
    assert list(refused.value.message_dict) == ["start_time"]
    assert not Event.objects.exists()


def test_hour_that_happens_twice_is_the_first_one(staff: User) -> None:
    event = make(
        staff, first_day=dt.date(2027, 11, 7), start_time=dt.time(1, 30), time_zone="America/Tijuana", end_time=None
    )
    assert event.starts_at == dt.datetime(2027, 11, 7, 8, 30, tzinfo=dt.UTC)


def test_day_without_hour_has_no_moment_but_a_last_day(staff: User) -> None:
    event = make(staff, start_time=None, end_time=None)
    assert (event.starts_at, event.ends_at, event.last_day) == (None, None, event.first_day)


def test_event_without_a_day_is_kept(staff: User) -> None:
    event = make(staff, first_day=None, start_time=None, end_time=None)
    assert (event.first_day, event.last_day, event.starts_at) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_day": None}, "first_day"),
        ({"last_day": dt.date(2027, 6, 16)}, "last_day"),
        ({"end_time": dt.time(10)}, "end_time"),
        ({"start_time": None}, "start_time"),
    ],
)
def test_times_that_contradict_each_other_are_refused_at_their_field(
    staff: User, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        make(staff, **changes)
    assert list(refused.value.message_dict) == [field]


def test_new_session_takes_the_next_number_of_its_format(staff: User) -> None:
    series, webinar, gaad = factories.SeriesFactory(), factories.FormatFactory(), factories.FormatFactory(code="gaad")
    numbers = [
        make(staff, series=series, format=format, number_in_series=None).number_in_series
        for format in (webinar, gaad, webinar)
    ]
    assert numbers == [1, 1, 2]


def test_number_that_another_session_has_is_refused(staff: User) -> None:
    series = factories.SeriesFactory()
    make(staff, series=series, number_in_series=3)
    with pytest.raises(ValidationError, match=r"El número 3 ya lo tiene .*El siguiente libre es el 4"):
        make(staff, series=series, number_in_series=3)


def test_saving_without_a_change_leaves_no_trace(staff: User) -> None:
    event = make(staff, guiding_questions=[{"text": "¿Cómo?"}], sectors=[factories.SectorFactory()])
    before = (event.version, event.sequence, event.revised_at, event.history.count())
    question = event.guiding_questions.get()
    same = typed(guiding_questions=[{"id": question.pk, "text": "¿Cómo?"}], sectors=[factories.SectorFactory()])
    editing.save_event(event=event, data=same, by=staff)
    event.refresh_from_db()
    assert (event.version, event.sequence, event.revised_at, event.history.count()) == before


def test_each_change_raises_sequence_and_writes_one_line_of_history(staff: User) -> None:
    event = make(staff)
    changes = {"title": "Otro título", "sectors": [factories.SectorFactory()], "sdgs": [factories.SDGFactory()]}
    saved = editing.save_event(event=event, data=changes, by=staff, reason="Se precisó")
    assert (saved.sequence, saved.version, saved.start_revision) == (1, 2, 0)
    lines = list(
        event.history.order_by("history_id").values_list("history_type", "history_change_reason", "history_user")
    )
    assert lines == [("+", "", staff.pk), ("~", "Se precisó", staff.pk)]
    assert event.history.latest("history_id").sectors.count() == 1


def test_start_revision_rises_only_when_the_start_changes(staff: User) -> None:
    event = make(staff)
    later_end = editing.save_event(event=event, data={"end_time": dt.time(14)}, by=staff)
    assert (later_end.start_revision, later_end.sequence) == (0, 1)
    later_start = editing.save_event(event=event, data={"start_time": dt.time(12)}, by=staff)
    assert (later_start.start_revision, later_start.sequence) == (1, 2)


def test_version_read_before_another_save_is_stale(staff: User) -> None:
    event = make(staff)
    editing.save_event(event=event, data={"title": "La primera que guardó", "version": 1}, by=staff)
    with pytest.raises(editing.StaleVersion) as stale:
        editing.save_event(event=event, data={"title": "La segunda", "version": 1}, by=staff)
    assert stale.value.current.title == "La primera que guardó"
    assert Event.objects.get().title == "La primera que guardó"


def test_organisers_are_found_by_acronym_or_added_by_name(staff: User) -> None:
    known = factories.OrganisationFactory(name="Red Nacional Metropolitana", acronym="Renamet")
    rows = [{"organisation": "renamet", "role": "convenes"}, {"organisation": "Instituto Nuevo", "role": "supports"}]
    event = make(staff, organisers=rows)
    stored = [(row.organisation.name, row.role) for row in event.organisers.all()]
    assert stored == [(known.name, "convenes"), ("Instituto Nuevo", "supports")]
    assert Organisation.objects.count() == 2


def test_search_text_has_the_words_people_look_for(staff: User) -> None:
    series = factories.SeriesFactory(title="Espacios de intercambio")
    event = make(staff, series=series, organisers=[{"organisation": "Institución Organizadora", "role": "convenes"}])
    from web.search import words_filter

    for words in ("movilidad", "webinar", "intercambio", "organizadora"):
        assert Event.objects.filter(words_filter(words)).get() == event


@pytest.mark.parametrize(
    "words",
    [
        "taller",
        "talleres",
        "workshop",
        "taller 3",
        "exchange",
        "híbrido",
        "hybrid",
        "en linea",
        "online",
        "sede centro",
    ],
)
def test_event_is_found_by_what_its_page_says_in_either_language(staff: User, words: str) -> None:
    from web.search import words_filter

    series = factories.SeriesFactory(title="Espacios de intercambio", title_en="Exchange of experience")
    workshop = factories.FormatFactory(name="Taller", name_en="Workshop")
    own = {"format": workshop, "series": series, "number_in_series": 3, "modality": "hybrid", "venue": "Sede Centro"}
    event = published(staff, **own)
    assert Event.objects.filter(words_filter(words)).get() == event
    assert LibraryItem.objects.filter(words_filter(words)).get().event == event


def test_search_texts_are_written_anew_where_a_name_changed(staff: User) -> None:
    from web.search import words_filter

    event = published(staff, format=factories.FormatFactory(name="Taller"))
    Format.objects.update(name="Jornada")
    editing.rewrite_search_texts()
    assert Event.objects.filter(words_filter("jornadas")).get() == event
    assert LibraryItem.objects.filter(words_filter("jornadas")).get().event == event
    assert not Event.objects.filter(words_filter("taller")).exists()
    assert Event.objects.get().history.count() == event.history.count()


def test_questions_keep_their_answers_when_they_are_put_in_another_order(staff: User) -> None:
    event = make(staff, guiding_questions=[{"text": "Primera"}, {"text": "Segunda", "answer": "Sí"}])
    first, second = event.guiding_questions.all()
    rows = [{"id": second.pk, "text": "Segunda"}, {"id": first.pk, "text": "Primera"}]
    editing.save_event(event=event, data={"guiding_questions": rows}, by=staff)
    assert [(row.pk, row.answer) for row in event.guiding_questions.all()] == [(second.pk, "Sí"), (first.pk, "")]


def test_row_of_another_event_is_not_taken_away_from_it(staff: User) -> None:
    other = make(staff, guiding_questions=[{"text": "Ajena"}])
    foreign = other.guiding_questions.get()
    event = editing.save_event(
        event=make(staff), data={"guiding_questions": [{"id": foreign.pk, "text": "Propia"}]}, by=staff
    )
    foreign.refresh_from_db()
    assert (foreign.event, foreign.text) == (other, "Ajena")
    assert event.guiding_questions.get().text == "Propia"


def test_every_event_has_seats_for_everybody(staff: User) -> None:
    event = make(staff, capacity=None)
    assert list(event.seat_pools.values_list("modality", "municipality", "capacity")) == [("", None, None)]


def test_seats_kept_apart_are_written_resized_and_taken_off(staff: User) -> None:
    town = factories.MunicipalityFactory()
    event = make(staff, seat_pools=[{"modality": "", "municipality": town, "capacity": 5}])
    editing.save_event(event=event, data={"seat_pools": [{"municipality": town, "capacity": 8}]}, by=staff)
    assert event.seat_pools.get(municipality=town).capacity == 8
    editing.save_event(event=event, data={"seat_pools": []}, by=staff)
    assert event.seat_pools.get().municipality is None


def test_capacity_below_the_seats_taken_is_refused(staff: User) -> None:
    event = published(staff)
    SeatPool.objects.filter(event=event).update(taken=7)
    with pytest.raises(ValidationError) as refused:
        editing.save_event(event=event, data={"capacity": 6, "title": "No debe quedar"}, by=staff)
    assert refused.value.message_dict == {"capacity": ["Ya hay 7 lugares ocupados: el cupo no puede ser menor."]}
    event.refresh_from_db()
    assert event.title == "Movilidad sustentable"


def test_more_seats_reach_those_who_wait(staff: User) -> None:
    event = published(staff, capacity=1)
    places = [
        register(event=event, data=RegistrationData(name=f"P {n}", email=f"p{n}@prueba.example")) for n in range(3)
    ]
    assert [place.state for place in places] == ["confirmed", "waiting", "waiting"]
    editing.save_event(event=event, data={"capacity": 2}, by=staff)
    states = [place.state for place in event.registrations.order_by("created_at", "pk")]
    assert states == [RegistrationState.CONFIRMED, RegistrationState.OFFERED, RegistrationState.WAITING]


def messages(kind: str) -> int:
    return OutboxMessage.objects.filter(kind=kind).count()


def test_moving_a_published_event_tells_each_person_once(staff: User) -> None:
    event = published(staff)
    register(event=event, data=RegistrationData(name="Persona", email="persona@prueba.example"))
    editing.save_event(event=event, data={"title": "Solo cambia el título"}, by=staff)
    assert messages("events.moved") == 0
    editing.save_event(event=event, data={"start_time": dt.time(12)}, by=staff)
    editing.save_event(event=event, data={"start_time": dt.time(12)}, by=staff)
    assert messages("events.moved") == 1


def test_moving_a_draft_tells_nobody(staff: User) -> None:
    editing.save_event(event=make(staff), data={"start_time": dt.time(12)}, by=staff)
    assert OutboxMessage.objects.count() == 0


def test_cancelling_keeps_the_event_says_why_and_tells_people(staff: User) -> None:
    event = published(staff)
    register(event=event, data=RegistrationData(name="Persona", email="persona@prueba.example"))
    editing.cancel_event(event=event, reason="Contingencia ambiental", by=staff)
    cancelled = editing.cancel_event(event=event, reason="Otra vez", by=staff)
    assert (cancelled.status, cancelled.cancellation_reason) == (EventStatus.CANCELLED, "Contingencia ambiental")
    assert messages("events.cancelled") == 1


def test_cancelled_event_is_not_published_again(staff: User) -> None:
    event = editing.cancel_event(event=published(staff), reason="Motivo", by=staff)
    with pytest.raises(ValidationError, match="programe uno nuevo"):
        editing.publish_event(event=event, by=staff)


def test_address_follows_the_title_until_it_is_published(staff: User) -> None:
    event = make(staff)
    assert editing.save_event(event=event, data={"title": "Ciudades verdes"}, by=staff).slug == "ciudades-verdes"
    editing.publish_event(event=event, by=staff)
    assert editing.save_event(event=event, data={"title": "Título nuevo"}, by=staff).slug == "ciudades-verdes"
    assert make(staff, title="Ciudades verdes").slug == "ciudades-verdes-2"


def test_only_drafts_are_deleted(staff: User) -> None:
    draft, public = make(staff), published(staff)
    editing.delete_draft(event=draft, by=staff)
    with pytest.raises(ValidationError, match="se cancela"):
        editing.delete_draft(event=public, by=staff)
    assert list(Event.objects.all()) == [public]


def test_draft_that_is_a_session_of_a_training_stays(staff: User) -> None:
    draft = make(staff)
    factories.TrainingSessionFactory(event=draft)
    with pytest.raises(ValidationError, match="sesión de una capacitación"):
        editing.delete_draft(event=draft, by=staff)


def test_renamed_series_is_found_and_told_with_its_events(staff: User) -> None:
    series = editing.save_series(series=None, data={"title": "Glaciares"}, by=staff)
    event, draft = published(staff, series=series), make(staff, series=series)
    before = event.revised_at
    editing.save_series(series=series, data={"title": "Jornadas de movilidad", "summary": "Otro"}, by=staff)
    for row in (event, draft):
        row.refresh_from_db()
        assert "jorn" in row.search_text
        assert "glaci" not in row.search_text
    assert event.revised_at > before
    assert event.vevent_es.startswith(ical.mark(settings.SITE_URL, event.sequence, event.revised_at))
    assert "jorn" in LibraryItem.objects.get(event=event).search_text
    assert (event.version, event.sequence) == (2, 1)  # nothing of the event itself changed
    told = event.revised_at
    editing.save_series(series=series, data={"title": "Jornadas de movilidad", "summary": "Nada nuevo"}, by=staff)
    event.refresh_from_db()
    assert event.revised_at == told


def test_series_address_is_kept_once_it_has_sessions(staff: User) -> None:
    rows = [{"organisation": "SEDATU", "role": "convenes"}]
    series = editing.save_series(series=None, data={"title": "Ciclo uno", "organisers": rows}, by=staff)
    assert (series.slug, series.organisers.get().organisation.name) == ("ciclo-uno", "SEDATU")
    assert editing.save_series(series=series, data={"title": "Ciclo dos"}, by=staff).slug == "ciclo-dos"
    make(staff, series=series)
    assert editing.save_series(series=series, data={"title": "Ciclo tres"}, by=staff).slug == "ciclo-dos"
