"""The office of a municipality, its climate programme and the log of what was said: what services write and keep."""

import datetime as dt
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from network import services
from network.enums import ProgrammeState
from network.models import ClimateProgramme, Communication, MunicipalContact
from network.rules import programme_statuses, published_programmes, visible_communications, visible_programmes
from network.services import ChangedMeanwhile
from tests.factories import (
    ClimateProgrammeFactory,
    CommunicationFactory,
    MunicipalityFactory,
    StaffFactory,
    liaison,
)

pytestmark = pytest.mark.django_db
OFFICE = {"office": "Medio Ambiente", "address": "Calle 1", "phone": "7221", "email": "", "website": ""}
SAID = {
    "kind": "call", "happened_on": dt.date(2026, 3, 2), "counterpart": "La dirección", "subject": "Promacc",
    "summary": "", "next_step": "Enviar la guía", "due_on": dt.date(2026, 3, 9),
}  # fmt: skip


def programme(state: str = "published", **values):
    return {"state": state, "instrument": None, "year": 2024, "valid_until": None, "note": ""} | values


def test_contact_is_written_once_and_then_changed_with_its_history():
    place, by = MunicipalityFactory(), StaffFactory()
    services.save_contact(municipality=place, values=OFFICE, version=0, by=by)
    changed = OFFICE | {"phone": "7222", "email": "oficina@prueba.example"}
    services.save_contact(municipality=place, values=changed, version=1, by=by)
    contact = MunicipalContact.objects.get()
    assert (contact.phone, contact.version) == ("7222", 2)
    assert place.office.email == "oficina@prueba.example"
    assert [(row.phone, row.history_user) for row in contact.history.all()] == [("7222", by), ("7221", by)]


@pytest.mark.parametrize("version", [0, 7])
def test_contact_that_changed_meanwhile_is_not_written_over(version):
    place, by = MunicipalityFactory(), StaffFactory()
    services.save_contact(municipality=place, values=OFFICE, version=0, by=by)
    with pytest.raises(ChangedMeanwhile):
        services.save_contact(municipality=place, values=OFFICE | {"phone": "otro"}, version=version, by=by)
    assert MunicipalContact.objects.get().phone == "7221"


def test_each_change_of_the_programme_is_a_row_and_the_last_one_holds():
    place, by = MunicipalityFactory(), StaffFactory()
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.4")
    services.record_programme(municipality=place, values=programme(), file=file, after=0, by=by)
    second = services.record_programme(
        municipality=place, values=programme(note="Otra nota"), keep_file=True, after=1, by=by
    )
    assert second.file.name == ClimateProgramme.objects.get(number=1).file.name
    none = services.record_programme(municipality=place, values=programme("none"), keep_file=True, after=2, by=by)
    assert (none.year, bool(none.file)) == (None, False)
    assert list(programme_statuses()) == [none]
    assert [row.number for row in place.programmes.all()] == [3, 2, 1]
    with pytest.raises(ChangedMeanwhile):
        services.record_programme(municipality=place, values=programme(), after=2, by=by)


def test_two_rows_of_one_municipality_never_have_the_same_number():
    row = ClimateProgrammeFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        ClimateProgrammeFactory(municipality=row.municipality, number=row.number)


@pytest.mark.parametrize(
    ("state", "days", "shown"),
    [
        ("published", -1, ProgrammeState.EXPIRED), ("published", 0, ProgrammeState.PUBLISHED),
        ("published", None, ProgrammeState.PUBLISHED), ("preparation", -1, ProgrammeState.PREPARATION),
    ],
)  # fmt: skip
def test_programme_expires_the_day_after_its_last(state, days, shown):
    last = None if days is None else timezone.localdate() + dt.timedelta(days=days)
    assert ClimateProgrammeFactory(state=state, valid_until=last).shown_state == shown


def test_only_the_file_of_a_published_programme_that_still_holds_is_public():
    shown = ClimateProgrammeFactory(file="programmes/a.pdf", number=1)
    ClimateProgrammeFactory(state="preparation", file="programmes/b.pdf")
    ClimateProgrammeFactory()
    assert list(published_programmes()) == [shown]
    later = ClimateProgrammeFactory(municipality=shown.municipality, number=2, file="programmes/c.pdf")
    assert list(published_programmes()) == [later]


def test_the_same_form_sent_twice_writes_one_row():
    place, by, key = MunicipalityFactory(), StaffFactory(), uuid4()
    rows = [services.log_communication(municipality=place, values=SAID, request_key=key, by=by) for _ in range(2)]
    assert rows[0] == rows[1]
    assert Communication.objects.count() == 1


def test_the_same_form_with_other_words_is_kept_in_the_form(client):
    place = MunicipalityFactory()
    client.force_login(StaffFactory(), backend="django.contrib.auth.backends.ModelBackend")
    address = f"/gestion/municipios/{place.slug}/bitacora/"
    said = {
        "kind": "call", "happened_on": "2026-05-04", "counterpart": "Ecología", "subject": "Oficio",
        "summary": "Se pidió.", "request_key": str(uuid4()),
    }  # fmt: skip
    assert client.post(address, said).status_code == 302
    kept = client.post(address, said | {"summary": "Se pidió dos veces."})
    assert (kept.status_code, Communication.objects.get().summary) == (409, "Se pidió.")
    assert "Lo que dice ahora no se ha guardado" in kept.content.decode()
    new_key = str(kept.context["form"]["request_key"].value())
    assert client.post(address, said | {"subject": "Otro", "request_key": new_key}).status_code == 302


def test_pending_steps_are_those_not_done_and_due_those_that_are_near():
    today = timezone.localdate()
    late = CommunicationFactory(due_on=today - dt.timedelta(days=1))
    dayless = CommunicationFactory(due_on=None)
    far = CommunicationFactory(due_on=today + dt.timedelta(days=30))
    CommunicationFactory(next_step="", due_on=None)
    done = CommunicationFactory()
    services.finish_step(communication=done, done=True, by=StaffFactory())
    assert set(Communication.objects.pending()) == {late, dayless, far}
    assert list(Communication.objects.overdue()) == [late]
    assert list(Communication.objects.due()) == [late, dayless]


def test_a_step_is_done_by_who_said_it_first_and_open_again_where_its_words_change():
    row, first, second = CommunicationFactory(), StaffFactory(), StaffFactory()
    services.finish_step(communication=row, done=True, by=first)
    services.finish_step(communication=row, done=True, by=second)
    row.refresh_from_db()
    assert row.done_by == first
    new_words = SAID | {"next_step": "Enviar el oficio"}
    changed = services.edit_communication(communication=row, values=new_words, version=row.version, by=second)
    assert (changed.done_at, changed.is_pending, changed.edited_by) == (None, True, second)
    with pytest.raises(ChangedMeanwhile):
        services.edit_communication(communication=row, values=SAID, version=1, by=second)


def test_a_day_without_a_step_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        CommunicationFactory(next_step="")


def test_the_log_and_the_earlier_rows_of_a_programme_are_for_staff_alone():
    row, status = CommunicationFactory(), ClimateProgrammeFactory()
    person = liaison(row.municipality)
    assert not visible_communications(person)
    assert not visible_programmes(person)
    assert list(visible_communications(StaffFactory())) == [row]
    assert list(visible_programmes(StaffFactory())) == [status]
