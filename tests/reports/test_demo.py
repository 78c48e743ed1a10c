"""The demonstration fills every page, says what is real, and may be loaded again."""

import datetime as dt
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from actions.enums import ReviewDecision
from actions.models import Action, Review
from events.models import Attendance, AttendanceImport, Event, Format, Registration, SeatPool, Series
from network.models import Designation, Person, User
from reports.demo import ACCOUNTS, PASSWORD, _content, load_demo
from reports.services import audit
from trainings.models import TrainingTarget

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The demonstration, loaded once for all tests of this module in a transaction that is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_reference", verbosity=0)
        yield load_demo()
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded, db):
    """What each test changes is undone before the next."""
    return loaded


def test_review_is_told_with_the_days_that_its_action_has(demo):
    for decision, moment in ((ReviewDecision.SUBMITTED, "submitted_at"), (ReviewDecision.VALIDATED, "validated_at")):
        steps = Review.objects.filter(decision=decision)
        assert steps.count() >= 20
        assert not steps.exclude(created_at=F(f"action__{moment}")).exists()


def test_history_of_an_action_begins_when_it_was_recorded_and_ends_as_it_stands(demo):
    for action in Action.objects.published().filter(submitted_at__lt=timezone.now() - dt.timedelta(days=30)):
        versions = list(action.history.order_by("history_date", "history_id"))
        told = [row.history_change_reason for row in versions]
        assert told[:3] == ["Registro de la acción", "Envío a revisión", "Validación y publicación"]
        assert [row.history_date for row in versions[1:3]] == [action.submitted_at, action.published_at]
        last = versions[-1]
        assert (last.progress, last.status, last.review_state) == (action.progress, action.status, action.review_state)


def test_demo_fills_every_page(demo):
    assert Event.objects.exclude(series=None).count() >= 12
    assert Action.objects.count() == 30
    assert Designation.objects.in_force().count() == 40 + 1  # one of them came as a proposal
    assert Person.objects.filter(email__endswith="@correo.example").count() == 400
    assert Event.objects.published().upcoming().count() >= 5
    assert all(User.objects.get(email=email).check_password(PASSWORD) for email in ACCOUNTS)
    assert User.objects.get(email="enlace@demo.example").liaison_municipality.name == "Toluca"
    assert User.objects.get(email="enlace2@demo.example").liaison_municipality.name == "Texcoco"


def test_demo_has_a_report_to_review(demo):
    (waiting,) = AttendanceImport.objects.all()
    decided = set(waiting.people.values_list("decision", flat=True))
    assert (waiting.state, decided, waiting.people.count()) == ("pending", {"person", ""}, 8)


def test_demo_keeps_the_facts_of_the_documents(demo):
    first = Event.objects.get(title="Infraestructura verde")
    assert (first.first_day, first.start_time, first.numbered_name) == (dt.date(2020, 6, 10), None, "GAAD 1")
    assert first.series.planned_sessions == 12
    metropolitan = Event.objects.get(title__startswith="Segundo Conversatorio")
    assert metropolitan.first_day is None
    assert metropolitan.guiding_questions.count() == 6
    targets = TrainingTarget.objects.filter(training__source="002")
    assert sorted(targets.values_list("people", "women", "men")) == [(32, 16, 16), (50, None, None), (210, 107, 103)]


GAAD = ["Infraestructura verde", "Movilidad – Sustentabilidad urbana «Plan de Movilidad 4S»"]


@pytest.mark.both_databases
def test_series_of_the_first_document_says_its_counters_by_format(demo, client):
    series = Series.objects.get(source="000")
    said = "12 anunciadas · 5 en el calendario · 5 realizadas · 0 con resultados"
    response = client.get(reverse("series_detail", args=[series.slug]))
    assert response.context["counts"] == said
    assert said in response.content.decode()
    assert [(group.format.code, group.counts) for group in response.context["formats"]] == [
        ("webinar", "3 en el calendario · 3 realizadas · 0 con resultados"),
        ("gaad", "2 en el calendario · 2 realizadas · 0 con resultados"),
    ]
    assert [entry.kind for group in response.context["formats"] for entry in group.rows] == [
        "Webinar 1", "Webinar 2", "Webinar 3", "GAAD 1", "GAAD 2",
    ]  # fmt: skip
    assert said in client.get(reverse("series_list")).content.decode()


