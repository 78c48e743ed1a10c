"""The directory of the municipalities and the page of one: what staff see and do there, and what nobody else does."""

import csv
import datetime as dt
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from network.models import ClimateProgramme, Communication, MunicipalContact
from tests.factories import (
    ClimateProgrammeFactory,
    CommunicationFactory,
    DesignationFactory,
    MunicipalContactFactory,
    MunicipalityFactory,
    PersonFactory,
    StaffFactory,
    liaison,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def states(client, query=""):
    rows = client.get(f"/gestion/municipios/{query}").context["rows"]
    return {row.place.name: row.standing.state for row in rows}


def test_each_state_of_designation_has_its_reason_and_its_filter(staff):
    yesterday = TODAY() - dt.timedelta(days=1)
    long_ago = yesterday - dt.timedelta(days=100)
    DesignationFactory(municipality=MunicipalityFactory(name="Con titular"))
    DesignationFactory(municipality=MunicipalityFactory(name="Solo suplente"), kind="suplente")
    DesignationFactory(municipality=MunicipalityFactory(name="Vencida"), starts_on=long_ago, ends_on=yesterday)
    MunicipalityFactory(name="Nunca")
    expected = {"Con titular": "titular", "Solo suplente": "suplente", "Vencida": "expired", "Nunca": "none"}
    assert states(staff) == expected
    for name, state in expected.items():
        assert states(staff, f"?designacion={state}") == {name: state}
    page = staff.get("/gestion/municipios/?vista=mapa").content.decode()
    assert "Vencida (Venció el" in page
    assert "Sin designación (Nunca ha designado)" in page


def test_list_is_read_in_pages_and_the_map_shows_all(staff):
    MunicipalityFactory.create_batch(26)
    assert [len(staff.get(f"/gestion/municipios/?pagina={n}").context["page"].object_list) for n in (1, 2)] == [25, 1]
    page = staff.get("/gestion/municipios/?vista=mapa&pagina=2")
    assert len(page.context["rows"]) == 26


def test_words_find_the_municipality_its_people_and_its_office(staff):
    place = MunicipalityFactory(name="Ocoyoacac")
    DesignationFactory(municipality=place, person=PersonFactory(name="Lucía Ibáñez"))
    MunicipalContactFactory(municipality=place, office="Dirección de Ecología")
    MunicipalityFactory(name="Otro")
    for words in ("ocoyo", "lucia ibanez", "ecología"):
        assert list(states(staff, f"?q={words}")) == ["Ocoyoacac"]
    assert states(staff, "?q=nadie") == {}


def test_the_programme_of_the_list_is_the_last_row_as_it_is_today(staff):
    place = MunicipalityFactory()
    ClimateProgrammeFactory(municipality=place, number=1, state="preparation")
    ClimateProgrammeFactory(municipality=place, number=2, valid_until=TODAY() - dt.timedelta(days=1))
    MunicipalityFactory(name="Sin dato")
    assert list(states(staff, "?programa=expired")) == [place.name]
    assert list(states(staff, "?programa=unknown")) == ["Sin dato"]
    assert states(staff, "?programa=preparation") == {}


def test_the_file_for_spreadsheets_runs_nothing_and_follows_the_filter(staff):
    place = MunicipalityFactory()
    DesignationFactory(municipality=place, person=PersonFactory(name="=HYPERLINK(1)"))
    MunicipalityFactory()
    answer = staff.get("/gestion/municipios.csv?designacion=titular")
    head, *rows = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    assert [row[head.index("Titular")] for row in rows] == ["'=HYPERLINK(1)"]
    assert staff.get("/gestion/municipios.xlsx").content.startswith(b"PK")


def test_public_pages_say_office_and_programme_and_never_a_person_or_a_mailbox(client):
    place = MunicipalityFactory()
    person = PersonFactory(name="Nombre Reservado", email="reservado@prueba.example", phone="999 111")
    DesignationFactory(municipality=place, person=person)
    MunicipalContactFactory(municipality=place, phone="722 123")
    ClimateProgrammeFactory(municipality=place, note="Nota interna", year=2021)
    CommunicationFactory(municipality=place, subject="Asunto interno")
    detail = client.get(f"/municipios/{place.slug}/").content.decode()
    listing = client.get("/municipios/").content.decode()
    assert "722 123" in detail
    assert "Publicado" in detail
    assert "Publicado" in listing
    for secret in ("Nombre Reservado", "reservado@", "999 111", "Nota interna", "Asunto interno"):
        assert secret not in detail + listing


def test_the_document_is_public_once_the_programme_is(client):
    row = ClimateProgrammeFactory(state="preparation", file=ContentFile(b"%PDF-1.4 x", name="a.pdf"))
    address = reverse("municipality_programme_file", args=[row.municipality.slug])
    assert client.get(address).status_code == 404
    ClimateProgramme.objects.update(state="published")
    answer = client.get(address)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    answer.close()


def test_a_contact_is_edited_and_who_was_slower_reads_both_texts(staff):
    place = MunicipalityFactory()
    address = reverse("staff_municipality_contact", args=[place.slug])
    typed = {"office": "Ecología", "address": "", "phone": "722", "website": "", "email": "", "version": 0}
    assert staff.post(address, typed).status_code == 302
    slower = staff.post(address, typed | {"phone": "otro"})
    assert slower.status_code == 409
    assert "otro" in slower.content.decode()
    assert MunicipalContact.objects.get().phone == "722"
    assert staff.post(address, typed | {"website": "no es una página", "version": 1}).status_code == 422


def test_a_change_of_the_programme_that_makes_no_sense_is_refused_beside_its_field(staff):
    place = MunicipalityFactory()
    address = reverse("staff_municipality_programme", args=[place.slug])
    good = {"state": "published", "year": 2024, "valid_until": "2030-12-31", "note": "", "after": 0}
    for wrong, field in (
        ({"year": 1800}, "year"),
        ({"valid_until": "2023-01-01"}, "valid_until"),
        ({"state": ""}, "state"),
    ):
        answer = staff.post(address, good | wrong)
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
    assert not ClimateProgramme.objects.exists()
    assert staff.post(address, good).status_code == 302
    assert staff.post(address, good).status_code == 409
    assert staff.post(address, good | {"state": "none", "after": 1}).status_code == 302
    assert ClimateProgramme.objects.current().get().year is None


def test_a_call_is_written_down_done_and_gone_from_what_is_pending(staff):
    place = MunicipalityFactory()
    address = reverse("staff_communication_create", args=[place.slug])
    said = {"kind": "call", "happened_on": str(TODAY()), "subject": "Guía", "next_step": "Enviar la guía"}
    assert staff.post(address, said | {"next_step": "", "due_on": "2026-01-01"}).status_code == 422
    assert staff.post(address, said | {"happened_on": str(TODAY() + dt.timedelta(days=2))}).status_code == 422
    assert staff.post(address, said).status_code == 302
    row = Communication.objects.get()
    assert "Enviar la guía" in staff.get("/gestion/").content.decode()
    done = reverse("staff_communication_done", args=[row.pk])
    assert staff.post(done, {"back": "https://otro.example/"}).headers["Location"].startswith("/gestion/municipios/")
    assert staff.post(done, {"back": "/gestion/bitacora/"}).headers["Location"] == "/gestion/bitacora/"
    assert "Enviar la guía" not in staff.get("/gestion/").content.decode()
    assert list(staff.get("/gestion/bitacora/?paso=hecho&q=guía").context["page"]) == [row]


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_of_a_municipality_shows_its_people_and_its_log(staff, number):
    place = MunicipalityFactory()
    DesignationFactory(municipality=place, person=PersonFactory(name="La titular"))
    rows = CommunicationFactory.create_batch(number, municipality=place)
    CommunicationFactory(subject="De otro municipio")
    page = staff.get(f"/gestion/municipios/{place.slug}/").content.decode()
    assert "La titular" in page
    assert all(row.subject in page for row in rows)
    assert "De otro municipio" not in page


def test_a_liaison_reads_the_programme_of_the_own_municipality(client):
    place = MunicipalityFactory()
    ClimateProgrammeFactory(municipality=place, year=2022, note="Nota interna")
    client.force_login(liaison(place))
    page = client.get("/mi-municipio/").content.decode()
    assert "2022" in page
    assert "Nota interna" not in page
    assert client.get(f"/gestion/municipios/{place.slug}/").status_code == 403
