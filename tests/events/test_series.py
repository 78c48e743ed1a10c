"""Sessions made like another: the next one, and many by a rule of the calendar."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from zeal import zeal_ignore

from events.enums import EventStatus
from events.models import Event, Material
from events.services import editing
from events.services.series import MAX_SESSIONS, Recurrence, create_sessions, session_days
from network.models import User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
TUESDAY = dt.date(2027, 6, 8)  # the second Tuesday of its month


def days(**rule: Any) -> list[str]:
    rule.setdefault("anchor", TUESDAY)
    rule.setdefault("first", rule["anchor"] + dt.timedelta(days=1))
    return [day.isoformat() for day in session_days(Recurrence(**rule)).days]


# --- The rule


def test_weekly_rule_counts_its_weeks_from_the_session() -> None:
    assert days(weekdays=[1], times=3) == ["2027-06-15", "2027-06-22", "2027-06-29"]
    assert days(weekdays=[1], every=2, times=2) == ["2027-06-22", "2027-07-06"]
    assert days(weekdays=[3, 1], every=2, times=3) == ["2027-06-10", "2027-06-22", "2027-06-24"]
    assert days(weekdays=[1], until=dt.date(2027, 6, 22)) == ["2027-06-15", "2027-06-22"]


def test_monthly_rule_by_weekday() -> None:
    assert days(nth=(2, 1), times=3) == ["2027-07-13", "2027-08-10", "2027-09-14"]
    assert days(nth=(-1, 4), times=2) == ["2027-06-25", "2027-07-30"]


def test_month_without_the_day_is_left_out_and_named() -> None:
    found = session_days(Recurrence(anchor=dt.date(2027, 1, 31), first=dt.date(2027, 2, 1), month_day=31, times=3))
    assert [day.isoformat() for day in found.days] == ["2027-03-31", "2027-05-31", "2027-07-31"]
    assert [day.month for day in found.skipped] == [2, 4, 6]
    fifth = session_days(
        Recurrence(anchor=dt.date(2027, 1, 29), first=dt.date(2027, 1, 30), nth=(5, 4), until=dt.date(2027, 4, 30))
    )
    assert [day.isoformat() for day in fifth.days] == ["2027-04-30"]
    assert [day.month for day in fifth.skipped] == [2, 3]


def test_leap_day_comes_every_fourth_year_and_an_impossible_day_never() -> None:
    rule = Recurrence(anchor=dt.date(2028, 2, 1), first=dt.date(2028, 2, 1), month_day=29, every=12, times=2)
    assert [day.isoformat() for day in session_days(rule).days] == ["2028-02-29", "2032-02-29"]
    never = Recurrence(anchor=dt.date(2028, 2, 1), first=dt.date(2028, 2, 1), month_day=30, every=12, times=2)
    assert session_days(never).days == []


# --- Many at once


@pytest.fixture
def by() -> User:
    return factories.StaffFactory()


def programmed(by: User, **more: Any) -> Event:
    data = {
        "title": "Red de pares", "format": factories.FormatFactory(), "modality": "virtual",
        "pathway": factories.PathwayFactory(), "series": factories.SeriesFactory(), "number_in_series": None,
        "first_day": dt.date(2027, 3, 2), "start_time": dt.time(11), "end_time": dt.time(12, 30),
        "time_zone": "America/Mexico_City", "capacity": 25, "results_summary": "Lo que pasó", "headcount": 9,
        "guiding_questions": [{"text": "¿Quién?", "answer": "Yo"}, {"text": "¿Cuándo?"}],
        "organisers": [{"organisation": factories.OrganisationFactory(), "role": "convenes"}],
        "speakers": [{"name": "Ponente", "affiliation": "", "role": "speaker", "consent_on": dt.date(2027, 1, 1)}],
        "materials": [
            {"kind": "reference", "title": "Guía", "url": "", "file": ContentFile(b"%PDF-1.7", name="guia.pdf"),
             "language": "es", "has_captions": False},
            {"kind": "recording", "title": "Grabación", "url": "https://videos.example/1", "language": "es",
             "has_captions": True},
        ],
        "seat_pools": [{"modality": "", "municipality": factories.MunicipalityFactory(), "capacity": 5}],
        "sectors": [factories.SectorFactory()], "sdgs": [factories.SDGFactory()],
        **more,
    }  # fmt: skip
    return editing.save_event(event=None, data=data, by=by)


def content(material: Material) -> bytes:
    with material.file.open("rb") as file:
        return bytes(file.read())


def test_sessions_are_drafts_of_their_own_with_everything_but_what_happened(by: User) -> None:
    source = programmed(by)
    source.registration_questions.create(text="¿Qué come?", purpose="Para la comida")
    wanted = [dt.date(2027, 3, 16), dt.date(2027, 3, 9)]
    made, _earlier = create_sessions(source=source, days=wanted, key=uuid4(), by=by)
    assert [(event.first_day.isoformat(), event.number_in_series) for event in made if event.first_day] == [
        ("2027-03-09", 2), ("2027-03-16", 3),
    ]  # fmt: skip
    assert len({event.slug for event in made} | {source.slug}) == 3
    for event in made:
        assert (event.status, event.results_summary, event.headcount) == (EventStatus.DRAFT, "", None)
        assert list(event.guiding_questions.values_list("text", "answer")) == [("¿Quién?", ""), ("¿Cuándo?", "")]
        assert event.organisers.get().organisation == source.organisers.get().organisation
        assert not event.speakers.exists()
        material = event.materials.get()
        original = source.materials.get(kind="reference")
        assert (material.title, content(material)) == ("Guía", b"%PDF-1.7")
        assert material.file.name != original.file.name
        assert sorted(event.seat_pools.values_list("capacity", flat=True)) == [5, 25]
        assert (event.sectors.count(), event.sdgs.count()) == (1, 1)
        assert [question.text for question in event.registration_questions.all()] == ["¿Qué come?"]


def test_seats_kept_are_released_as_long_before_as_those_of_the_session(by: User) -> None:
    town, other = factories.MunicipalityFactory(), factories.MunicipalityFactory()
    kept = [
        {"municipality": town, "capacity": 5, "release_on": dt.date(2027, 2, 27)},
        {"municipality": other, "capacity": 3},
    ]
    source = programmed(by, seat_pools=kept)
    (made,), _earlier = create_sessions(source=source, days=[dt.date(2027, 3, 9)], key=uuid4(), by=by)
    released = dict(made.seat_pools.exclude(municipality=None).values_list("municipality", "release_at"))
    assert released == {town.pk: dt.datetime(2027, 3, 6, 6, tzinfo=dt.UTC), other.pk: None}


def test_wall_time_stays_and_the_moment_moves_where_the_clocks_change(by: User) -> None:
    source = programmed(by, time_zone="America/Tijuana", first_day=dt.date(2027, 3, 9))
    wanted = [dt.date(2027, 3, 13), dt.date(2027, 3, 16)]
    (_same, later), _earlier = create_sessions(source=source, days=wanted, key=uuid4(), by=by)
    starts = [event.starts_at and event.starts_at.astimezone(dt.UTC).hour for event in (source, _same, later)]
    assert starts == [19, 19, 18]
    assert later.start_time == dt.time(11)


def test_days_with_an_hour_that_does_not_exist_make_no_session_at_all(by: User) -> None:
    source = programmed(by, time_zone="America/Tijuana", start_time=dt.time(2, 30), end_time=dt.time(4))
    with pytest.raises(ValidationError, match="14 de marzo de 2027: Esa hora no existe"):
        create_sessions(source=source, days=[dt.date(2027, 3, 13), dt.date(2027, 3, 14)], key=uuid4(), by=by)
    assert Event.objects.count() == 1


def test_same_form_sent_twice_makes_the_sessions_once(by: User) -> None:
    source, key = programmed(by), uuid4()
    wanted = [dt.date(2027, 3, 9), dt.date(2027, 3, 16)]
    (first, none_yet), (none, second) = (
        create_sessions(source=source, days=wanted, key=key, by=by) for _again in range(2)
    )
    assert (none_yet, none) == ([], [])
    assert [event.pk for event in first] == [event.pk for event in second]
    assert Event.objects.count() == 3


def test_same_form_sent_with_more_days_makes_the_missing_ones(by: User) -> None:
    source, key = programmed(by), uuid4()
    wanted = [dt.date(2027, 3, 9), dt.date(2027, 3, 16), dt.date(2027, 3, 23)]
    first, _none = create_sessions(source=source, days=wanted[1:2], key=key, by=by)
    made, earlier = create_sessions(source=source, days=wanted, key=key, by=by)
    assert [event.pk for event in earlier] == [first[0].pk]
    assert [event.first_day for event in made] == [wanted[0], wanted[2]]


def test_no_more_than_a_year_of_weeks_at_once(by: User) -> None:
    source = programmed(by)
    many = [dt.date(2027, 4, 1) + dt.timedelta(days=number) for number in range(MAX_SESSIONS + 1)]
    for wanted in (many, []):
        with pytest.raises(ValidationError, match="Se crean de 1 a 52 sesiones"):
            create_sessions(source=source, days=wanted, key=uuid4(), by=by)
    assert Event.objects.count() == 1


# --- The pages


@pytest.fixture
def staff(client: Client, by: User) -> Client:
    client.force_login(by)
    return client


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What the browser would send of the page's form as it is shown."""
    context = client.get(address).context
    editor = context["editor"]
    sent: dict[str, Any] = {}
    listed = [form for rows in editor.lists.values() for form in (rows.management_form, *rows.forms)]
    for form in [editor.form, *listed]:
        for bound in form:
            value = bound.value()
            if getattr(bound.field.widget, "input_type", "") == "checkbox" and not isinstance(value, (list, tuple)):
                value = "on" if value else None
            if value is not None:
                sent[bound.html_name] = bound.field.prepare_value(value)
    return {name: value for name, value in sent.items() if value is not None}


