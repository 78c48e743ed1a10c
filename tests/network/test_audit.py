"""The audit trail: what is written into it, by whom it is read, and that the database itself takes nothing back."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from network import services
from network.enums import Act, Role
from network.models import AuditEntry, MunicipalOffice, RenewalCampaign, User
from network.services.audit import record
from outbox.enums import MessageState, SuppressionReason
from outbox.models import Message, Suppression
from outbox.services import enqueue
from tests.factories import (
    AdminFactory,
    DesignationFactory,
    EventFactory,
    MunicipalityFactory,
    PersonFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
CHANGES = [
    "UPDATE network_auditentry SET actor = 99",
    "UPDATE network_auditentry SET at = '2001-01-01 00:00:00'",
    "DELETE FROM network_auditentry",
]


@pytest.mark.parametrize("sql", CHANGES)
@pytest.mark.asvs("V16.4.2")
def test_the_database_refuses_to_change_or_forget_an_act(admin: User, sql: str) -> None:
    record(Act.SIGNED_IN, by=admin)
    before = list(AuditEntry.objects.values())
    refused = pytest.raises(DatabaseError, match="network_audit_append_only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(AuditEntry.objects.values()) == before


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite knows no truncating")
def test_the_database_refuses_to_empty_the_trail(admin: User) -> None:
    record(Act.SIGNED_IN, by=admin)
    refused = pytest.raises(DatabaseError, match="network_audit_append_only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE network_auditentry")
    assert AuditEntry.objects.count() == 1


def test_only_what_is_older_than_five_years_may_go() -> None:
    now = timezone.now()
    AuditEntry.objects.create(act=Act.SIGNED_IN, at=now - dt.timedelta(days=1824))
    AuditEntry.objects.create(act=Act.SIGNED_IN, at=now - dt.timedelta(days=1826))
    assert AuditEntry.objects.outdated().delete()[0] == 1
    with pytest.raises(DatabaseError, match="network_audit_append_only"), transaction.atomic():
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.count() == 1


def test_staff_who_shorten_the_days_do_not_shorten_the_trail() -> None:
    AuditEntry.objects.create(act=Act.SIGNED_IN, at=timezone.now() - dt.timedelta(days=400))
    services.set_retention_days(days={"network.audit": 30})
    assert services.clean().get("network.audit", 0) == 0
    assert AuditEntry.objects.filter(act=Act.SIGNED_IN).count() == 1


def test_acts_are_kept_with_who_and_on_what_and_without_names(admin: User) -> None:
    account, person = UserFactory(), PersonFactory(name="Ximena Prueba", email="ximena@personas.example")
    letter = DesignationFactory()
    services.decide_account(account=account, role=Role.STAFF, is_active=True, reason="Entra", by=admin)
    services.edit_person(person=person, values={"name": "Ximena Otra"}, reason="Se casó", by=admin)
    services.end_designation(designation=letter, ends_on=timezone.localdate(), reason="Renuncia", by=admin)
    services.merge_people(kept=person, gone=PersonFactory(), by=admin)
    rows = {row.act: row for row in AuditEntry.objects.all()}
    assert {act: (row.actor, row.role, row.row_type, row.row) for act, row in rows.items()} == {
        Act.ACCOUNT_DECIDED: (admin.pk, "admin", "network.User", account.pk),
        Act.PERSON_EDITED: (admin.pk, "admin", "network.Person", person.pk),
        Act.DESIGNATION_ENDED: (admin.pk, "admin", "network.Designation", letter.pk),
        Act.PEOPLE_MERGED: (admin.pk, "admin", "network.Person", person.pk),
    }
    assert rows[Act.ACCOUNT_DECIDED].detail == {"role": "staff", "is_active": True}
    kept = str(list(AuditEntry.objects.values()))
    for word in ("Ximena", "ximena", "Se casó", "Renuncia", account.email, admin.email):
        assert word not in kept


def test_an_act_that_fails_leaves_no_trace(admin: User) -> None:
    with transaction.atomic():
        services.decide_account(account=UserFactory(), role=Role.STAFF, is_active=True, reason="x", by=admin)
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == 0


def test_reading_a_file_with_personal_data_is_kept(desk: Client, staff: User) -> None:
    event = EventFactory()
    for name in ("staff_event_registrations_csv", "staff_event_needs_csv", "staff_event_attendance_csv"):
        assert desk.get(reverse(name, args=[event.pk])).status_code == 200
    desk.get(reverse("staff_municipality_list_csv"))
    desk.get(reverse("staff_communication_list") + "?formato=csv")
    found = AuditEntry.objects.filter(act=Act.FILE_READ, actor=staff.pk).order_by("pk")
    assert [row.detail for row in found] == [
        {"file": "registrations", "pk": event.pk}, {"file": "needs", "pk": event.pk},
        {"file": "attendance", "pk": event.pk}, {"file": "directory"}, {"file": "log"},
    ]  # fmt: skip


def test_what_staff_do_with_mail_is_kept(desk: Client, staff: User) -> None:
    for number in range(2):
        kind, to = "network.designations_ending", "ana@prueba.example"
        enqueue(kind=kind, dedupe_key=f"aviso {number}", to_email=to, params={}, language="es")
    waiting, failed = Message.objects.order_by("pk")
    Message.objects.filter(pk=failed.pk).update(state=MessageState.FAILED)
    address = Suppression.objects.create(email="rebota@personas.example", reason=SuppressionReason.BOUNCED)
    desk.post(reverse("staff_mail_give_up", args=[waiting.pk]), {"reason": "ya no hace falta"})
    for _turn in range(2):  # the second time answers the same copy
        desk.post(reverse("staff_mail_resend", args=[failed.pk]), {"reason": "lo pidió por teléfono"})
    desk.post(reverse("staff_address_lift", args=[address.pk]), {"reason": "su buzón sirve otra vez"})
    desk.post(reverse("staff_mail_give_up", args=[waiting.pk]), {"reason": "otra vez"})
    rows = AuditEntry.objects.exclude(act=Act.SIGNED_IN).order_by("pk")
    assert [(row.act, row.actor, row.row_type, row.row, row.detail) for row in rows] == [
        (Act.MAIL_GIVEN_UP, staff.pk, "outbox.Message", waiting.pk, {}),
        (Act.MAIL_RESENT, staff.pk, "outbox.Message", failed.pk, {}),
        (Act.ADDRESS_LIFTED, staff.pk, "outbox.Suppression", address.pk, {}),
    ]


def test_writing_to_many_is_kept_with_how_many(staff: User) -> None:
    places = MunicipalityFactory.create_batch(2)
    MunicipalOffice.objects.create(municipality=places[0], email="oficialia@municipio.example")
    campaign = RenewalCampaign(name="Renovación", deadline=timezone.localdate() + dt.timedelta(days=20))
    services.start_campaign(campaign=campaign, municipalities=places, also_people=False, by=staff)
    for _turn in range(2):  # nobody is reminded twice on one day
        services.remind_campaign(campaign=campaign, by=staff)
    for _turn in range(2):
        services.cancel_campaign(campaign=campaign, by=staff)
    rows = AuditEntry.objects.order_by("pk")
    assert [(row.act, row.actor, row.row, row.detail) for row in rows] == [
        (Act.MAILED, staff.pk, campaign.pk, {"recipients": 1}),
        (Act.MAILED, staff.pk, campaign.pk, {"recipients": 1}),
        (Act.CAMPAIGN_CANCELLED, staff.pk, campaign.pk, {}),
    ]


def test_a_file_that_was_refused_is_not_said_to_be_read(client: Client) -> None:
    client.force_login(UserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("staff_event_needs_csv", args=[EventFactory().pk])).status_code == 403
    assert AuditEntry.objects.count() == 0


def test_files_with_personal_data_ask_again_who_one_is(settings: Any, desk: Client, staff: User) -> None:
    settings.IDENTITY_MINUTES = 15
    staff.set_password("treinta y dos faroles morados")
    staff.save()
    desk.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("staff_event_needs_csv", args=[EventFactory().pk])
    asked = desk.get(address)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    answer = desk.post(asked.url, {"password": "treinta y dos faroles morados", "next": address}, follow=True)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_administrators_read_filter_and_take_the_trail_along(office: Client, admin: User) -> None:
    staff = StaffFactory()
    for number in range(3):
        record(Act.PERSON_EDITED, by=staff, of=PersonFactory(), number=number)
    record(Act.SIGNED_IN, by=admin, of=admin)
    assert office.get(reverse("audit_list")).context["page"].paginator.count == 4
    by_staff = office.get(reverse("audit_list"), {"cuenta": staff.pk, "acto": "person-edited"})
    assert by_staff.context["page"].paginator.count == 3
    assert "number: 2" in by_staff.content.decode()
    lines = office.get(reverse("audit_csv"), {"acto": "person-edited"}).content.decode("utf-8-sig").splitlines()
    assert (len(lines), str(staff.pk) in lines[1]) == (4, True)
    read = AuditEntry.objects.get(act=Act.AUDIT_READ)
    assert (read.actor, read.detail) == (admin.pk, {"rows": 3})
    assert office.get(reverse("audit_csv"), {"cuenta": "nadie"}).status_code == 400


def test_an_account_that_is_gone_stays_in_the_trail() -> None:
    gone = AdminFactory()
    record(Act.SIGNED_IN, by=gone)
    number = gone.pk
    gone.delete()
    assert AuditEntry.objects.get().actor == number
