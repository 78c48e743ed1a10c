"""How long data are kept: what each rule takes out and leaves, the days that staff set, the run and its log."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actions.models import TypedDraft
from network import registry, tasks
from network.models import (
    ERASED_NAME,
    ArcoRequest,
    AuditEntry,
    Communication,
    Designation,
    Invitation,
    Person,
    RetentionDays,
    RetentionRun,
    SheetLoad,
)
from network.services import retention
from outbox.models import Heartbeat, Message
from outbox.services import enqueue
from tests.factories import (
    AccessNeedsFactory,
    ArcoRequestFactory,
    CommunicationFactory,
    DesignationFactory,
    EventFactory,
    MunicipalityFactory,
    PersonFactory,
    ProposalFactory,
    RegistrationFactory,
    SheetLoadFactory,
    UserFactory,
)
from tests.network.test_views import pdf

pytestmark = pytest.mark.django_db


def ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def needs(days: int) -> None:
    event = EventFactory(day=timezone.localdate() - dt.timedelta(days=days))
    AccessNeedsFactory(registration=RegistrationFactory(event=event))


def unconfirmed_registration(days: int) -> None:
    person = PersonFactory(name="Nadie Sabe", email="nadie@personas.example")
    RegistrationFactory(
        person=person, name="Nadie Sabe", state="cancelled", cancel_cause="email-unconfirmed", cancelled_at=ago(days)
    )


def event_invitation(days: int) -> None:
    event = EventFactory(day=timezone.localdate() - dt.timedelta(days=days))
    event.invitations.create(email="a@personas.example", email_normalised="a@personas.example")


def door_mark(days: int) -> None:
    event = EventFactory(day=timezone.localdate() - dt.timedelta(days=days))
    RegistrationFactory(event=event).door_marks.create(key=str(event.pk), came=True, at=ago(days))


def unconfirmed_request(days: int) -> None:
    ArcoRequestFactory(state="unconfirmed", number=None, confirmed_at=None, created_at=ago(days))


def document(days: int) -> None:
    ArcoRequestFactory(state="denied", closed_at=ago(days)).steps.create(state="received", file=pdf())


def closed_request(days: int) -> None:
    ArcoRequestFactory(state="denied", closed_at=ago(days))


def invitation(days: int) -> None:
    given = {"email": "a@personas.example", "expires_at": ago(days)}
    Invitation.objects.create(designation=DesignationFactory(), **given)


def sent(days: int) -> None:
    key = {"kind": "events.registration", "dedupe_key": str(days), "to_email": "a@personas.example"}
    enqueue(params={}, language="es", **key)
    Message.objects.filter(dedupe_key=str(days)).update(
        state="sent", sent_at=ago(days), due_at=ago(days), created_at=ago(days)
    )


def typed(days: int) -> None:
    TypedDraft.objects.create(
        user=UserFactory(), municipality=MunicipalityFactory(), form="action", fields={}, saved_at=ago(days)
    )


def sheet(days: int) -> None:
    load = SheetLoadFactory()
    SheetLoad.objects.filter(pk=load.pk).update(created_at=ago(days))


def rejected(days: int) -> None:
    ends_on = timezone.localdate() - dt.timedelta(days=30)
    ProposalFactory(
        link__ends_on=ends_on, designation__state="rejected", designation__person__name="Nadie Más",
        designation__oficio_file=pdf(), designation__signed_by="Quien Firma", decided_at=ago(days), reason="Sin firma",
    )  # fmt: skip


def communication(days: int) -> None:
    day = timezone.localdate() - dt.timedelta(days=days)
    CommunicationFactory(happened_on=day, summary="Lo que se dijo", next_step="", due_on=None)


def signed_in_once(days: int) -> None:
    UserSession.objects.create(
        user=UserFactory(), ip="192.0.2.7", user_agent="Firefox/1", session_key=f"vieja{days}", created_at=ago(days)
    )


def act(days: int) -> None:
    AuditEntry.objects.create(act="signed-in", actor=1, at=ago(days))


MAKE = {
    "actions.typed": typed,
    "events.needs": needs,
    "events.unconfirmed": unconfirmed_registration,
    "events.invitations": event_invitation,
    "events.door_marks": door_mark,
    "network.arco_unconfirmed": unconfirmed_request,
    "network.arco_documents": document,
    "network.arco_requests": closed_request,
    "network.audit": act,
    "network.communications": communication,
    "network.invitations": invitation,
    "network.loads": sheet,
    "network.proposals": rejected,
    "network.sessions": signed_in_once,
    "outbox.messages": sent,
}


@pytest.mark.parametrize("name", MAKE)
def test_a_rule_takes_out_what_ended_and_leaves_what_did_not(
    name: str, django_capture_on_commit_callbacks: Any
) -> None:
    rule = {each.name: each for each in registry.retentions()}[name]
    for days in (rule.days - 2, rule.days + 2):
        MAKE[name](days)
    before = retention.ended_before(rule.days)
    assert rule.due(before) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert rule.run(before) == 1
    assert (rule.due(before), rule.run(before)) == (0, 0)


def test_every_rule_of_ours_has_its_test() -> None:
    assert {each.name for each in registry.retentions()} - {"events.imports"} == set(MAKE)


def test_who_is_known_from_an_unproven_address_alone_goes_with_it_and_nobody_else() -> None:
    unconfirmed_registration(40)
    busy = PersonFactory(name="Otra Vida", email="otra@personas.example")
    RegistrationFactory(person=busy)
    RegistrationFactory(person=busy, state="cancelled", cancel_cause="email-unconfirmed", cancelled_at=ago(40))
    retention.clean()
    assert not Person.objects.filter(name="Nadie Sabe").exists()
    busy.refresh_from_db()
    assert busy.email == "otra@personas.example"


def test_who_was_only_ever_proposed_and_rejected_is_forgotten_with_the_letter(
    django_capture_on_commit_callbacks: Any,
) -> None:
    rejected(200)
    known = RegistrationFactory(person__name="Otra Vida").person
    ends_on = timezone.localdate() - dt.timedelta(days=30)
    about = {"link__ends_on": ends_on, "decided_at": ago(200), "reason": "Sin firma", "designation__state": "rejected"}
    ProposalFactory(designation__person=known, **about)
    ProposalFactory(**about | {"link__ends_on": timezone.localdate()})  # it can still be corrected and sent anew
    letter = Designation.objects.get(person__name="Nadie Más")
    storage, name = letter.oficio_file.storage, letter.oficio_file.name
    with django_capture_on_commit_callbacks(execute=True):
        assert retention.clean()["network.proposals"] == 2
    letter.refresh_from_db()
    known.refresh_from_db()
    assert (letter.state, letter.person.name, letter.signed_by) == ("rejected", ERASED_NAME, "")
    assert (letter.proposal.reason, storage.exists(name)) == ("", False)
    assert known.name == "Otra Vida"


def test_the_log_keeps_when_and_about_what_and_waits_for_what_is_to_be_done() -> None:
    communication(2000)
    day = timezone.localdate() - dt.timedelta(days=2000)
    open_one = CommunicationFactory(happened_on=day, next_step="Llamar de nuevo")
    assert retention.clean()["network.communications"] == 1
    row = Communication.objects.exclude(pk=open_one.pk).get()
    assert (row.happened_on, bool(row.subject), row.counterpart, row.summary) == (day, True, "", "")
    open_one.refresh_from_db()
    assert open_one.counterpart != ""


def test_a_closed_request_keeps_its_folio_and_says_no_more_who_it_was(client: Client) -> None:
    closed_request(800)
    row = ArcoRequest.objects.get()
    enqueue(
        kind="network.arco_step", dedupe_key="x", to_email=row.email, language="es",
        params={"step": row.steps.create(state="denied", text="No procede.").pk},
    )  # fmt: skip
    retention.clean()
    row.refresh_from_db()
    assert (row.folio[:5], row.email, row.asks, row.steps.get().text) == ("ARCO-", "", "", "")
    assert Message.objects.get().to_email == ""
    assert client.get(reverse("rights_status", args=[row.token])).status_code == 404


def test_days_that_staff_set_count_and_are_logged_without_anybody(office: Client) -> None:
    needs(20)
    assert retention.clean()["events.needs"] == 0
    page = office.get(reverse("retention_list"))
    days = {rule.retention.name: rule.days for rule in page.context["rules"]}
    assert office.post(reverse("retention_list"), days | {"events.needs": 0}).status_code == 422
    assert office.post(reverse("retention_list"), days | {"events.needs": 10}).status_code == 302
    assert RetentionDays.objects.get(name="events.needs").days == 10
    rehearsed = office.get(reverse("retention_list") + "?ensayo=1").context["rules"]
    assert {rule.retention.name: rule.due for rule in rehearsed}["events.needs"] == 1
    tasks.clean_data()
    run = RetentionRun.objects.get()
    assert (run.name, run.days, run.erased) == ("events.needs", 10, 1)
    assert Heartbeat.objects.get(name="network.retention").last_succeeded_at is not None


def test_the_command_rehearses_and_acts(capsys: pytest.CaptureFixture[str]) -> None:
    needs(40)
    call_command("clean_data", "--dry-run")
    assert "events.needs: 1" in capsys.readouterr().out
    call_command("clean_data")
    assert "events.needs: 1" in capsys.readouterr().out
    call_command("clean_data", "--dry-run")
    assert "events.needs: 0" in capsys.readouterr().out


def test_a_rule_that_fails_keeps_no_other_from_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(before: dt.date) -> int:
        raise RuntimeError("mala regla")

    first = registry._retentions["events.imports"]
    monkeypatch.setitem(registry._retentions, "events.imports", replace(first, run=fail))
    needs(40)
    sent(400)
    with pytest.raises(RuntimeError):
        retention.clean()
    assert set(RetentionRun.objects.values_list("name", flat=True)) == {"events.needs", "outbox.messages"}