def test_next_session_starts_from_all_that_this_one_is(staff: Client, by: User) -> None:
    source = programmed(by)
    address = reverse("staff_event_next", args=[source.pk])
    body = form_of(staff, address)
    assert not body.get("first_day")
    body |= {"first_day": "2027-04-06", "guiding_questions-1-DELETE": "on"}
    answers = [staff.post(address, body) for _again in range(2)]
    made = Event.objects.exclude(pk=source.pk).get()
    assert {answer.headers.get("Location") for answer in answers} == {reverse("staff_event_detail", args=[made.pk])}
    assert (made.title, made.follows_up, made.number_in_series, made.status) == (source.title, source, 2, "draft")
    assert (made.start_time, made.end_time, made.time_zone) == (source.start_time, source.end_time, source.time_zone)
    assert [question.text for question in made.guiding_questions.all()] == ["¿Quién?"]
    assert content(made.materials.get()) == b"%PDF-1.7"
    assert made.organisers.count() == 1
    assert sorted(made.seat_pools.values_list("capacity", flat=True)) == [5, 25]
    assert source.materials.count() == 2


@pytest.mark.parametrize(("typed_day", "expected"), [("", "2027-04-03"), ("2027-04-01", "2027-04-01")])
def test_next_session_releases_its_kept_seats_as_long_before_unless_a_day_is_typed(
    staff: Client, by: User, typed_day: str, expected: str
) -> None:
    kept = [{"municipality": factories.MunicipalityFactory(), "capacity": 5, "release_on": dt.date(2027, 2, 27)}]
    source = programmed(by, seat_pools=kept)
    address = reverse("staff_event_next", args=[source.pk])
    assert "Vacío: 3 días antes del evento" in staff.get(address).content.decode()
    body = form_of(staff, address) | {"first_day": "2027-04-06", "seat_pools-0-release_on": typed_day}
    assert staff.post(address, body).status_code == 302
    pool = Event.objects.exclude(pk=source.pk).get().seat_pools.exclude(municipality=None).get()
    assert pool.release_at == dt.datetime.fromisoformat(f"{expected}T06:00+00:00")


