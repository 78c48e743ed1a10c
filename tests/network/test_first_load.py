"""First load of designations and of municipal contacts: a dry run by row, then all of it or nothing, and no mail."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from network import services
from network.models import Designation, MunicipalContact, MunicipalOffice, Person, PersonEdit
from network.services.designations import record_designation
from outbox.models import Message
from tests.factories import DesignationFactory, MunicipalityFactory, PersonFactory
from tests.first_loads import base, confirm, counts, faults, filled, send, tried

pytestmark = pytest.mark.django_db
WHAT = "designaciones"


@pytest.fixture
def toluca():
    return MunicipalityFactory(name="Toluca", slug="toluca", cvegeo="15106")


@pytest.fixture
def metepec():
    return MunicipalityFactory(name="Metepec", slug="metepec", cvegeo="15054")


def letter(name="Ana Ruiz Inventada", starts="2019-01-01", ends="2021-12-31", **more):
    row = {
        "Municipio": "Toluca", "Tipo": "Titular", "Nombre completo": name, "Número de oficio": "PM/1/2019",
        "Inicia": starts, "Termina": ends,
    }  # fmt: skip
    return row | {key.replace("_", " "): value for key, value in more.items()}


def test_years_of_letters_are_tried_and_then_stored_with_their_state(desk, toluca, metepec):
    rows = [
        letter(Cargo="Directora", **{"Fecha del oficio": dt.date(2019, 1, 1), "Quién firma": "Presidenta"}),
        letter("Beto Paz Inventado", "2022-01-01", None, **{"Correo electrónico": "beto@toluca.example"}),
        letter("Carla Sol Inventada", "2022-01-01", None, Tipo="Suplente"),
        letter("Dora Luz Inventada", "2024-01-01", None, Municipio=15054),
    ]
    load = tried(desk, WHAT, *rows)
    assert (counts(load), Designation.objects.count(), Person.objects.count()) == ({"new": 4}, 0, 0)
    page = desk.get(f"{base(WHAT)}{load.pk}/").content.decode()
    assert "Nueva" in page
    assert "falta el oficio escaneado" in page
    assert "Concluida" in page

    confirm(desk, WHAT, load)
    stored = Designation.objects.order_by("starts_on", "kind").values_list(
        "municipality__name", "person__name", "kind", "state", "ends_on"
    )
    assert list(stored) == [
        ("Toluca", "Ana Ruiz Inventada", "titular", "ended", dt.date(2021, 12, 31)),
        ("Toluca", "Carla Sol Inventada", "suplente", "in-force", None),
        ("Toluca", "Beto Paz Inventado", "titular", "in-force", None),
        ("Metepec", "Dora Luz Inventada", "titular", "in-force", None),
    ]
    first = Designation.objects.get(state="ended")
    assert (first.signed_by, first.oficio_date, first.person.position) == (
        "Presidenta", dt.date(2019, 1, 1), "Directora",
    )  # fmt: skip
    assert {row.history.get().history_change_reason for row in Designation.objects.all()} == {
        "Carga inicial historia.xlsx"
    }
    assert (load.rows, load.state, Message.objects.count()) == ([], "done", 0)


def test_a_namesake_in_another_municipality_is_asked_for(desk, toluca, metepec):
    """Nothing but the name joins the two rows: a person has to say it."""
    load = tried(desk, WHAT, letter(), letter(starts="2024-01-01", ends=None, Municipio="Metepec"))
    assert faults(load) == [
        "Designaciones!C3: puede ser la misma persona de Designaciones!C2: si lo es, escriba el mismo correo en las "
        "dos filas; si no, «nueva» en «Persona»."
    ]
    load = tried(desk, WHAT, letter(), letter(starts="2024-01-01", ends=None, Municipio="Metepec", Persona="nueva"))
    confirm(desk, WHAT, load)
    assert Person.objects.filter(name="Ana Ruiz Inventada").count() == 2


def test_the_same_file_twice_changes_nothing(desk, toluca):
    rows = [letter(), letter("Beto Paz Inventado", "2022-01-01", None), letter("Ana Ruiz Inventada", "2022-01-01", None,
            Tipo="Suplente")]  # fmt: skip
    data = filled(desk, WHAT, rows)
    confirm(desk, WHAT, send(desk, WHAT, data))
    before = (Designation.objects.count(), Person.objects.count(), Designation.history.count())

    again = send(desk, WHAT, data)
    assert (counts(again), again.is_confirmable) == ({"equal": 3}, False)
    confirm(desk, WHAT, again, status=409)
    assert (Designation.objects.count(), Person.objects.count(), Designation.history.count()) == before


def test_a_letter_that_is_there_and_differs_is_shown_and_left_alone(desk, toluca):
    person = PersonFactory(name="Ana Ruiz Inventada", municipality=toluca)
    stored = DesignationFactory(
        municipality=toluca, person=person, starts_on=dt.date(2019, 1, 1), ends_on=dt.date(2020, 6, 30), state="ended",
        oficio_number="PM/1/2019",
    )  # fmt: skip
    load = tried(desk, WHAT, letter())
    assert (counts(load), load.rows[0]["changes"]) == ({"kept": 1}, [["Termina", "2020-06-30", "2021-12-31"]])
    page = desk.get(f"{base(WHAT)}{load.pk}/").content.decode()
    assert "Ya está" in page
    assert "No se toca" in page
    confirm(desk, WHAT, load, status=409)
    stored.refresh_from_db()
    assert stored.ends_on == dt.date(2020, 6, 30)


def test_somebody_known_is_found_by_mail_or_by_name_and_municipality_and_only_completed(desk, toluca):
    known = PersonFactory(
        name="Ana Ruiz Inventada", email="ana@toluca.example", municipality=toluca, position="Regidora", phone=""
    )
    load = tried(
        desk, WHAT, letter(Cargo="Directora", Teléfono="722 000 0000", **{"Correo electrónico": "ANA@toluca.example"})
    )
    confirm(desk, WHAT, load)
    known.refresh_from_db()
    assert (known.designations.count(), known.position, known.phone) == (1, "Regidora", "722 000 0000")
    edit = PersonEdit.objects.get(person=known)
    assert (edit.changes, edit.reason) == ({"phone": ["", "722 000 0000"]}, "Carga inicial historia.xlsx")


def test_a_known_namesake_is_proposed_and_chosen_by_number(desk, toluca, metepec):
    known = PersonFactory(name="Ana Ruiz Inventada", municipality=metepec, email="")
    asked = tried(desk, WHAT, letter())
    assert faults(asked) == [
        f"Designaciones!C2: puede ser Ana Ruiz Inventada, Metepec ({known.pk}): escriba su número en «Persona», o "
        "«nueva» si es otra."
    ]
    confirm(desk, WHAT, tried(desk, WHAT, letter(Persona=known.pk)))
    assert (known.designations.count(), Person.objects.count()) == (1, 1)


FAULTS = {
    "another state's municipality": (letter(Municipio="Guadalajara"), "A2", "no está en la lista"),
    "no municipality": (letter(Municipio=None), "A2", "falta «Municipio»"),
    "a kind that is none": (letter(Tipo="Vocal"), "B2", "elija «Titular» o «Suplente»"),
    "no name": (letter(""), "C2", "falta «Nombre completo»"),
    "a name that is too long": (letter("A" * 161), "C2", "161 letras y caben 160"),
    "a mailbox that is none": (letter(**{"Correo electrónico": "ana en toluca"}), "E2", "no es un correo"),
    "a telephone that is too long": (letter(Teléfono="7" * 41), "F2", "41 letras y caben 40"),
    "a sex that is none": (letter(Sexo="F"), "G2", "no está en la lista"),
    "no letter's number": (letter(**{"Número de oficio": ""}), "H2", "falta «Número de oficio»"),
    "a letter of tomorrow": (letter(**{"Fecha del oficio": "2090-01-01"}), "I2", "fecha futura"),
    "a day that does not exist": (letter(starts="31/02/2019"), "K2", "no es un día que exista"),
    "a number for a day": (letter(starts=43466), "K2", "es un número y no una fecha"),
    "an end before the beginning": (letter(ends="2018-01-01"), "L2", "termina antes de empezar"),
    "a person who is nobody": (letter(Persona="987654"), "M2", "no hay una persona con el número 987654"),
    "a person who is a word": (letter(Persona="ella"), "M2", "escriba el número de una persona"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_cell_and_nothing_is_stored(desk, toluca, name):
    row, cell, sentence = FAULTS[name]
    load = tried(desk, WHAT, row)
    found = faults(load)
    assert len(found) == 1, found
    assert found[0].startswith(f"Designaciones!{cell}: "), found
    assert sentence in found[0]
    confirm(desk, WHAT, load, status=409)
    assert (Designation.objects.count(), Person.objects.count()) == (0, 0)


def test_periods_that_the_network_does_not_allow_are_refused(desk, toluca):
    DesignationFactory(
        municipality=toluca, person=PersonFactory(name="Dora Luz Inventada", municipality=toluca),
        starts_on=dt.date(2025, 1, 1), ends_on=None, state="in-force",
    )  # fmt: skip
    load = tried(
        desk, WHAT,
        letter("Uno Inventado", "2015-01-01", "2016-12-31"),
        letter("Dos Inventado", "2016-06-01", "2017-12-31"),
        letter("Uno Inventado", "2016-12-31", "2018-01-01", Tipo="Suplente"),
        letter("Tres Inventado", "2026-01-01", None),
        letter("Uno Inventado", "2015-01-01", "2016-12-31"),
    )  # fmt: skip
    said = faults(load)
    assert [line.split(": ")[0] for line in said] == [
        "Designaciones!K3", "Designaciones!K4", "Designaciones!K5", "Designaciones!C6",
    ]  # fmt: skip
    assert "una sola persona es titular a la vez" in said[0]
    assert "(Designaciones!C2)" in said[0]
    assert "esta persona ya tiene aquí una designación en esas fechas" in said[1]
    assert "Dora Luz Inventada" in said[2]
    assert "(en el portal)" in said[2]
    assert "la misma designación está también en Designaciones!C2" in said[3]


def test_a_titular_who_ended_makes_room_for_the_next_one(desk, toluca):
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    old = DesignationFactory(municipality=toluca, starts_on=dt.date(2022, 1, 1), ends_on=yesterday, state="in-force")
    confirm(desk, WHAT, tried(desk, WHAT, letter(starts=timezone.localdate(), ends=None)))
    old.refresh_from_db()
    assert (old.state, Designation.objects.in_force().get().person.name) == ("ended", "Ana Ruiz Inventada")


def test_a_titular_recorded_while_the_load_was_read_leaves_nothing_of_it(desk, staff, toluca, metepec):
    """The last row fails when it is written: the ones before it are not there either."""
    rows = [letter(Municipio="Metepec"), letter("Beto Paz Inventado", "2022-01-01", None)]
    load = tried(desk, WHAT, *rows)
    record_designation(
        designation=Designation(
            municipality=toluca, kind="titular", oficio_number="PM/9", starts_on=timezone.localdate(), state="in-force"
        ),
        person=Person(name="Otra Persona Inventada"), by=staff,
    )  # fmt: skip
    load = confirm(desk, WHAT, load, status=409)
    assert faults(load) == [f"Designaciones!C3: {services.TITULAR_TAKEN}"]
    assert (Designation.objects.count(), Person.objects.count(), counts(load)) == (1, 1, {"new": 1, "refused": 1})


def test_two_people_with_the_same_file_store_it_once(desk, admin, signed_in, toluca):
    data = filled(desk, WHAT, [letter()])
    mine, theirs = send(desk, WHAT, data), send(signed_in(admin), WHAT, data)
    confirm(desk, WHAT, mine)
    theirs = confirm(signed_in(admin), WHAT, theirs, status=409)
    assert "alguien la registró" in faults(theirs)[0]
    assert Designation.objects.count() == 1


def test_a_letter_without_its_scan_is_found_and_marked_until_it_has_one(desk, toluca):
    confirm(desk, WHAT, tried(desk, WHAT, letter(), letter("Beto Paz Inventado", "2022-01-01", None)))
    page = desk.get("/gestion/designaciones/?estado=without-scan").content.decode()
    assert "Beto Paz Inventado" in page
    assert "Ana Ruiz Inventada" not in page
    assert "Falta el oficio" in page
    Designation.objects.filter(state="in-force").update(oficio_file="oficios/x.pdf")
    assert "Beto Paz Inventado" not in desk.get("/gestion/designaciones/?estado=without-scan").content.decode()


def test_what_looks_like_a_formula_is_a_name_like_any_other(desk, toluca):
    load = tried(desk, WHAT, letter("=1+1", ends="2020-01-01"), letter("@Beto", "2021-01-01", "2021-06-01"))
    confirm(desk, WHAT, load)
    assert set(Person.objects.values_list("name", flat=True)) == {"=1+1", "@Beto"}


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_is_read_as_spreadsheets_write_it(desk, toluca, code, mark):
    head = ["Municipio", "TIPO", "nombre completo", "Numero de oficio", "Inicia", "Termina"]
    text = "\r\n".join(mark.join(line) for line in (
        head, ["TOLUCA", "titular", "Íñigo Peña Inventado", "PM/1", "01/01/2019", "31/12/2021"]))  # fmt: skip
    confirm(desk, WHAT, send(desk, WHAT, text.encode(code), "historia.csv"))
    row = Designation.objects.get()
    assert (row.person.name, row.starts_on, row.state) == ("Íñigo Peña Inventado", dt.date(2019, 1, 1), "ended")


def test_a_csv_names_its_cells_by_row_and_column(desk, toluca):
    text = "Municipio,Tipo,Nombre completo,Número de oficio,Inicia\nToluca,Titular,Ana,PM/1,ayer\n"
    said = faults(send(desk, WHAT, text.encode(), "historia.csv"))
    assert len(said) == 1
    assert said[0].startswith("fila 2, columna E: «ayer» no es una fecha")


def test_files_that_cannot_be_used_are_refused_as_a_whole(desk, toluca):
    from django.core.files.uploadedfile import SimpleUploadedFile

    for data, sentence in (
        (b"%PDF-1.4 nada", "ese tipo de archivo no se admite"),
        (b"\n \n", "El archivo está vacío"),
        (b"a,b\n1,2\n", "No se reconoce la tabla"),
        (b"Municipio,Tipo,Nombre completo,N\xfamero de oficio,Inicia\n", "no tiene ninguna fila"),
    ):
        answer = desk.post(base(WHAT), {"file": SimpleUploadedFile("x.csv", data)})
        assert (answer.status_code, sentence in answer.content.decode()) == (422, True), sentence


def test_a_dry_run_asks_the_database_as_often_for_two_rows_as_for_two_hundred(desk, toluca):
    def queries(n):
        rows = [letter(f"Persona Inventada {k}", Tipo="Suplente") for k in range(n)]
        data = filled(desk, WHAT, rows)
        with CaptureQueriesContext(connection) as captured:
            assert counts(send(desk, WHAT, data)) == {"new": n}
        return len(captured)

    queries(1)  # what is asked once and kept
    assert queries(2) == queries(200)


# --- Contacts


def office(**more):
    return {"Municipio": "Toluca", "Oficina": "Dirección de Medio Ambiente"} | more


def test_contacts_come_with_the_municipalities_written_in_and_fill_what_was_empty(desk, toluca, metepec):
    book = filled(desk, "contactos", [office(**{"Teléfono de la oficina": "722 276 1900", "Sitio web": "toluca.gob.mx",
                                                "Correo de la oficina": "ambiente@toluca.example"}),
                                      {"Municipio": "Metepec"}])  # fmt: skip
    load = send(desk, "contactos", book)
    assert counts(load) == {"new": 1, "equal": 1}
    confirm(desk, "contactos", load)
    contact = MunicipalContact.objects.get()
    assert (contact.office, contact.phone, contact.website) == (
        "Dirección de Medio Ambiente", "722 276 1900", "https://toluca.gob.mx",
    )  # fmt: skip
    assert MunicipalOffice.objects.get().email == "ambiente@toluca.example"
    assert contact.history.get().history_change_reason == "Carga inicial historia.xlsx"

    assert counts(send(desk, "contactos", book)) == {"equal": 2}
    template = desk.get(f"{base('contactos')}plantilla.xlsx").content
    assert counts(send(desk, "contactos", template)) == {"equal": 2}
    assert Message.objects.count() == 0


def test_a_contact_that_is_there_changes_cell_by_cell_and_an_empty_cell_erases_nothing(desk, staff, toluca):
    values = {"office": "Ecología", "address": "Centro 1", "phone": "1", "website": "", "email": "a@toluca.example"}
    services.save_contact(municipality=toluca, values=values, version=0, by=staff)
    load = tried(desk, "contactos", office())
    assert (counts(load), load.rows[0]["changes"]) == (
        {"changed": 1}, [["Oficina", "Ecología", "Dirección de Medio Ambiente"]],
    )  # fmt: skip
    confirm(desk, "contactos", load)
    contact = MunicipalContact.objects.get()
    assert (contact.office, contact.address, contact.phone, MunicipalOffice.objects.get().email) == (
        "Dirección de Medio Ambiente", "Centro 1", "1", "a@toluca.example",
    )  # fmt: skip


def test_a_contact_changed_by_somebody_else_meanwhile_leaves_nothing_of_the_load(desk, staff, toluca, metepec):
    load = tried(desk, "contactos", office(Municipio="Metepec"), office())
    values = {"office": "Ecología", "address": "", "phone": "", "website": "", "email": ""}
    services.save_contact(municipality=toluca, values=values, version=0, by=staff)
    load = confirm(desk, "contactos", load, status=409)
    assert "alguien cambió este contacto" in faults(load)[0]
    assert list(MunicipalContact.objects.values_list("municipality__name", "office")) == [("Toluca", "Ecología")]


CONTACT_FAULTS = {
    "no municipality": ([office(Municipio="")], "A2", "falta «Municipio»"),
    "an unknown municipality": ([office(Municipio="Guadalajara")], "A2", "no está en la lista"),
    "a key that is none": ([office(Municipio="99999")], "A2", "no está en la lista"),
    "an office that is too long": ([office(Oficina="O" * 161)], "B2", "161 letras y caben 160"),
    "an address that is too long": ([office(Dirección="D" * 301)], "C2", "301 letras y caben 300"),
    "a telephone that is too long": ([office(**{"Teléfono de la oficina": "5" * 61})], "D2", "61 letras y caben 60"),
    "a site that is none": ([office(**{"Sitio web": "no tiene sitio"})], "E2", ""),
    "a site that is too long": ([office(**{"Sitio web": "https://" + "a" * 300 + ".mx"})], "E2", "caben 300"),
    "a mailbox that is none": ([office(**{"Correo de la oficina": "oficina"})], "F2", "no es un correo"),
    "a broken formula": ([office(Oficina="#REF!")], "B2", "corrija la fórmula"),
    "the same municipality twice": ([office(), office()], "A3", "está también en Contactos"),
}


@pytest.mark.parametrize("name", CONTACT_FAULTS)
def test_a_fault_of_a_contact_is_named_with_its_cell_and_nothing_is_stored(desk, toluca, name):
    rows, cell, sentence = CONTACT_FAULTS[name]
    load = tried(desk, "contactos", *rows)
    found = faults(load)
    assert len(found) == 1, found
    assert found[0].startswith(f"Contactos de los municipios!{cell}: "), found
    assert sentence in found[0]
    confirm(desk, "contactos", load, status=409)
    assert MunicipalContact.objects.count() == 0
