"""The staff's pages of registrations and attendance."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.enums import EventStatus, RegistrationState
from events.models import Event, Registration
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(factories.StaffFactory())
    return client


@pytest.fixture
def event() -> Event:
    return factories.EventFactory()


@pytest.fixture
def today() -> Event:
    """An event of today, whose attendance can be written down."""
    return factories.EventFactory(day=timezone.localdate(), hour=None)


def url(name: str, event: Event, *more: int) -> str:
    return reverse(name, args=[event.pk, *more])


def test_registrations_are_filtered_by_state_and_words(staff: Client, event: Event) -> None:
    factories.RegistrationFactory(event=event, name="Ana Confirmada")
    factories.RegistrationFactory(event=event, name="Beto en Espera", state=RegistrationState.WAITING)
    for query, expected in (({"estado": "waiting"}, ["Beto en Espera"]), ({"q": "ana"}, ["Ana Confirmada"])):
        page = staff.get(url("staff_event_registrations", event), query).context["page"]
        assert [row.name for row in page] == expected


def test_csv_has_the_filtered_rows_and_no_formula(staff: Client, event: Event) -> None:
    factories.RegistrationFactory(event=event, name="=SUMA(A1)", sex="woman")
    factories.RegistrationFactory(event=event, name="En espera", state=RegistrationState.WAITING)
    response = staff.get(url("staff_event_registrations_csv", event), {"estado": "confirmed"})
    lines = response.content.decode("utf-8-sig").splitlines()
    assert response["Content-Disposition"].startswith("attachment")
    assert len(lines) == 2
    assert lines[1].startswith("'=SUMA(A1),")
    assert ",Mujer," in lines[1]


def typed(**changes: str) -> dict[str, str]:
    return {"name": "María Peña", "email": "maria@prueba.example", "consent": "on", "form_key": "clave", **changes}


def test_person_is_registered_by_hand_once_however_often_it_is_sent(staff: Client, event: Event) -> None:
    factories.PrivacyNoticeFactory()
    for _again in range(2):
        assert staff.post(url("staff_event_registration_create", event), typed()).status_code == 302
    row = Registration.objects.get()
    assert (row.state, row.self_registered, row.created_by is not None) == (RegistrationState.CONFIRMED, False, True)
    assert row.privacy_notice is not None


def test_registration_needs_the_person_to_agree(staff: Client, event: Event) -> None:
    body = typed()
    del body["consent"]
    response = staff.post(url("staff_event_registration_create", event), body)
    assert response.status_code == 422
    assert 'value="María Peña"' in response.content.decode()
    assert not Registration.objects.exists()


def test_registration_to_an_event_that_takes_nobody_says_why(staff: Client) -> None:
    event = factories.EventFactory(status=EventStatus.CANCELLED)
    response = staff.post(url("staff_event_registration_create", event), typed())
    assert response.status_code == 422
    assert "No se puede inscribir" in response.content.decode()


def test_cancelling_asks_first_and_hands_the_seat_on(staff: Client) -> None:
    event = factories.EventFactory(capacity=1)
    for name in ("Primera", "Segunda"):
        body = typed(name=name, email=f"{name.lower()}@prueba.example", form_key=name)
        staff.post(url("staff_event_registration_create", event), body)
    first, second = Registration.objects.order_by("pk")
    cancel = url("staff_event_registration_cancel", event, first.pk)
    assert staff.get(cancel).status_code == 200
    staff.post(cancel)
    second.refresh_from_db()
    assert second.state == RegistrationState.OFFERED
    for answer in (staff.get(cancel, follow=True), staff.post(cancel, follow=True)):
        assert "La inscripción de Primera ya estaba cancelada" in answer.content.decode()


def test_registration_of_another_event_is_not_found(staff: Client, event: Event) -> None:
    foreign = factories.RegistrationFactory()
    assert staff.post(url("staff_event_registration_cancel", event, foreign.pk)).status_code == 404
    attended = factories.AttendanceFactory(event=foreign.event)
    assert staff.post(url("staff_event_attendance_remove", event, attended.pk)).status_code == 404


def test_ticking_the_list_writes_attendance(staff: Client, today: Event) -> None:
    came, stayed = factories.RegistrationFactory(event=today), factories.RegistrationFactory(event=today)
    page = url("staff_event_attendance", today)
    staff.post(page, {"presente": [came.pk, "no-es-un-numero", "²", "9" * 30]})
    assert today.attendances.get().registration == came
    marked = staff.get(page).content.decode()
    assert f'value="{came.pk}" id="p{came.pk}" checked' in marked
    assert f'value="{stayed.pk}" id="p{stayed.pk}">' in marked
    staff.post(page, {"presente": [stayed.pk], "estaba": [came.pk]})
    assert today.attendances.get().registration == stayed


def test_attendance_of_a_cancelled_registration_stays_in_sight(staff: Client, today: Event) -> None:
    staff.post(url("staff_event_registration_create", today), typed(name="Vino y Canceló"))
    came = Registration.objects.get()
    page = url("staff_event_attendance", today)
    staff.post(page, {"presente": [came.pk]})
    staff.post(url("staff_event_registration_cancel", today, came.pk))
    shown = staff.get(page)
    assert (shown.context["attended"], len(shown.context["walk_ins"])) == (1, 1)


def test_somebody_not_registered_is_written_down_and_a_namesake_is_asked_about(staff: Client, today: Event) -> None:
    page = url("staff_event_attendee_create", today)
    assert "namesake" not in staff.get(page).content.decode()
    staff.post(page, {"name": "María Peña"})
    response = staff.post(page, {"name": "maria pena"})
    assert response.status_code == 422
    assert 'name="namesake"' in response.content.decode()
    assert staff.post(page, {"name": "maria pena", "namesake": "on"}).status_code == 302
    assert today.attendances.count() == 2


def test_next_person_can_follow_at_once(staff: Client, today: Event) -> None:
    page = url("staff_event_attendee_create", today)
    assert staff.post(page, {"name": "Una Persona", "otra": "1"})["Location"] == page


def test_mark_is_taken_back(staff: Client, event: Event) -> None:
    written = factories.AttendanceFactory(event=event)
    remove = url("staff_event_attendance_remove", event, written.pk)
    assert staff.get(remove).status_code == 405
    staff.post(remove)
    assert not event.attendances.exists()


@pytest.mark.parametrize(
    "name",
    ["staff_event_registrations", "staff_event_registrations_csv", "staff_event_registration_create",
     "staff_event_attendance", "staff_event_attendee_create", "staff_event_detail", "staff_event_results"],
)  # fmt: skip
def test_pages_with_people_are_closed_to_participants(name: str, client: Client, event: Event) -> None:
    client.force_login(factories.UserFactory())
    assert client.get(url(name, event)).status_code == 403


def test_draft_has_no_attendance_page_to_fill(staff: Client) -> None:
    event: Any = factories.EventFactory(status=EventStatus.DRAFT)
    factories.RegistrationFactory(event=event)
    staff.post(url("staff_event_attendance", event), {"presente": [event.registrations.get().pk]})
    assert not event.attendances.exists()


def test_list_of_an_event_to_come_says_from_when_it_can_be_marked(staff: Client, event: Event) -> None:
    factories.RegistrationFactory(event=event)
    page = staff.get(url("staff_event_attendance", event)).content.decode()
    assert "La asistencia se anota desde el día del evento" in page
    assert "presente" not in page
    response = staff.post(url("staff_event_attendee_create", event), {"name": "María Peña"})
    assert response.status_code == 422
    assert "desde el día del evento" in response.content.decode()