def repeat(**changes: Any) -> dict[str, Any]:
    return {
        "form_key": str(uuid4()), "frequency": "weekly", "every": "1", "weekdays": ["1"], "starts_on": "2027-03-03",
        "times": "2", **changes,
    }  # fmt: skip


def test_dates_are_shown_before_anything_is_written(staff: Client, by: User) -> None:
    source = programmed(by)
    factories.EventFactory(title="Otro <b>evento</b>", day=dt.date(2027, 3, 9))
    factories.EventFactory(title="Cancelado", day=dt.date(2027, 3, 9), status=EventStatus.CANCELLED)
    page = reverse("staff_event_repeat", args=[source.pk])
    response = staff.post(page, repeat(ver="1"))
    text = response.content.decode()
    assert [row.day.isoformat() for row in response.context["days"]] == ["2027-03-09", "2027-03-16"]
    assert "Otro &lt;b&gt;evento&lt;/b&gt;, 11:00 h" in text
    assert "Cancelado" not in text
    assert Event.objects.count() == 3


def test_dates_left_ticked_become_drafts(staff: Client, by: User) -> None:
    source = programmed(by)
    page = reverse("staff_event_repeat", args=[source.pk])
    body = repeat(times="3")
    seen = staff.post(page, {**body, "ver": "1"}).context["seen"]
    body |= {"crear": "1", "vistas": seen, "fecha": ["2027-03-09", "2027-03-23", "2030-01-01"]}
    with zeal_ignore():  # each session is written as one event is
        answers = [staff.post(page, body, follow=True) for _again in range(2)]
        more = staff.post(page, {**body, "fecha": seen.split(",")}, follow=True)
    said = [[str(message) for message in answer.context["messages"]] for answer in (*answers, more)]
    assert said == [
        ["Se crearon 2 borradores."], ["2 ya estaban creados."], ["Se creó 1 borrador. 2 ya estaban creados."],
    ]  # fmt: skip
    made = Event.objects.exclude(pk=source.pk).order_by("first_day").values_list("first_day", flat=True)
    assert [str(day) for day in made] == ["2027-03-09", "2027-03-16", "2027-03-23"]