def test_sessions_whose_hour_nobody_wrote_down_say_so(demo, client):
    page = client.get(reverse("series_detail", args=[Series.objects.get(source="000").slug]))
    entries = [entry for group in page.context["formats"] for entry in group.rows]
    assert {entry.hours for entry in entries} == {"Hora no registrada"}
    assert {entry.clock for entry in entries} == {""}
    assert entries[0].days == "miércoles 17 de junio de 2020"
    event = client.get(entries[0].href).content.decode()
    assert "Hora no registrada" in event
    assert not re.search(r"\b\d{1,2}:\d\d\b", re.sub(r"<head>.*?</head>", "", event, flags=re.S))


def test_six_guiding_questions_stand_in_their_order(demo, client):
    event = Event.objects.get(source="001")
    written = next(row["questions"] for row in _content()["events"] if row.get("source") == "001")
    page = client.get(reverse("event_detail", args=[event.slug])).content.decode()
    places = [page.index(escape(text)) for text in written]
    assert len(places) == 6
    assert places == sorted(places)


@pytest.mark.both_databases
@pytest.mark.parametrize("words", ["GADD", "gaad", "GADD infraestructura", "Gadd movilidad"])
def test_word_as_the_document_misspells_it_finds_the_support_groups(demo, client, words):
    response = client.get(
        reverse("calendar"), {"q": words, "vista": "lista", "ciclo": Series.objects.get(source="000").slug}
    )
    found = {entry.title for entry in response.context["entries"] if entry.kind.startswith("GAAD")}
    assert found
    assert found <= set(GAAD)
    if len(words) == 4:
        assert found == set(GAAD)


def test_next_number_of_each_format_is_proposed(demo, client):
    client.force_login(User.objects.get(email="personal@demo.example"))
    series, gaad = Series.objects.get(source="000"), Format.objects.get(code="gaad")
    page = client.get(reverse("staff_event_create"))
    assert page.context["next_numbers"][series.pk][gaad.pk] == 3


def test_demo_loads_again_without_doubling(demo):
    assert load_demo() == demo


def test_demo_counts_seats_as_the_services_do(demo):
    for pool in SeatPool.objects.exclude(taken=0):
        assert pool.registrations.filter(state="confirmed").count() == pool.taken
    assert not SeatPool.objects.filter(taken__gt=F("capacity")).exists()
    waiting = Registration.objects.waiting().filter(event__title__startswith="Taller: separación")
    assert waiting.count() >= 12  # of the enrolled, those who had no registration of their own wait here too
    assert Attendance.objects.filter(sex="").exists()


def test_demo_event_that_passed_is_upcoming_again(demo):
    event = Event.objects.get(title__startswith="Taller: separación")
    long_ago = timezone.now() - dt.timedelta(days=40)
    Event.objects.filter(pk=event.pk).update(
        first_day=long_ago.date(),
        last_day=long_ago.date(),
        starts_at=long_ago,
        ends_at=long_ago + dt.timedelta(hours=3),
    )
    load_demo()
    event.refresh_from_db()
    assert event.first_day > timezone.localdate()
    assert event.first_day.weekday() < 5
    assert event.starts_at > timezone.now()


def test_demo_is_refused_where_it_is_not_on(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="Set DEMO=1"):
        call_command("load_demo")


def test_every_invented_address_is_fictitious(demo):
    assert not Person.objects.exclude(email="").exclude(email__endswith=".example").exists()
    assert not User.objects.exclude(email__endswith=".example").exists()


def test_demo_keeps_right_counts(demo):
    assert audit.differences() == []
