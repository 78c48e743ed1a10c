"""What follows a session: agreements that become actions, and the reminder of results that nobody wrote."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actions.enums import ReviewState
from actions.models import Action
from events import emails
from events.enums import EventStatus
from events.models import Agreement, Event
from events.services import editing
from events.services.results import make_action, remind_pending_results
from network.models import User
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def by() -> User:
    return factories.StaffFactory()


@pytest.fixture
def staff(client: Client, by: User) -> Client:
    client.force_login(by)
    return client


def held(days: int = 11, **more: Any) -> Event:
    return factories.EventFactory(day=timezone.localdate() - dt.timedelta(days=days), **more)


def agreed(event: Event | None = None, **more: Any) -> Agreement:
    event = event or held()
    event.sectors.add(factories.SectorFactory())
    values = {"text": "Limpiar los canales", "owner": "Obras Públicas", "municipality": factories.MunicipalityFactory()}
    return Agreement.objects.create(event=event, **{**values, **more})


# --- Agreements


def results(event: Event, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    lists = {name: [] for name in ("answers", "materials")} | {"agreements": list(rows)}
    body: dict[str, Any] = {"version": event.version, "results_summary": "", **more}
    for name, typed in lists.items():
        stored = sum(1 for row in typed if row.get("id"))
        body |= {f"{name}-TOTAL_FORMS": str(len(typed)), f"{name}-INITIAL_FORMS": str(stored)}
        body |= {f"{name}-{n}-{key}": value for n, row in enumerate(typed) for key, value in row.items()}
    return body


def test_agreements_are_written_and_published_by_office(staff: Client) -> None:
    event, town = held(), factories.MunicipalityFactory()
    page = reverse("staff_event_results", args=[event.pk])
    rows = [
        {"text": "Segundo <b>acuerdo</b>", "ORDER": "2", "owner": "", "municipality": "", "due_on": ""},
        {"text": "Primero", "ORDER": "1", "owner": "Obras Públicas", "municipality": town.pk, "due_on": "2027-02-01"},
    ]
    assert staff.post(page, results(event, *rows)).status_code == 302
    assert list(event.agreements.values_list("text", "owner", "municipality", "due_on")) == [
        ("Primero", "Obras Públicas", town.pk, dt.date(2027, 2, 1)), ("Segundo <b>acuerdo</b>", "", None, None),
    ]  # fmt: skip
    public = Client().get(reverse("event_detail", args=[event.slug])).content.decode()
    for words in ("Primero", "Obras Públicas", town.name, "1 de febrero de 2027", "Segundo &lt;b&gt;acuerdo&lt;/b&gt;"):
        assert words in public
    assert "Resultado pendiente" not in public


def test_saving_the_same_agreements_changes_nothing(by: User) -> None:
    agreement = agreed()
    event = agreement.event
    row = {"id": agreement.pk, "text": agreement.text, "owner": agreement.owner, "municipality": agreement.municipality}
    editing.save_event(event=event, data={"agreements": [row]}, by=by)
    event.refresh_from_db()
    assert event.version == 1


def test_second_press_says_that_the_agreement_was_an_action_already(staff: Client) -> None:
    agreement = agreed()
    address = f"/gestion/eventos/{agreement.event.pk}/acuerdos/{agreement.pk}/accion/"
    first, second = (staff.post(address, follow=True).content.decode() for _press in range(2))
    assert "El acuerdo es un borrador de acción de" in first
    assert "no se avisa otra vez" in second
    assert "Nadie recibe aviso" not in second


def test_agreement_becomes_a_draft_action_of_its_municipality_once(by: User) -> None:
    agreement = agreed(due_on=timezone.localdate() + dt.timedelta(days=60))
    assert agreement.municipality is not None
    person = factories.liaison(agreement.municipality)
    event = agreement.event
    event.sdgs.add(factories.SDGFactory())
    (action, told), (again, _nobody) = (make_action(agreement=agreement, by=by) for _again in range(2))
    assert (action, told) == (again, 1)
    assert Action.objects.get() == action
    assert (action.municipality, action.review_state) == (agreement.municipality, ReviewState.DRAFT)
    assert (action.title, action.responsible_area) == ("Limpiar los canales", "Obras Públicas")
    assert (action.ends_on, action.status) == (agreement.due_on, "planned")
    assert (action.pathway, action.sector) == (event.pathway, event.sectors.get())
    assert event.title in action.description
    assert f"/eventos/{event.slug}/" in action.description
    assert action.origin == agreement
    assert action.sdgs.count() == 1
    message = Message.objects.get()
    assert (message.kind, message.to_email) == ("events.agreement_action", person.email)
    mail = emails.agreement_action(message.params, "es")
    assert isinstance(mail, Mail)
    assert f"/mi-municipio/acciones/{action.pk}/" in mail.text
    action.delete()
    assert isinstance(emails.agreement_action(message.params, "es"), NotWanted)


def test_mail_does_not_reach_who_is_not_designated_any_more(by: User) -> None:
    agreement = agreed()
    assert agreement.municipality is not None
    person = factories.liaison(agreement.municipality)
    make_action(agreement=agreement, by=by)
    designation = person.designation
    assert designation is not None
    designation.delete()
    assert isinstance(emails.agreement_action(Message.objects.get().params, "es"), NotWanted)


@pytest.mark.parametrize(
    ("more", "said"), [({"municipality": None}, "Diga de qué municipio"), ({"sector": None}, "no tiene sector")]
)
def test_agreement_that_lacks_something_is_no_action_yet(by: User, more: dict[str, Any], said: str) -> None:
    sectorless = "sector" in more
    agreement = agreed(**{name: value for name, value in more.items() if name != "sector"})
    if sectorless:
        agreement.event.sectors.clear()
    with pytest.raises(ValidationError, match=said):
        make_action(agreement=agreement, by=by)
    assert not Action.objects.exists()


def test_draft_offers_no_action_and_stays_once_an_agreement_is_one(staff: Client, by: User) -> None:
    agreement = agreed()
    page = reverse("staff_event_results", args=[agreement.event_id])
    Event.objects.update(status=EventStatus.DRAFT)
    assert "Convertir en acción" not in staff.get(page).content.decode()
    Event.objects.update(status=EventStatus.PUBLISHED)
    make_action(agreement=agreement, by=by)
    Event.objects.update(status=EventStatus.DRAFT)
    with pytest.raises(ValidationError, match="ya es una acción"):
        editing.delete_draft(event=agreement.event, by=by)
    assert Event.objects.exists()


def test_due_date_in_the_past_and_a_long_text_make_an_action_too(by: User) -> None:
    agreement = agreed(due_on=dt.date(2020, 1, 1), text="palabra " * 70, owner="")
    action, told = make_action(agreement=agreement, by=by)
    assert (len(action.title) <= 160, action.title.endswith("…"), action.starts_on) == (True, True, dt.date(2020, 1, 1))
    assert (action.responsible_area, told) == ("Por definir", 0)


def test_agreement_that_is_an_action_stays(staff: Client, by: User) -> None:
    agreement = agreed()
    make_action(agreement=agreement, by=by)
    event = agreement.event
    page = reverse("staff_event_results", args=[event.pk])
    row = {"id": agreement.pk, "text": "Otro texto", "municipality": agreement.municipality_id}
    response = staff.post(page, results(event, row | {"DELETE": "on"}))
    assert response.status_code == 422
    assert "no se quita" in response.content.decode()
    assert staff.post(page, results(event, row | {"municipality": ""})).status_code == 422
    assert staff.post(page, results(event, row)).status_code == 302
    agreement.refresh_from_db()
    assert (agreement.text, agreement.action is not None) == ("Otro texto", True)


def test_button_makes_the_action_and_a_foreign_agreement_is_not_found(staff: Client) -> None:
    agreement, foreign = agreed(), agreed()
    make = reverse("staff_agreement_action", args=[agreement.event_id, agreement.pk])
    assert (
        "Convertir en acción" in staff.get(reverse("staff_event_results", args=[agreement.event_id])).content.decode()
    )
    for _again in range(2):
        assert staff.post(make)["Location"] == reverse("staff_event_results", args=[agreement.event_id])
    assert Action.objects.count() == 1
    assert staff.post(reverse("staff_agreement_action", args=[agreement.event_id, foreign.pk])).status_code == 404


def test_event_says_the_state_of_a_public_action_alone_and_the_action_its_origin(client: Client, by: User) -> None:
    agreement = agreed()
    assert agreement.municipality is not None
    action, _told = make_action(agreement=agreement, by=by)
    page = reverse("event_detail", args=[agreement.event.slug])
    assert "Se sigue como acción" not in client.get(page).content.decode()
    Action.objects.update(review_state=ReviewState.PUBLISHED, validated_at=timezone.now(), published_at=timezone.now())
    assert reverse("action_detail", args=[action.slug]) in client.get(page).content.decode()
    client.force_login(factories.liaison(agreement.municipality))
    for address in (reverse("liaison_action_detail", args=[action.pk]), reverse("action_detail", args=[action.slug])):
        told = client.get(address).content.decode()
        assert "Viene del acuerdo de" in told
        assert page in told


# --- Results pending


def test_reminder_goes_once_to_who_answers_for_the_event(by: User) -> None:
    other = factories.StaffFactory()
    event = held(responsible=by, created_by=other)
    assert remind_pending_results() == 1
    assert remind_pending_results() == 0
    Event.objects.update(responsible=other)
    assert remind_pending_results() == 0
    message = Message.objects.get()
    assert (message.kind, message.to_email) == ("events.results_pending", by.email)
    mail = emails.results_pending(message.params, "es")
    assert isinstance(mail, Mail)
    assert f"/gestion/eventos/{event.pk}/resultados/" in mail.text
    Event.objects.update(results_summary="Se acordó una ruta.")
    assert isinstance(emails.results_pending(message.params, "es"), NotWanted)


def test_reminder_falls_back_on_who_programmed_it_and_then_on_all_staff(by: User) -> None:
    gone = factories.StaffFactory(is_active=False)
    factories.UserFactory()
    admin = factories.AdminFactory()
    programmed = held(responsible=gone, created_by=by)
    nobody = held()
    assert remind_pending_results() == 3
    told = {(message.params["event"], message.to_email) for message in Message.objects.all()}
    assert told == {(programmed.pk, by.email), (nobody.pk, by.email), (nobody.pk, admin.email)}


@pytest.mark.parametrize(("days", "expected"), [(10, 0), (11, 1), (119, 1), (130, 0)])
def test_reminder_waits_ten_days_and_forgets_the_old_ones(by: User, days: int, expected: int) -> None:
    held(days, created_by=by)
    assert remind_pending_results() == expected


def test_draft_cancelled_and_finished_events_are_not_pending(by: User) -> None:
    held(status="draft"), held(status="cancelled"), held(results_summary="Listo")
    factories.EventFactory(day=None)
    assert remind_pending_results() == 0
    assert not Event.objects.results_pending().exists()


def test_pending_results_are_marked_filtered_and_listed(staff: Client) -> None:
    pending, fresh = held(title="Le faltan resultados"), held(3, title="Apenas terminó")
    listed = staff.get(reverse("staff_event_list"), {"cuando": "pendientes"})
    assert [event.title for event in listed.context["page"]] == ["Le faltan resultados"]
    whole = staff.get(reverse("staff_event_list")).content.decode()
    assert whole.count('<span class="badge tone-warn">') >= 1
    assert whole.count("Resultado pendiente") == 1
    assert "hace más de 10 días" in staff.get(reverse("staff_event_results", args=[pending.pk])).content.decode()
    assert "hace más de 10 días" not in staff.get(reverse("staff_event_results", args=[fresh.pk])).content.decode()
    home = staff.get(reverse("staff_home"))
    assert [event.title for event in home.context["without_results"]] == ["Le faltan resultados"]


def test_responsible_is_one_of_the_institute(staff: Client, by: User) -> None:
    event = editing.save_event(
        event=None, by=by,
        data={"title": "Sesión", "format": factories.FormatFactory(), "modality": "virtual",
              "pathway": factories.PathwayFactory(), "time_zone": "America/Mexico_City"},
    )  # fmt: skip
    lists = ("organisers", "speakers", "guiding_questions", "materials", "seat_pools")
    body = {f"{name}-{key}": "0" for name in lists for key in ("TOTAL_FORMS", "INITIAL_FORMS")} | {
        "title": "Sesión", "format": event.format_id, "modality": "virtual", "pathway": event.pathway_id,
        "time_zone": "America/Mexico_City", "version": event.version, "offer_hours": "24", "admission": "open",
    }  # fmt: skip
    page = reverse("staff_event_edit", args=[event.pk])
    outsider = factories.UserFactory()
    response = staff.post(page, {**body, "responsible": outsider.pk})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["responsible"]
    assert staff.post(page, {**body, "responsible": by.pk}).status_code == 302
    event.refresh_from_db()
    assert event.responsible == by