def test_dates_that_nobody_saw_are_not_created(staff: Client, by: User) -> None:
    source = programmed(by)
    page = reverse("staff_event_repeat", args=[source.pk])
    seen = staff.post(page, repeat(ver="1")).context["seen"]
    response = staff.post(page, repeat(crear="1", vistas=seen, fecha=seen.split(","), every="2"))
    assert response.status_code == 422
    assert "Las fechas cambiaron" in response.content.decode()
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"times": ""}, "hasta qué día o cuántas sesiones"),
        ({"weekdays": []}, "al menos un día de la semana"),
        ({"until": "2027-01-01", "times": ""}, "Termina antes de empezar"),
        ({"until": "2037-01-01", "times": "", "weekdays": ["0", "1", "2"]}, "Son más de 52 sesiones"),
        ({"until": "2027-03-08", "times": ""}, "Ningún día cumple la regla"),
        ({"frequency": "month-day", "month_day": ""}, "Diga qué día del mes"),
        ({"times": "53"}, "52"),
        ({"frequency": "nunca"}, "nunca"),
        ({"starts_on": "9999-12-31", "times": "52"}, "de 1990 a 2100"),
        ({"starts_on": "0001-01-01"}, "de 1990 a 2100"),
        ({"until": "2101-01-01"}, "de 1990 a 2100"),
    ],
)
def test_rule_without_sense_is_said(staff: Client, by: User, changes: dict[str, Any], said: str) -> None:
    source = programmed(by)
    response = staff.post(reverse("staff_event_repeat", args=[source.pk]), repeat(ver="1", **changes))
    assert response.status_code == 422
    assert said in response.content.decode()


def test_session_without_a_day_can_be_repeated_from_a_day_of_choice(staff: Client, by: User) -> None:
    source = programmed(by, first_day=None, start_time=None, end_time=None)
    response = staff.post(reverse("staff_event_repeat", args=[source.pk]), repeat(ver="1", starts_on="2027-03-09"))
    assert [row.day.isoformat() for row in response.context["days"]] == ["2027-03-09", "2027-03-16"]
