"""Events with approval, by invitation, or that ask to confirm the e-mail."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import emails
from events.enums import Admission, CancelCause, EventStatus, RegistrationState, RegistrationStatus
from events.forms.admission import InvitationsForm
from events.models import Event, Invitation, Registration, SeatPool
from events.rules import confirmation_code
from events.services import registration as service
from events.services.registration import RegistrationData, RegistrationRefused, register
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
CONFIRMED, WAITING, CANCELLED = RegistrationState.CONFIRMED, RegistrationState.WAITING, RegistrationState.CANCELLED
REQUESTED, UNCONFIRMED = RegistrationState.REQUESTED, RegistrationState.UNCONFIRMED


def enter(event: Event, number: int = 1, **more: Any) -> Registration:
    data = RegistrationData(name=f"Ana Número {number}", email=f"ana{number}@prueba.example")
    return register(event=event, data=data, **more)


def taken(event: Event) -> int:
    return SeatPool.objects.get(event=event).taken


def stored(row: Registration) -> Registration:
    return Registration.objects.select_related("event").get(pk=row.pk)


def composed(key: str) -> Mail | NotWanted:
    message = Message.objects.get(dedupe_key=key)
    composer = getattr(emails, {"events.registration": "registration_made"}.get(message.kind, message.kind[7:]))
    result: Mail | NotWanted = composer(message.params, "es")
    return result


# --- With the institute's approval


@pytest.fixture
def approving() -> Event:
    return factories.EventFactory(capacity=1, admission=Admission.APPROVAL)


def test_a_request_holds_no_seat_until_it_is_approved(approving: Event) -> None:
    row = enter(approving)
    assert (row.state, taken(approving)) == (REQUESTED, 0)
    mail = composed(f"registration:{row.pk}:made")
    assert isinstance(mail, Mail)
    assert mail.subject.startswith("Recibimos su solicitud")
    staff = factories.StaffFactory()
    for _time in range(2):
        service.approve_registration(registration=row, by=staff)
    assert (stored(row).state, taken(approving)) == (CONFIRMED, 1)
    mail = composed(f"registration:{row.pk}:approved")
    assert isinstance(mail, Mail)
    assert "Se aprobó su inscripción. Su lugar está confirmado" in mail.text
    assert len(mail.attachments) == 1
    assert isinstance(composed(f"registration:{row.pk}:made"), NotWanted)  # the other mail says it


def test_who_is_approved_when_it_is_full_goes_to_the_end_of_the_line(approving: Event) -> None:
    rows = [enter(approving, number) for number in range(3)]
    staff = factories.StaffFactory()
    for row in (rows[2], rows[1], rows[0]):
        service.approve_registration(registration=row, by=staff)
    assert [stored(row).state for row in rows] == [WAITING, WAITING, CONFIRMED]
    assert [service.position_in_line(stored(row)) for row in rows] == [2, 1, 0]


def test_a_refusal_tells_the_reason_and_is_not_undone(approving: Event) -> None:
    row = enter(approving)
    staff = factories.StaffFactory()
    service.refuse_registration(registration=row, reason="Es para el personal de <salud>.", by=staff)
    service.approve_registration(registration=row, by=staff)
    assert (stored(row).state, stored(row).cancel_cause, taken(approving)) == (CANCELLED, CancelCause.NOT_ACCEPTED, 0)
    mail = composed(f"registration:{row.pk}:cancelled")
    assert isinstance(mail, Mail)
    assert "Motivo: Es para el personal de <salud>." in mail.text
    assert "&lt;salud&gt;" in mail.html
    assert enter(approving, form_key="otra").state == REQUESTED


def test_without_a_waiting_list_no_more_is_approved_than_there_is_room(approving: Event) -> None:
    Event.objects.update(waiting_list_enabled=False)
    approving.refresh_from_db()
    rows = [enter(approving, number) for number in range(2)]
    staff = factories.StaffFactory()
    service.approve_registration(registration=rows[0], by=staff)
    with pytest.raises(RegistrationRefused):
        service.approve_registration(registration=rows[1], by=staff)
    assert stored(rows[1]).state == REQUESTED
    assert not Message.objects.filter(dedupe_key=f"registration:{rows[1].pk}:approved").exists()


def test_what_the_institute_registers_needs_no_approval(approving: Event) -> None:
    assert enter(approving, self_registered=False, approved=True).state == CONFIRMED
    assert enter(approving, 2, self_registered=False).state == REQUESTED  # a liaison asks like everybody


def test_staff_decide_on_the_page(client: Client, approving: Event) -> None:
    rows = [enter(approving, number) for number in range(2)]
    client.force_login(factories.StaffFactory())
    page = reverse("staff_event_admission", args=[approving.pk])
    assert "Por aprobar (2)" in client.get(page).content.decode()
    assert "2" in client.get(reverse("staff_home")).content.decode()
    approve = reverse("staff_event_registration_approve", args=[approving.pk, rows[0].pk])
    refuse = reverse("staff_event_registration_refuse", args=[approving.pk, rows[1].pk])
    assert "con lugar confirmado" in client.post(approve, follow=True).content.decode()
    assert client.post(refuse, {"reason": ""}).status_code == 422
    assert client.post(refuse, {"reason": "No hay cupo."}).status_code == 302
    assert [stored(row).state for row in rows] == [CONFIRMED, CANCELLED]
    assert "ya no espera" in client.get(refuse, follow=True).content.decode()
    foreign = factories.EventFactory()
    url = reverse("staff_event_registration_approve", args=[foreign.pk, rows[0].pk])
    assert client.post(url).status_code == 404


# --- By invitation


@pytest.fixture
def closed() -> Event:
    return factories.EventFactory(admission=Admission.INVITED)


def invited(event: Event, *addresses: str) -> list[Invitation]:
    service.invite(event=event, addresses=addresses, by=factories.StaffFactory())
    return list(event.invitations.order_by("pk"))


def test_only_who_is_invited_may_register(closed: Event) -> None:
    one, _other = invited(closed, "Ana1@Prueba.example", "otra@prueba.example")
    with pytest.raises(RegistrationRefused) as refusal:
        enter(closed, 2)
    assert refusal.value.status == RegistrationStatus.BY_INVITATION
    row = enter(closed, 1)  # the e-mail typed is invited, which proves nothing until its owner confirms it
    one.refresh_from_db()
    assert (row.state, one.registration) == (RegistrationState.UNCONFIRMED, row)
    assert service.confirm_email(registration=row).state == CONFIRMED


def test_the_owner_of_an_invitation_comes_in_though_a_stranger_typed_the_address(closed: Event) -> None:
    (one,) = invited(closed, "Ana1@Prueba.example")
    stranger = enter(closed, 1)
    with pytest.raises(service.AlreadyRegistered):
        enter(closed, 1, invitation=one.token)
    assert stored(stranger).state == RegistrationState.UNCONFIRMED
    assert Message.objects.filter(kind="events.confirm_email").exists()


def test_a_link_opens_for_another_address_and_once(closed: Event) -> None:
    (one,) = invited(closed, "jefa@prueba.example")
    row = enter(closed, 7, invitation=one.token)
    assert row.state == CONFIRMED
    with pytest.raises(RegistrationRefused):
        enter(closed, 8, invitation=one.token)
    service.cancel_registration(registration=row)
    assert enter(closed, 8, invitation=one.token).state == CONFIRMED
    with pytest.raises(RegistrationRefused):
        enter(factories.EventFactory(admission=Admission.INVITED), 9, invitation=one.token)


def test_an_invitation_skips_approval(approving: Event) -> None:
    (one,) = invited(approving, "jefa@prueba.example")
    assert enter(approving, 7, invitation=one.token).state == CONFIRMED
    assert enter(approving, 8).state == REQUESTED


def test_each_is_invited_and_mailed_once(closed: Event) -> None:
    staff = factories.StaffFactory()
    assert service.invite(event=closed, addresses=["a@prueba.example", "b@prueba.example"], by=staff) == 2
    assert service.invite(event=closed, addresses=["A@prueba.example", "c@prueba.example"], by=staff) == 1
    assert Message.objects.filter(kind="events.invitation").count() == 3
    one = closed.invitations.get(email="a@prueba.example")
    mail = composed(f"event-invitation:{one.pk}")
    assert isinstance(mail, Mail)
    assert f"?invitacion={one.token}" in mail.text
    assert closed.meeting_url not in mail.text + mail.html
    Event.objects.update(status=EventStatus.CANCELLED)
    assert isinstance(composed(f"event-invitation:{one.pk}"), NotWanted)


@pytest.mark.parametrize(
    ("typed", "addresses", "repeated"),
    [
        ("a@x.example\nb@x.example", ["a@x.example", "b@x.example"], 0),
        ("a@x.example, b@x.example; A@X.example", ["a@x.example", "b@x.example"], 1),
        ('"Pérez, Ana" <ana@x.example>, Luis Gil <luis@x.example>\n\n', ["ana@x.example", "luis@x.example"], 0),
        ("Ana Pérez\tana@x.example\r\nmailto:luis@x.example,", ["ana@x.example", "luis@x.example"], 0),
    ],
)
def test_lists_are_read_as_people_paste_them(typed: str, addresses: list[str], repeated: int) -> None:
    form = InvitationsForm({"addresses": typed})
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["addresses"], form.repeated) == (addresses, repeated)


@pytest.mark.parametrize("typed", ["a@x.example\nAna Pérez", "a@x.example, b@", "a@x.example <script>@", ""])
def test_a_wrong_line_stops_the_whole_list_and_is_named(typed: str) -> None:
    assert not InvitationsForm({"addresses": typed}).is_valid()


def test_staff_invite_from_the_page(client: Client, closed: Event) -> None:
    client.force_login(factories.StaffFactory())
    page = reverse("staff_event_admission", args=[closed.pk])
    refused = client.post(page, {"addresses": "a@x.example\nNadie"})
    assert (refused.status_code, closed.invitations.count()) == (422, 0)
    assert "Nadie" in refused.content.decode()
    done = client.post(page, {"addresses": "a@x.example, a@x.example\nb@x.example"}, follow=True)
    assert "2 personas invitadas. 1 correo estaba repetido" in done.content.decode()
    draft = factories.EventFactory(admission=Admission.INVITED, status=EventStatus.DRAFT)
    answer = client.post(reverse("staff_event_admission", args=[draft.pk]), {"addresses": "a@x.example"})
    assert (answer.status_code, draft.invitations.count()) == (422, 0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"admission": Admission.OPEN}, "no hace falta invitar"),
        ({"day": timezone.localdate() - dt.timedelta(days=2)}, "ya no recibe inscripciones"),
        ({"status": EventStatus.CANCELLED}, "ya no recibe inscripciones"),
    ],
)
def test_nobody_is_invited_where_an_invitation_opens_nothing(
    client: Client, fields: dict[str, Any], words: str
) -> None:
    event = factories.EventFactory(**{"admission": Admission.INVITED} | fields)
    client.force_login(factories.StaffFactory())
    page = reverse("staff_event_admission", args=[event.pk])
    assert words in client.get(page).content.decode()
    answer = client.post(page, {"addresses": "a@x.example"})
    assert (answer.status_code, event.invitations.count()) == (422, 0)
    assert words in answer.content.decode()
    assert "a@x.example" in answer.content.decode()


def test_a_shared_mailbox_that_is_invited_lets_in_nobody_whom_a_liaison_enrols(approving: Event) -> None:
    invited(approving, "ana1@prueba.example")
    enlace = factories.liaison(factories.MunicipalityFactory())
    assert enter(approving, 1, by=enlace, self_registered=False).state == REQUESTED


def fill(client: Client, url: str, **more: str) -> Any:
    """Send the public form as a person would."""
    page = client.get(url).content.decode()
    found = re.search(r'name="stamp" value="([^"]*)"', page)
    assert found
    typed = {"name": "Ana Luz", "email": "ana@prueba.example", "category": "academia", "consent": "on"}
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=5), tick=False):
        return client.post(url, typed | {"stamp": found[1]} | more)


def test_the_public_form_of_an_event_by_invitation(client: Client, closed: Event) -> None:
    factories.PrivacyNoticeFactory()
    one, _two = invited(closed, "jefa@prueba.example", "dos@prueba.example")
    url = reverse("event_register", args=[closed.slug])
    event_page = client.get(reverse("event_detail", args=[closed.slug])).content.decode()
    assert "Solo por invitación" in event_page
    assert url in event_page
    refused = fill(client, url)
    assert (refused.status_code, Registration.objects.count()) == (422, 0)
    assert "este correo no está invitado" in refused.content.decode()
    assert "jefa@prueba.example" in client.get(f"{url}?invitacion={one.token}").content.decode()
    assert fill(client, f"{url}?invitacion={one.token}").status_code == 302
    assert fill(client, url, email="dos@prueba.example", name="Otra Persona").status_code == 302
    assert "Esta invitación ya se usó" in client.get(f"{url}?invitacion={one.token}").content.decode()
    assert fill(client, f"{url}?invitacion={one.token}", email="x@prueba.example", name="Tres").status_code == 422


# --- Confirming the e-mail


@pytest.fixture
def asking() -> Event:
    return factories.EventFactory(capacity=1, confirms_email=True)


def test_no_seat_until_the_email_is_confirmed(client: Client, asking: Event) -> None:
    row, faster = enter(asking, 1), enter(asking, 2)
    assert (row.state, faster.state, taken(asking)) == (UNCONFIRMED, UNCONFIRMED, 0)
    assert list(Message.objects.values_list("kind", flat=True)) == ["events.confirm_email"] * 2
    mail = composed(f"registration:{row.pk}:confirm")
    assert isinstance(mail, Mail)
    assert row.token not in mail.text  # the page that is open already must not be enough
    found = re.search(r"/eventos/inscripciones/correo/\S+/", mail.text)
    assert found
    own = client.get(reverse("registration_detail", args=[row.token])).content.decode()
    assert 'data-state="unconfirmed"' in own
    assert found[0] not in own
    assert 'data-state="unconfirmed"' in client.get(found[0]).content.decode()
    assert stored(row).state == UNCONFIRMED
    service.confirm_email(registration=faster)
    answer = client.post(found[0], follow=True)
    assert 'data-state="waiting"' in answer.content.decode()
    assert (stored(faster).state, stored(row).state, taken(asking)) == (CONFIRMED, WAITING, 1)
    client.post(found[0])
    assert Message.objects.filter(kind="events.registration").count() == 2
    assert isinstance(composed(f"registration:{row.pk}:confirm"), NotWanted)


def test_who_does_not_confirm_in_time_is_gone_and_may_come_again(client: Client, asking: Event) -> None:
    row = enter(asking)
    code = confirmation_code(row)
    confirm = reverse("registration_confirm", args=[code])
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=31), tick=False):
        late = client.get(confirm, follow=True).content.decode()  # before any sweep
        assert "El plazo para confirmar su correo terminó" in late
        assert "Inscribirse otra vez" in late
        assert reverse("registration_cancel", args=[row.token]) not in late
        assert stored(row).state == UNCONFIRMED
        assert "El correo no se confirmó a tiempo" in client.post(confirm, follow=True).content.decode()
        assert (stored(row).state, stored(row).cancel_cause) == (CANCELLED, CancelCause.EMAIL_UNCONFIRMED)
        assert not Message.objects.filter(kind="events.registration_cancelled").exists()
        assert enter(asking, form_key="otra").state == UNCONFIRMED
    assert client.get(reverse("registration_confirm", args=[code + "x"])).status_code == 404


def test_who_is_late_need_not_wait_for_the_sweep_to_come_again(asking: Event) -> None:
    row = enter(asking)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=31), tick=False):
        again = enter(asking, form_key="otra")
        assert again.pk != row.pk
        service.sweep()
    assert (stored(row).state, stored(again).state) == (CANCELLED, UNCONFIRMED)


def test_registering_again_sends_the_confirmation_again(asking: Event) -> None:
    row = enter(asking)
    with pytest.raises(service.AlreadyRegistered):
        enter(asking)
    assert Message.objects.filter(kind="events.confirm_email", params={"registration": row.pk}).count() == 2


def test_confirmed_requests_still_need_approval_and_links_prove_the_address(asking: Event) -> None:
    Event.objects.update(admission=Admission.APPROVAL)
    asking.refresh_from_db()
    row = enter(asking, 1)
    service.confirm_email(registration=row)
    assert stored(row).state == REQUESTED
    one, two = invited(asking, "ana2@prueba.example", "ana3@prueba.example")
    assert enter(asking, 2, invitation=one.token).state == CONFIRMED
    typed = enter(asking, 3)  # invited, but the address is not proven by typing it
    assert typed.state == UNCONFIRMED
    service.confirm_email(registration=typed)
    two.refresh_from_db()
    assert (stored(typed).state, two.registration) == (WAITING, typed)


def test_nobody_registers_into_an_event_called_off_meanwhile(asking: Event) -> None:
    Event.objects.update(status=EventStatus.CANCELLED)  # since the page was read
    with pytest.raises(RegistrationRefused):
        enter(asking)
    assert not Registration.objects.exists()
