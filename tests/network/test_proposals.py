"""What municipalities propose by their link, and what the institute answers."""

import datetime as dt
from io import BytesIO

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from network import services
from network.emails import proposal_decided, proposal_link
from network.enums import DesignationState, LinkState
from network.models import (
    Designation,
    Invitation,
    MunicipalOffice,
    Person,
    PersonMerge,
    Proposal,
    ProposalLink,
    municipalities_without_titular,
)
from outbox.models import Message
from outbox.registry import NotWanted
from tests import factories as f

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def pdf(name="oficio.pdf"):
    file = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(file)
    return SimpleUploadedFile(name, file.getvalue(), content_type="application/pdf")


def typed(**fields):
    today = timezone.localdate().isoformat()
    return {
        "name": "Ana Prueba",
        "email": "ana@prueba.example",
        "position": "Directora de Ecología",
        "institution": "Dirección de Medio Ambiente",
        "sex": "woman",
        "oficio_number": "PM/12/2026",
        "oficio_date": today,
        "signed_by": "Presidenta municipal",
        "starts_on": today,
        "consent": "on",
        "oficio_file": pdf(),
    } | fields


def page_state(response):
    return response.content.decode().split('data-state="')[1].split('"')[0]


def home(link):
    return reverse("proposal_home", args=[link.token])


def form_of(link, kind="titular"):
    return reverse("proposal_form", args=[link.token, kind])


@pytest.fixture
def link():
    return f.ProposalLinkFactory()


# --- The municipality


def test_looking_at_the_link_writes_nothing_and_the_button_begins(client, link):
    assert page_state(client.get(home(link))) == "open"
    client.get(form_of(link))
    link.refresh_from_db()
    assert link.opened_at is None
    assert link.state == LinkState.SENT
    response = client.post(home(link), {"kind": "titular"})
    assert response.status_code == 302
    assert response["Location"] == form_of(link)
    link.refresh_from_db()
    assert link.opened_at
    assert link.state == LinkState.OPENED


def test_a_municipality_proposes_without_an_account_and_reads_what_comes_next(client, link):
    namesake = f.PersonFactory(name="Ana Prueba", email="ana@prueba.example", municipality=link.municipality)
    response = client.post(form_of(link), typed())
    assert response.status_code == 302, response.content.decode()
    shown = client.get(response["Location"])
    assert page_state(shown) == "proposed"
    assert "PM/12/2026" in shown.content.decode()
    stored = Designation.objects.get(proposal__link=link)
    assert (stored.state, stored.kind, stored.municipality) == ("proposed", "titular", link.municipality)
    assert stored.oficio_sha256
    assert stored.created_by is None
    assert stored.person != namesake
    assert stored.person.institution == "Dirección de Medio Ambiente"
    assert link.municipality in municipalities_without_titular()


