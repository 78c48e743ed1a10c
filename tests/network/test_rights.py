"""The rights over personal data: what people ask, the clock in working days, the desk, and the own page."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from network import services
from network.enums import ARCO_MOVES, ArcoKind, ArcoState
from network.models import ArcoRequest, NonWorkingDay, RightsDeadlines, User
from network.reminders import remind_rights
from outbox.drain import drain
from outbox.models import DigestLine, Message
from tests.factories import AdminFactory, ArcoRequestFactory, PersonFactory, PrivacyNoticeFactory, StaffFactory
from tests.network.test_views import pdf

pytestmark = pytest.mark.django_db
# A Monday.
MONDAY = "2026-06-01 18:00:00Z"


def asked(**fields: Any) -> ArcoRequest:
    given: dict[str, Any] = {
        "kind": ArcoKind.ACCESS,
        "name": "Berenice Solís",
        "email": "berenice@personas.example",
        "asks": "Qué datos guardan de mí.",
        "represents": "",
        "file": None,
        "notice": None,
        "language": "es",
        "form_key": "llave",
    }
    return services.ask(**given | fields)


def in_progress(**fields: Any) -> ArcoRequest:
    return ArcoRequestFactory(state="in-progress", identity_at=timezone.now(), identity_how="Credencial", **fields)


# --- The clock


@pytest.mark.parametrize(
    ("day", "number", "free", "last"),
    [
        ("2026-06-01", 1, [], "2026-06-02"),
        ("2026-06-05", 1, [], "2026-06-08"),  # over the weekend
        ("2026-06-06", 1, [], "2026-06-08"),  # from a Saturday
        ("2026-06-01", 20, [], "2026-06-29"),
        ("2026-06-01", 20, ["2026-06-10", "2026-06-11"], "2026-07-01"),
        ("2026-06-01", 20, ["2026-06-06"], "2026-06-29"),  # a holiday on a Saturday takes nothing
        ("2026-06-01", 0, [], "2026-06-01"),
    ],
)
def test_working_days_skip_weekends_and_the_days_of_the_calendar(
    day: str, number: int, free: list[str], last: str
) -> None:
    begin, holidays = dt.date.fromisoformat(day), {dt.date.fromisoformat(each) for each in free}
    found = services.working_days_after(begin, number, holidays)
    assert found == dt.date.fromisoformat(last)
    if begin.weekday() < 5:
        assert services.working_days_until(found, begin, holidays) == number


def test_days_left_are_negative_once_the_day_has_passed() -> None:
    assert services.working_days_until(dt.date(2026, 6, 5), dt.date(2026, 6, 9), set()) == -2


def test_a_day_added_to_the_calendar_moves_every_open_request_and_no_closed_one() -> None:
    with time_machine.travel(MONDAY, tick=False):
        open_one = services.confirm(request=asked())
        closed = ArcoRequestFactory(state="discarded", due_on=None)
        assert open_one.due_on == dt.date(2026, 6, 29)
        services.add_holiday(day=NonWorkingDay(day=dt.date(2026, 6, 10), name="Feriado"))
    open_one.refresh_from_db()
    closed.refresh_from_db()
    assert (open_one.due_on, closed.due_on) == (dt.date(2026, 6, 30), None)
    services.remove_holiday(day=NonWorkingDay.objects.get())
    open_one.refresh_from_db()
    assert open_one.due_on == dt.date(2026, 6, 29)


def test_deadlines_are_settings_and_recount_what_is_open() -> None:
    with time_machine.travel(MONDAY, tick=False):
        row = services.confirm(request=asked())
        services.change_deadlines(deadlines=RightsDeadlines(answer_days=5))
    row.refresh_from_db()
    assert row.due_on == dt.date(2026, 6, 8)


# --- Asking


def test_nothing_happens_before_the_address_is_confirmed() -> None:
    row = asked()
    assert (row.state, row.folio, row.due_on) == (ArcoState.UNCONFIRMED, "", None)
    assert list(ArcoRequest.objects.confirmed()) == []
    assert list(Message.objects.values_list("kind", flat=True)) == ["network.arco_confirm"]


def test_confirming_gives_folio_clock_and_mail_and_twice_changes_nothing() -> None:
    row = services.confirm(request=asked())
    again = services.confirm(request=row)
    assert re.fullmatch(r"ARCO-\d{4}-\d{5}", row.folio)
    assert (again.folio, again.confirmed_at) == (row.folio, row.confirmed_at)
    assert row.steps.filter(state="received").count() == 1
    assert Message.objects.filter(kind="network.arco_step").count() == 1


def test_the_same_form_sent_twice_asks_once() -> None:
    assert asked().pk == asked().pk
    assert Message.objects.count() == 1


def test_an_address_begins_three_requests_a_day_and_no_more() -> None:
    for number in range(3):
        asked(form_key=str(number), email="Berenice@Personas.example")
    with pytest.raises(ValidationError):
        asked(form_key="otra")
    assert ArcoRequest.objects.count() == 3


# --- The desk


def test_identity_is_needed_before_a_request_is_taken_up(admin: User) -> None:
    row = ArcoRequestFactory()
    with pytest.raises(ValidationError):
        services.move(request=row, state=ArcoState.IN_PROGRESS, by=admin)
    services.move(request=row, state=ArcoState.IN_PROGRESS, by=admin, identity="Credencial cotejada")
    row.refresh_from_db()
    assert (row.state, row.identity_how, row.identity_by) == ("in-progress", "Credencial cotejada", admin)


def test_only_the_steps_that_follow_are_taken(admin: User) -> None:
    for state in ArcoState:
        for target in set(ArcoState) - set(ARCO_MOVES.get(state, ())):
            proven = None if state == ArcoState.UNCONFIRMED else timezone.now()
            row = ArcoRequestFactory(state=state, identity_at=timezone.now(), confirmed_at=proven)
            with pytest.raises(services.WrongMove):
                services.move(request=row, state=target, by=admin, text="x", identity="x")


def test_missing_information_stops_the_clock_and_completing_begins_it_anew(admin: User) -> None:
    with time_machine.travel(MONDAY, tick=False):
        row = in_progress()
        row = services.move(request=row, state=ArcoState.INCOMPLETE, by=admin, text="Diga de qué evento.")
        assert row.due_on == dt.date(2026, 6, 15)
    with time_machine.travel("2026-06-20 18:00:00Z", tick=False):  # late, but the desk owes nothing while it waits
        assert list(ArcoRequest.objects.overdue()) == []
    with time_machine.travel("2026-06-08 18:00:00Z", tick=False):
        row = services.complete(request=row, text="Del taller de junio.", file=None)
    assert (row.state, row.due_on) == (ArcoState.IN_PROGRESS, dt.date(2026, 7, 6))


def test_the_time_is_extended_once(admin: User) -> None:
    with time_machine.travel(MONDAY, tick=False):
        row = in_progress()
        row = services.move(request=row, state=ArcoState.EXTENDED, by=admin, text="Hay que buscar en papel.")
        assert row.due_on == dt.date(2026, 7, 13)
        services.move(request=row, state=ArcoState.INCOMPLETE, by=admin, text="Falta algo.")
        services.complete(request=row, text="Aquí está.", file=None)
        with pytest.raises(ValidationError):
            services.move(request=row, state=ArcoState.EXTENDED, by=admin, text="Otra vez.")


def test_an_answer_reaches_the_person_with_its_text_and_starts_the_time_to_carry_it_out(
    admin: User, mailoutbox: Any
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        row = in_progress(email="berenice@personas.example")
        row = services.move(
            request=row,
            state=ArcoState.GRANTED,
            by=admin,
            text="Le enviamos sus datos.",
            note="Revisado",
            file=pdf(),
        )
        assert row.due_on == dt.date(2026, 6, 22)
    drain()
    mail = mailoutbox[-1]
    assert ("Le enviamos sus datos." in mail.body, "Revisado" in mail.body) == (True, False)
    assert mail.attachments == []
    assert row.token in mail.body


def test_what_is_overdue_is_first_and_what_is_closed_last() -> None:
    today = timezone.localdate()
    later = ArcoRequestFactory(due_on=today + dt.timedelta(days=9))
    closed = ArcoRequestFactory(state="denied", due_on=None)
    late = ArcoRequestFactory(due_on=today - dt.timedelta(days=1))
    assert list(ArcoRequest.objects.urgent_first()) == [late, later, closed]
    assert list(ArcoRequest.objects.overdue()) == [late]


def test_administrators_are_told_before_and_when_the_time_is_over_once_each() -> None:
    AdminFactory()
    StaffFactory()
    with time_machine.travel(MONDAY, tick=False):
        ArcoRequestFactory(due_on=dt.date(2026, 6, 4))
        ArcoRequestFactory(due_on=dt.date(2026, 6, 30))
        ArcoRequestFactory(state="identity", due_on=dt.date(2026, 6, 2))
        assert (remind_rights(), remind_rights()) == (1, 0)
    with time_machine.travel("2026-06-05 18:00:00Z", tick=False):
        assert (remind_rights(), remind_rights()) == (1, 0)
    told = DigestLine.objects.filter(subject="arco").values_list("occasion", flat=True)
    assert sorted(told) == ["over:2026-06-04", "soon:2026-06-04"]


def test_a_person_is_named_only_once_the_identity_is_checked(admin: User) -> None:
    person = PersonFactory()
    with pytest.raises(ValidationError):
        services.identify(request=ArcoRequestFactory(), person=person, by=admin)
    row = services.identify(request=in_progress(), person=person, by=admin)
    assert row.person == person


# --- Pages


def form_of(client: Client, **fields: Any) -> dict[str, Any]:
    page = client.get(reverse("rights"))
    stamp = page.context["form"]["stamp"].value()
    return {
        "stamp": stamp,
        "kind": "access",
        "name": "Berenice Solís",
        "email": "berenice@personas.example",
        "asks": "Qué datos guardan.",
        "consent": "on",
        "website": "",
        "represents": "",
    } | fields


@pytest.fixture
def slow(monkeypatch: Any) -> None:
    monkeypatch.setattr("network.forms.rights.MINIMUM_SECONDS", 0)


def test_the_form_keeps_the_version_of_the_notice_that_was_shown(client: Client, slow: None) -> None:
    notice = PrivacyNoticeFactory()
    document = pdf()
    answer = client.post(reverse("rights"), form_of(client, file=document))
    assert (answer.status_code, answer.context["sent_to"]) == (200, "berenice@personas.example")
    row = ArcoRequest.objects.get()
    assert (row.privacy_notice, row.steps.get().file.name[:9]) == (notice, "derechos/")
    assert row.consented_at is not None


def test_a_form_sent_at_once_or_with_the_trap_filled_keeps_nothing(client: Client, monkeypatch: Any) -> None:
    assert client.post(reverse("rights"), form_of(client)).status_code == 422
    monkeypatch.setattr("network.forms.rights.MINIMUM_SECONDS", 0)
    assert client.post(reverse("rights"), form_of(client, website="x")).status_code == 422
    assert not ArcoRequest.objects.exists()


def test_opening_the_link_of_the_mail_changes_nothing_and_its_button_confirms(client: Client) -> None:
    row = asked()
    address = reverse("rights_confirm", args=[row.confirmation_code])
    assert client.get(address).status_code == 200
    row.refresh_from_db()
    assert row.state == ArcoState.UNCONFIRMED
    answer = client.post(address, follow=True)
    row.refresh_from_db()
    assert (row.state, row.folio in answer.content.decode()) == (ArcoState.RECEIVED, True)


def test_a_link_that_is_too_old_or_not_ours_says_so(client: Client) -> None:
    with time_machine.travel(MONDAY, tick=False):
        code = asked().confirmation_code
    with time_machine.travel("2026-06-05 18:00:00Z", tick=False):
        assert client.post(reverse("rights_confirm", args=[code])).status_code == 404
    assert client.get(reverse("rights_confirm", args=["1.nada"])).status_code == 404


def test_the_own_page_shows_what_was_told_and_not_what_the_desk_noted(client: Client, admin: User) -> None:
    row = services.confirm(request=asked())
    services.move(
        request=row, state=ArcoState.IDENTITY, by=admin, text="Envíe su credencial.", note="Parece otra persona"
    )
    page = client.get(reverse("rights_status", args=[row.token])).content.decode()
    assert ("Envíe su credencial." in page, "Parece otra persona" in page) == (True, False)
    client.post(reverse("rights_complete", args=[row.token]), {"text": "Aquí va."})
    row.refresh_from_db()
    assert row.state == ArcoState.RECEIVED
    assert client.get(reverse("rights_status", args=[row.folio])).status_code == 404


def test_the_desk_is_for_administrators(office: Client, desk: Client) -> None:
    row = ArcoRequestFactory()
    assert desk.get(reverse("arco_list")).status_code == 403
    assert desk.get(reverse("arco_detail", args=[row.pk])).status_code == 403
    assert row.folio in office.get(reverse("arco_list")).content.decode()


def test_the_desk_takes_a_request_up_and_answers_it(office: Client) -> None:
    row = ArcoRequestFactory(kind="rectification")
    address = reverse("arco_move", args=[row.pk])
    assert office.post(address, {"state": "in-progress"}).status_code == 422
    office.post(address, {"state": "in-progress", "identity": "Credencial cotejada"})
    assert office.post(address, {"state": "granted"}).status_code == 422  # an answer has words
    office.post(address, {"state": "granted", "text": "Corregimos su nombre."})
    office.post(address, {"state": "fulfilled"})
    row.refresh_from_db()
    assert row.state == ArcoState.FULFILLED
    assert row.closed_at is not None


def test_a_step_that_somebody_else_took_first_is_not_taken_again(office: Client, admin: User) -> None:
    row = ArcoRequestFactory()
    services.move(request=row, state=ArcoState.DISCARDED, by=admin, text="Repetida")
    answer = office.post(reverse("arco_move", args=[row.pk]), {"state": "identity"}, follow=True)
    assert "Alguien más movió esta solicitud" in answer.content.decode()
    assert row.steps.count() == 1


def test_the_calendar_page_adds_and_removes_days_and_refuses_one_twice(office: Client) -> None:
    address = reverse("holiday_list")
    day = {"form": "day", "day": "2026-09-16", "name": "Independencia"}
    assert office.post(address, day).status_code == 302
    assert office.post(address, day).status_code == 422
    assert office.post(address, {"form": "deadlines", "answer_days": "0"}).status_code == 422
    office.post(reverse("holiday_delete", args=[NonWorkingDay.objects.get().pk]))
    assert not NonWorkingDay.objects.exists()