def test_one_proposal_of_each_kind(client, link):
    client.post(form_of(link), typed())
    again = client.post(form_of(link), typed(name="Otra"))
    assert again.status_code == 302
    assert Proposal.objects.count() == 1
    assert client.post(form_of(link, "suplente"), typed(name="Luis Prueba")).status_code == 302
    assert sorted(Proposal.objects.values_list("kind", flat=True)) == ["suplente", "titular"]
    assert client.get(form_of(link, "otra")).status_code == 404
    assert client.post(home(link), {"kind": "otra"}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "),
        ("name", "123"),
        ("email", "no es correo"),
        ("email", ""),
        ("oficio_file", SimpleUploadedFile("oficio.pdf", b"MZ no es un PDF")),
        ("oficio_file", ""),
        ("oficio_date", (timezone.localdate() + DAY).isoformat()),
        ("ends_on", (timezone.localdate() - DAY).isoformat()),
        ("consent", ""),
        ("institution", "x" * 5000),
        ("signed_by", ""),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_stored(client, link, field, value):
    response = client.post(form_of(link), typed(oficio_number="PM/77") | {field: value})
    assert response.status_code == 422
    assert page_state(response) == "refused"
    assert field in response.context["form"].errors
    assert "PM/77" in response.content.decode()
    assert not Proposal.objects.exists()
    assert not Person.objects.exists()


def test_link_over_withdrawn_or_forged(client):
    over = f.ProposalLinkFactory(ends_on=timezone.localdate() - DAY)
    gone = f.ProposalLinkFactory(revoked_at=timezone.now())
    for link in (over, gone):
        assert page_state(client.get(home(link))) == "gone"
        response = client.post(form_of(link), typed())
        assert response.status_code == 410
        assert not Proposal.objects.exists()
    assert client.get(reverse("proposal_home", args=[f"{over.pk}.xxxx"])).status_code == 404
    other = reverse("invitation_accept", args=[over.token])
    assert client.get(other).status_code == 404  # a link of one kind opens nothing of the other


def test_rejected_proposal_is_corrected_and_waits_again(client, desk, link):
    client.post(form_of(link), typed())
    designation = Designation.objects.get()
    response = desk.post(reverse("staff_designation_reject", args=[designation.pk]), {"reason": "Falta la firma."})
    assert response.status_code == 302
    message = Message.objects.get(kind="network.proposal_decided")
    assert message.to_email == link.email
    mail = proposal_decided(message.params, "es")
    assert "Falta la firma." in mail.text
    assert home(link) in mail.text
    shown = client.get(home(link))
    assert page_state(shown) == "rejected"
    assert "Falta la firma." in shown.content.decode()
    assert 'value="Ana Prueba"' in client.get(form_of(link)).content.decode()

    first_file = designation.oficio_file.name
    again = typed(oficio_number="PM/13/2026", name="Ana Prueba Ruiz")
    del again["oficio_file"]
    assert client.post(form_of(link), again).status_code == 302
    designation.refresh_from_db()
    assert (designation.state, designation.oficio_number) == ("proposed", "PM/13/2026")
    assert designation.oficio_file.name == first_file
    assert designation.oficio_sha256
    assert designation.proposal.round == 2
    assert designation.proposal.reason == ""
    assert [person.name for person in Person.objects.all()] == ["Ana Prueba Ruiz"]
    assert isinstance(proposal_decided(message.params, "es"), NotWanted)
    assert designation.history.count() == 3


def test_correction_never_writes_into_a_record_that_staff_joined(client, staff, link):
    client.post(form_of(link), typed())
    proposal = Proposal.objects.get()
    services.reject_proposal(proposal=proposal, reason="Corrija.", by=staff)
    known = f.PersonFactory(name="Ana Prueba", user=f.UserFactory())
    services.merge_people(kept=known, gone=proposal.designation.person, by=staff)
    client.post(form_of(link), typed(name="Nadie Parecido", email="n@prueba.example", oficio_file=pdf()))
    known.refresh_from_db()
    assert known.name == "Ana Prueba"
    assert Designation.objects.get().person.name == "Nadie Parecido"


# --- The institute


def verify(desk, proposal, **data):
    return desk.post(reverse("staff_designation_verify", args=[proposal.designation_id]), data)


def test_staff_see_proposals_first(desk):
    f.DesignationFactory(municipality__name="Aaa")
    f.ProposalFactory(link__municipality__name="Zzz")
    rows = list(desk.get(reverse("staff_designation_list")).context["page"])
    assert [row.state for row in rows] == ["proposed", "in-force"]
    page = desk.get(reverse("staff_proposal_list"))
    assert page.context["waiting"] == 1
    assert "Zzz" in page.content.decode()


def test_verifying_puts_in_force_invites_and_closes_an_expired_titular(desk):
    proposal = f.ProposalFactory(designation__person__email="nueva@prueba.example")
    old = f.DesignationFactory(
        municipality=proposal.link.municipality,
        starts_on=timezone.localdate() - 400 * DAY,
        ends_on=timezone.localdate() - 30 * DAY,
    )
    assert verify(desk, proposal, invite="on").status_code == 302
    old.refresh_from_db()
    designation = Designation.objects.get(pk=proposal.designation_id)
    assert (old.state, designation.state) == (DesignationState.ENDED, DesignationState.IN_FORCE)
    assert Invitation.objects.get().email == "nueva@prueba.example"
    kinds = set(Message.objects.values_list("kind", flat=True))
    assert kinds == {"network.proposal_decided", "network.invitation"}
    assert designation.history.first().history_change_reason == "Propuesta verificada"


def test_titular_in_force_is_replaced_only_when_staff_say_so(desk):
    proposal = f.ProposalFactory()
    old = f.DesignationFactory(municipality=proposal.link.municipality)
    response = verify(desk, proposal)
    assert response.status_code == 422
    assert "sigue como titular" in response.content.decode()
    old.refresh_from_db()
    assert old.state == DesignationState.IN_FORCE
    assert verify(desk, proposal, replace="on").status_code == 302
    old.refresh_from_db()
    assert (old.state, old.ends_on) == (DesignationState.REPLACED, timezone.localdate() - DAY)


def test_succession_of_the_future_waits_for_its_day(desk):
    proposal = f.ProposalFactory(designation__starts_on=timezone.localdate() + 10 * DAY)
    old = f.DesignationFactory(municipality=proposal.link.municipality, ends_on=timezone.localdate() + 5 * DAY)
    response = verify(desk, proposal, replace="on")
    assert response.status_code == 422
    assert "verifíquela desde ese día" in response.content.decode()
    old.refresh_from_db()
    assert old.is_current


def test_letter_of_the_future_never_ends_a_titular_early(staff):
    old = f.DesignationFactory(ends_on=timezone.localdate() + 5 * DAY)
    new = Designation(municipality=old.municipality, oficio_number="1", starts_on=timezone.localdate() + 6 * DAY)
    with pytest.raises(Exception, match="ya tiene una persona titular vigente"):
        services.record_designation(designation=new, person=Person(name="N"), by=staff)
    old.refresh_from_db()
    assert old.is_current


def test_a_namesake_is_joined_only_when_staff_say_so(desk):
    known = f.PersonFactory(name="Ána  Prueba", email="vieja@prueba.example", user=f.UserFactory())
    proposal = f.ProposalFactory(
        designation__person=f.PersonFactory(name="Ana Prueba", email="ana@prueba.example", position="Directora"),
    )
    known.municipality = proposal.link.municipality
    known.save()
    response = verify(desk, proposal, invite="on")
    assert response.status_code == 422
    assert "person" in response.context["form"].errors
    assert verify(desk, proposal, person=str(known.pk)).status_code == 302
    known.refresh_from_db()
    designation = Designation.objects.get(pk=proposal.designation_id)
    assert designation.person == known
    assert designation.is_current
    assert (known.position, known.email) == ("Directora", "vieja@prueba.example")  # who has an account keeps the e-mail
    assert PersonMerge.objects.get().kept == known
    assert not Invitation.objects.exists()


def test_new_person_beside_a_namesake(desk):
    proposal = f.ProposalFactory()
    typed_person = proposal.designation.person
    f.PersonFactory(name=typed_person.name, municipality=proposal.link.municipality)
    assert verify(desk, proposal, person="new").status_code == 302
    assert Designation.objects.get(pk=proposal.designation_id).person == typed_person
    assert not PersonMerge.objects.exists()


def test_only_people_that_were_offered_can_be_chosen(desk):
    proposal, stranger = f.ProposalFactory(), f.PersonFactory()
    f.PersonFactory(name=proposal.designation.person.name, municipality=proposal.link.municipality)
    assert verify(desk, proposal, person=str(stranger.pk)).status_code == 422
    address = reverse("staff_designation_verify", args=[proposal.designation_id])
    assert desk.post(f"{address}?q={stranger.name}", {"person": str(stranger.pk)}).status_code == 302


def test_renewal_of_the_same_person(desk):
    old = f.DesignationFactory(person__email="sigue@prueba.example")
    proposal = f.ProposalFactory(link__municipality=old.municipality, designation__person__email="sigue@prueba.example")
    assert verify(desk, proposal, person=str(old.person_id), replace="on").status_code == 302
    assert list(old.person.designations.order_by("pk").values_list("state", flat=True)) == ["replaced", "in-force"]


def test_a_second_decision_reads_that_somebody_was_first(desk, staff):
    proposal = f.ProposalFactory()
    services.verify_proposal(proposal=proposal, by=staff)
    for name, data in (("verify", {}), ("reject", {"reason": "No."})):
        response = desk.post(reverse(f"staff_designation_{name}", args=[proposal.designation_id]), data)
        assert response.status_code == 409
        assert "Otra persona ya decidió" in response.content.decode()
        assert desk.get(reverse(f"staff_designation_{name}", args=[proposal.designation_id])).status_code == 302
    assert Designation.objects.get().state == DesignationState.IN_FORCE


def test_periods_of_one_person_never_overlap(desk):
    known = f.PersonFactory(email="doble@prueba.example")
    proposal = f.ProposalFactory(kind="suplente", designation__person__email="doble@prueba.example")
    f.DesignationFactory(municipality=proposal.link.municipality, person=known)
    response = verify(desk, proposal, person=str(known.pk))
    assert response.status_code == 409
    assert "coincide con estas fechas" in response.content.decode()
    assert Designation.objects.get(pk=proposal.designation_id).state == "proposed"
    assert Person.objects.get(pk=proposal.designation.person_id).merged_into is None


# --- Links


def test_a_link_goes_to_the_office_or_where_staff_type(desk):
    office = f.MunicipalOfficeFactory(email="oficina@municipio.example")
    data = {"municipality": office.municipality_id, "ends_on": (timezone.localdate() + 9 * DAY).isoformat()}
    assert desk.post(reverse("staff_link_create"), data).status_code == 302
    assert Message.objects.get().to_email == "oficina@municipio.example"
    place = f.MunicipalityFactory()
    data["municipality"] = place.pk
    response = desk.post(reverse("staff_link_create"), data)
    assert response.status_code == 422
    assert "email" in response.context["form"].errors
    assert desk.post(reverse("staff_link_create"), data | {"email": "x@m.example", "keep": "on"}).status_code == 302
    assert MunicipalOffice.objects.get(municipality=place).email == "x@m.example"
    for day in (timezone.localdate() - DAY, timezone.localdate() + 400 * DAY):
        refused = desk.post(reverse("staff_link_create"), data | {"email": "x@m.example", "ends_on": day.isoformat()})
        assert refused.status_code == 422


def test_link_is_sent_again_to_another_address_and_withdrawn(desk, link):
    address = reverse("staff_link_detail", args=[link.pk])
    assert desk.post(address, {"email": "otra@m.example"}).status_code == 302
    assert Message.objects.get().to_email == "otra@m.example"
    assert desk.post(reverse("staff_link_revoke", args=[link.pk])).status_code == 302
    assert isinstance(proposal_link(Message.objects.get().params, "es"), NotWanted)
    assert desk.post(address, {"email": "otra@m.example"}).status_code == 422


# --- Constraints


def test_one_proposal_of_a_kind_for_each_link_in_the_database():
    proposal = f.ProposalFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        f.ProposalFactory(link=proposal.link)
    campaign = f.RenewalCampaignFactory()
    first = f.ProposalLinkFactory(campaign=campaign)
    with pytest.raises(IntegrityError), transaction.atomic():
        f.ProposalLinkFactory(campaign=campaign, municipality=first.municipality)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.update(round=0)
    assert ProposalLink.objects.count() == 2


def test_a_proposed_letter_is_neither_replaced_nor_ended_nor_invited(desk, staff):
    proposal = f.ProposalFactory(designation__person__email="a@prueba.example")
    for name in ("replace", "end"):
        assert desk.get(reverse(f"staff_designation_{name}", args=[proposal.designation_id])).status_code == 404
    desk.post(reverse("staff_designation_invite", args=[proposal.designation_id]))
    assert not Invitation.objects.exists()


def test_one_link_is_sent_to_an_address_until_it_is_answered_or_withdrawn(desk):
    place = f.MunicipalityFactory()
    said = {
        "municipality": place.pk, "email": "oficina@toluca.example",
        "ends_on": (timezone.localdate() + 20 * DAY).isoformat(),
    }  # fmt: skip
    first, again = (desk.post(reverse("staff_link_create"), said) for _time in range(2))
    assert (first.status_code, again.status_code, ProposalLink.objects.count()) == (302, 422, 1)
    assert "sigue sin contestar" in again.content.decode()
    assert desk.post(reverse("staff_link_create"), said | {"email": "otra@toluca.example"}).status_code == 302
    services.revoke_link(link=ProposalLink.objects.get(email="oficina@toluca.example"))
    assert desk.post(reverse("staff_link_create"), said).status_code == 302
