"""First load of past events and of who was there: figures follow, twice writes nothing, and nobody gets mail."""

import datetime as dt
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Attendance, AttendanceImport, Event
from events.services.attendance import add_attendee
from events.services.registration import RegistrationData
from events.services.reminders import materialise_reminders
from events.services.results import remind_pending_results
from network.models import Organisation, Person, PersonAlias
from outbox.models import Message
from tests.factories import (
    AttendanceFactory,
    EventFactory,
    FormatFactory,
    MunicipalityFactory,
    PathwayFactory,
    PersonFactory,
    StaffFactory,
)
from tests.first_loads import base, confirm, counts, faults, filled, send, tried

pytestmark = pytest.mark.django_db
EVENTS, PEOPLE = "eventos", "asistencia"


@pytest.fixture
def staff():
    return StaffFactory()


@pytest.fixture
def desk(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def place():
    return MunicipalityFactory(name="Toluca", slug="toluca", cvegeo="15106")


@pytest.fixture
def lists(place):
    FormatFactory(code="workshop", name="Taller", name_en="Workshop")
    PathwayFactory(code="resilient", name="Resiliente", name_en="Resilient")


def past(key="T-2019-03", title="Taller inventado", **more):
    row = {"Clave": key, "Título": title, "Formato": "Taller", "Día": "2019-05-14", "Modalidad": "Presencial",
           "Camino de entrada": "Resiliente"}  # fmt: skip
    return row | {name.replace("_", " "): value for name, value in more.items()}


def test_years_of_events_are_tried_and_then_published_as_they_were(desk, staff, lists):
    Organisation.objects.create(name="Instituto Inventado", acronym="II")
    whole = past(
        Tema="Agua", Sede="Casa de Cultura", Municipio_sede=15106, Hora_de_inicio="10:00", Hora_de_término="12:30",
        Aforo_declarado=80, Fuente="Informe 2019", Quién_convoca="II; Universidad Inventada",
    )  # fmt: skip
    load = tried(desk, EVENTS, whole, past("T-4", "Otro taller", Día=dt.date(2020, 2, 1), Último_día="2020-02-03"))
    assert (counts(load), Event.objects.count()) == ({"new": 2}, 0)

    confirm(desk, EVENTS, load)
    event, other = Event.objects.order_by("first_day")
    assert (event.status, event.registration_enabled, event.headcount, event.source, event.place) == (
        "published", False, 80, "Informe 2019", "Casa de Cultura, Toluca",
    )  # fmt: skip
    assert event.time_label.startswith("10:00")
    assert (str(other.time_label), other.last_day) == ("Hora no registrada", dt.date(2020, 2, 3))
    assert [row.organisation.name for row in event.organisers.all()] == ["Instituto Inventado", "Universidad Inventada"]
    assert {row.history_change_reason for row in event.history.all()} == {"Carga inicial historia.xlsx"}
    assert desk.get(f"/eventos/{event.slug}/").status_code == 200


def test_the_same_events_twice_change_nothing_and_a_difference_is_shown_and_left(desk, lists):
    rows = [past(Aforo_declarado=80, Fuente="Informe 2019", Quién_convoca="Universidad Inventada"), past("B", "Otro")]
    data = filled(desk, EVENTS, rows)
    confirm(desk, EVENTS, send(desk, EVENTS, data))
    before = (Event.objects.count(), Event.history.count())
    assert counts(send(desk, EVENTS, data)) == {"equal": 2}

    load = tried(desk, EVENTS, past(Aforo_declarado=90, Fuente="Informe 2019"), past("C", "Tercero"))
    assert (counts(load), load.rows[0]["changes"]) == ({"new": 1, "kept": 1}, [["Aforo declarado", "80", "90"]])
    confirm(desk, EVENTS, load)
    assert Event.objects.get(title="Taller inventado").headcount == 80
    assert (Event.objects.count(), Event.history.count()) == (before[0] + 1, before[1] + 2)


EVENT_FAULTS = {
    "no key": ([past("")], "A2", "falta «Clave»"),
    "the same key twice": ([past(), past(title="Otro")], "A3", "está también en Eventos pasados!A2"),
    "no title": ([past(title="")], "B2", "falta «Título»"),
    "the same event twice": ([past(), past("B")], "B3", "está también en Eventos pasados!B2"),
    "a format that is none": ([past(Formato="Fiesta")], "C2", "no está en la lista"),
    "a day that does not exist": ([past(Día="2019-02-30")], "D2", "no es un día que exista"),
    "a day to come": ([past(Día="2090-01-01")], "D2", "ya terminaron"),
    "an end before the beginning": ([past(Último_día="2019-05-13")], "E2", "termina antes de empezar"),
    "an event of a year": ([past(Último_día="2020-05-13")], "E2", "dura hasta 60 días"),
    "an end without beginning": ([past(Hora_de_término="11:00")], "F2", "falta la hora de inicio"),
    "an hour that is none": ([past(Hora_de_inicio="25:00")], "F2", "no es una hora"),
    "hours the wrong way round": ([past(Hora_de_inicio="11:00", Hora_de_término="10:00")], "G2", "revise las horas"),
    "a modality that is none": ([past(Modalidad="Telepática")], "H2", "no está en la lista"),
    "a pathway that is none": ([past(Camino_de_entrada="Rápido")], "I2", "no está en la lista"),
    "an organiser twice": ([past(Quién_convoca="Uno; UNO")], "K2", "dos veces"),
    "a municipality that is none": ([past(Municipio_sede="Guadalajara")], "L2", "no está en la lista"),
    "half a person": ([past(Aforo_declarado="80.5", Fuente="x")], "N2", "número entero"),
    "a headcount of nowhere": ([past(Aforo_declarado=80)], "O2", "escriba la fuente"),
}


@pytest.mark.parametrize("name", EVENT_FAULTS)
def test_a_fault_of_an_event_is_named_with_its_cell_and_nothing_is_stored(desk, lists, name):
    rows, cell, sentence = EVENT_FAULTS[name]
    load = tried(desk, EVENTS, *rows)
    found = faults(load)
    assert len(found) == 1, found
    assert found[0].startswith(f"Eventos pasados!{cell}: "), found
    assert sentence in found[0]
    confirm(desk, EVENTS, load, status=409)
    assert Event.objects.count() == 0


def test_what_a_file_lacks_a_column_for_is_said_of_the_cell_that_asks_for_it(desk, lists):
    text = "Clave,Título,Formato,Día,Hora de término,Modalidad,Camino de entrada,Aforo declarado\n"
    text += "A,Taller,Taller,2019-05-14,11:00,Virtual,Resiliente,80\n"
    assert faults(send(desk, EVENTS, text.encode(), "eventos.csv")) == [
        "fila 2, columna E: falta la hora de inicio.",
        "fila 2, columna H: un aforo declarado dice de dónde sale: escriba la fuente.",
    ]


def test_an_event_that_somebody_typed_already_is_refused(desk, lists):
    EventFactory(title="TALLER inventado", day=dt.date(2019, 5, 14))
    assert "ya existe un evento con ese título" in faults(tried(desk, EVENTS, past()))[0]


def test_an_event_loaded_by_somebody_else_meanwhile_leaves_nothing_of_the_load(desk, client, lists):
    """The last row fails when it is written: the ones before it are not there either."""
    load = tried(desk, EVENTS, past("A", "Primero"), past("B", "Segundo"))
    other = StaffFactory()
    client.force_login(other)
    confirm(client, EVENTS, tried(client, EVENTS, past("B", "Segundo")))
    client.force_login(load.created_by)
    load = confirm(client, EVENTS, load, status=409)
    assert faults(load)[0].startswith("Eventos pasados!B3: alguien cargó este evento")
    assert list(Event.objects.values_list("title", flat=True)) == ["Segundo"]


# --- Attendance


@pytest.fixture
def event(place):
    return EventFactory(title="Taller inventado", day=dt.date(2019, 5, 14), modality="in-person", slug="taller")


def came(name="Ana Ruiz Inventada", event="taller", **more):
    return {"Evento": event, "Nombre completo": name} | {key.replace("_", " "): value for key, value in more.items()}


def test_events_and_then_who_was_there_reach_the_figures(desk, staff, lists):
    confirm(desk, EVENTS, tried(desk, EVENTS, past(Hora_de_inicio="10:00", Hora_de_término="12:00")))
    whole = came(
        event="t-2019-03", Correo_electrónico="ana@toluca.example", Sexo="Mujer", Minutos=90, Municipio="Toluca",
        Tipo_de_persona="Servidora o servidor público", Institución="Ayuntamiento Inventado",
    )  # fmt: skip
    load = tried(desk, PEOPLE, whole, came("Beto Paz Inventado", "2019-05-14 · Taller inventado", Sexo="Hombre"))
    assert (counts(load), Attendance.objects.count(), Person.objects.count()) == ({"new": 2}, 0, 0)
    confirm(desk, PEOPLE, load)

    event = Event.objects.get()
    ana, beto = event.attendances.order_by("person__name")
    assert (ana.source, ana.sex, ana.category, ana.institution, ana.municipality.name, ana.minutes, ana.modality) == (
        "list", "woman", "public-servant", "Ayuntamiento Inventado", "Toluca", 90, "in-person",
    )  # fmt: skip
    assert (beto.sex, beto.minutes, beto.municipality, beto.registration) == ("man", None, None, None)
    made = AttendanceImport.objects.get()
    assert (made.state, made.source, made.file_name, made.created_by) == (
        "confirmed", "list", "Carga inicial historia.xlsx", staff,
    )  # fmt: skip
    page = desk.get(f"/gestion/eventos/{event.pk}/asistencia/").content.decode()
    assert "Lista importada" in page
    assert "Lista importada" in desk.get(f"/gestion/eventos/{event.pk}/asistencia/importar/{made.pk}/").content.decode()


def test_the_same_people_twice_change_nothing(desk, event, place):
    rows = [
        came(Correo_electrónico="ana@toluca.example", Sexo="Mujer"),
        came("Beto Paz Inventado", Municipio="Toluca"),
        came("Beto Paz Inventado", Persona="nueva"),
        came("Carla Sol Inventada"),
    ]
    data = filled(desk, PEOPLE, rows)
    confirm(desk, PEOPLE, send(desk, PEOPLE, data))
    assert (Person.objects.count(), Attendance.objects.count()) == (4, 4)

    again = send(desk, PEOPLE, data)
    assert (counts(again), again.is_confirmable) == ({"equal": 4}, False)
    confirm(desk, PEOPLE, again, status=409)
    assert (Person.objects.count(), Attendance.objects.count(), AttendanceImport.objects.count()) == (4, 4, 1)


def test_what_is_there_and_differs_is_shown_and_left_alone(desk, event, place):
    person = PersonFactory(name="Ana Ruiz Inventada", email="ana@toluca.example")
    AttendanceFactory(event=event, person=person, sex="woman", minutes=30, source="staff")
    load = tried(desk, PEOPLE, came(Sexo="Mujer", Minutos=50))
    assert (counts(load), load.rows[0]["changes"]) == ({"kept": 1}, [["Minutos", "30", "50"]])
    assert Attendance.objects.get().minutes == 30


def test_people_are_known_as_the_attendance_import_knows_them(desk, event, place):
    by_mail = PersonFactory(name="Ana Ruiz Inventada", email="ana@toluca.example")
    by_town = PersonFactory(name="Beto Paz Inventado", email="", municipality=place)
    namesake = PersonFactory(name="Carla Sol Inventada", email="carla@otra.example")
    rows = [
        came("ANA RUIZ", Correo_electrónico="Ana@toluca.example"),
        came("Beto Paz Inventado", Municipio="Toluca"),
        came("Carla Sol Inventada"),
    ]
    load = tried(desk, PEOPLE, *rows)
    assert faults(load) == [
        f"Asistencia a eventos pasados!B4: puede ser Carla Sol Inventada ({namesake.pk}): escriba su número en "
        "«Persona», o «nueva» si es otra."
    ]
    rows[2]["Persona"] = namesake.pk
    confirm(desk, PEOPLE, tried(desk, PEOPLE, *rows))
    assert {row.person_id for row in Attendance.objects.all()} == {by_mail.pk, by_town.pk, namesake.pk}
    assert Person.objects.count() == 3


def test_somebody_new_in_two_events_is_one_person_where_the_sheet_says_so(desk, event, place):
    EventFactory(title="Otro", day=dt.date(2020, 1, 1), slug="otro", modality="hybrid")
    load = tried(
        desk, PEOPLE,
        came(Correo_electrónico="ana@toluca.example"), came(event="otro", Correo_electrónico="ana@toluca.example"),
        came("Beto Paz Inventado"), came("Beto Paz Inventado", "otro"),
    )  # fmt: skip
    assert faults(load) == [
        "Asistencia a eventos pasados!B5: puede ser la misma persona de Asistencia a eventos pasados!B4: si lo es, "
        "escriba el mismo correo en las dos filas; si no, «nueva» en «Persona»."
    ]
    load = tried(desk, PEOPLE, came(Correo_electrónico="ana@toluca.example"),
                 came(event="otro", Correo_electrónico="ana@toluca.example", Sexo="Mujer"))  # fmt: skip
    confirm(desk, PEOPLE, load)
    person = Person.objects.get()
    assert (person.attendances.count(), person.sex) == (2, "woman")
    assert person.attendances.get(event__slug="otro").modality == ""  # of a hybrid event nobody knows


def test_a_number_that_was_typed_is_remembered_as_another_name(desk, event):
    person = PersonFactory(name="Ana Ruiz Inventada", email="")
    confirm(desk, PEOPLE, tried(desk, PEOPLE, came("Anita Ruiz", Persona=person.pk)))
    assert list(PersonAlias.objects.values_list("person", "value")) == [(person.pk, "Anita Ruiz")]


PEOPLE_FAULTS = {
    "no event": ([came(event="")], "A2", "falta «Evento»"),
    "an event that is none": ([came(event="T-0")], "A2", "cargue primero los eventos"),
    "no name": ([came("")], "B2", "falta «Nombre completo»"),
    "a name that is too long": ([came("A" * 161)], "B2", "161 letras y caben 160"),
    "somebody twice": ([came(Municipio="Toluca"), came(Municipio="Toluca")], "B3", "la misma persona está también"),
    "a mailbox that is none": ([came(Correo_electrónico="ana")], "C2", "no es un correo"),
    "a sex that is none": ([came(Sexo="F")], "D2", "no está en la lista"),
    "a kind that is none": ([came(Tipo_de_persona="Gente")], "E2", "no está en la lista"),
    "a municipality that is none": ([came(Municipio="Guadalajara")], "F2", "no está en la lista"),
    "an institution that is too long": ([came(Institución="I" * 201)], "G2", "201 letras y caben 200"),
    "minutes that are none": ([came(Minutos="mucho")], "H2", "no es un número"),
    "fewer than no minutes": ([came(Minutos=-1)], "H2", "es menos que 0"),
    "more minutes than the event had": ([came(Minutos=61)], "H2", "el evento duró 60 minutos"),
    "a person who is nobody": ([came(Persona="987654")], "I2", "no hay una persona con el número"),
    "a person who is a word": ([came(Persona="ella")], "I2", "escriba el número de una persona"),
}


@pytest.mark.parametrize("name", PEOPLE_FAULTS)
def test_a_fault_of_an_attendance_is_named_with_its_cell_and_nothing_is_stored(desk, event, name):
    rows, cell, sentence = PEOPLE_FAULTS[name]
    load = tried(desk, PEOPLE, *rows)
    found = faults(load)
    assert len(found) == 1, found
    assert found[0].startswith(f"Asistencia a eventos pasados!{cell}: "), found
    assert sentence in found[0]
    confirm(desk, PEOPLE, load, status=409)
    assert (Attendance.objects.count(), Person.objects.count()) == (0, 0)


def test_drafts_and_events_to_come_take_no_attendance(desk, place):
    EventFactory(slug="taller", day=dt.date(2019, 5, 14), status="draft")
    EventFactory(slug="futuro", day=timezone.localdate() + dt.timedelta(days=3))
    said = faults(tried(desk, PEOPLE, came(), came(event="futuro")))
    assert [sentence.split(": ")[0] for sentence in said] == [
        "Asistencia a eventos pasados!A2", "Asistencia a eventos pasados!A3",
    ]  # fmt: skip


def test_somebody_written_down_meanwhile_leaves_nothing_of_the_load(desk, staff, event):
    other = EventFactory(title="Otro", day=dt.date(2020, 1, 1), slug="otro")
    load = tried(desk, PEOPLE, came("Beto Paz Inventado"), came(event="otro"))
    data = RegistrationData(name="Ana Ruiz Inventada", email="", sex="", category="", institution="",
                            municipality=None, modality="")  # fmt: skip
    add_attendee(event=other, data=data, by=staff)
    load = confirm(desk, PEOPLE, load, status=409)
    assert faults(load)[0].startswith("Asistencia a eventos pasados!B3: alguien anotó esta asistencia")
    assert (Attendance.objects.count(), Person.objects.count(), AttendanceImport.objects.count()) == (1, 1, 0)


def test_an_event_cancelled_meanwhile_leaves_nothing_of_the_load(desk, event):
    EventFactory(title="Otro", day=dt.date(2020, 1, 1), slug="otro")
    load = tried(desk, PEOPLE, came("Beto Paz Inventado"), came(event="otro"))
    Event.objects.filter(slug="otro").update(status="cancelled")
    load = confirm(desk, PEOPLE, load, status=409)
    assert "no en borradores ni en cancelados" in faults(load)[0]
    assert (Attendance.objects.count(), Person.objects.count()) == (0, 0)


def test_a_list_in_the_code_page_of_windows_with_formulas_for_names(desk, event):
    text = "Evento;Nombre completo;Institución\r\ntaller;=1+1;Peña y Nieto\r\ntaller;Íñigo Inventado;@SUM(A1)\r\n"
    confirm(desk, PEOPLE, send(desk, PEOPLE, text.encode("cp1252"), "lista.csv"))
    assert set(Person.objects.values_list("name", "institution")) == {
        ("=1+1", "Peña y Nieto"), ("Íñigo Inventado", "@SUM(A1)"),
    }  # fmt: skip
    exported = desk.get(f"/gestion/eventos/{event.pk}/asistencia.csv").content.decode("utf-8-sig")
    assert "'=1+1" in exported


def test_nobody_gets_mail_of_a_first_load_now_or_by_the_clock(desk, lists, place):
    """Events of last month, without results and with people: what the clock does every minute finds nothing to say."""
    day = timezone.localdate() - dt.timedelta(days=30)
    confirm(desk, EVENTS, tried(desk, EVENTS, past(Día=day, Hora_de_inicio="10:00", Hora_de_término="12:00")))
    rows = [came(event="T-2019-03", Correo_electrónico="ana@toluca.example")]
    confirm(desk, PEOPLE, tried(desk, PEOPLE, *rows))
    assert Event.objects.results_pending().count() == 1
    materialise_reminders()
    assert (remind_pending_results(), Message.objects.count()) == (0, 0)


def test_two_thousand_people_in_forty_events_take_a_while_and_not_a_query_each(desk, place):
    for number in range(40):
        EventFactory(title=f"Taller {number}", slug=f"taller-{number}", day=dt.date(2019, 5, 14))

    def queries(n):
        rows = [
            came(f"Persona Inventada {n} {k}", f"taller-{k % 40}", Correo_electrónico=f"p{n}-{k}@toluca.example")
            for k in range(n)
        ]
        data = filled(desk, PEOPLE, rows)
        with CaptureQueriesContext(connection) as captured:
            started = time.monotonic()
            load = send(desk, PEOPLE, data)
            tried_in = time.monotonic() - started
            assert counts(load) == {"new": n}
            dry = len(captured)
            confirm(desk, PEOPLE, load)
        return dry, len(captured) - dry, tried_in, time.monotonic() - started

    queries(40)
    few, many = queries(80), queries(2000)
    assert few[0] == many[0]
    assert many[1] <= few[1] + 2 * 40  # a list of fifty people is one batch or two
    assert Attendance.objects.count() == 2120
    assert many[3] < 60


def test_a_form_without_a_file_or_with_another_kind_of_sheet_says_so(desk, event):
    answer = desk.post(base(PEOPLE), {})
    assert answer.status_code == 422
    data = filled(desk, EVENTS, [past()])
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = desk.post(base(PEOPLE), {"file": SimpleUploadedFile("x.xlsx", data)})
    assert answer.status_code == 422
    assert "Falta la hoja" in answer.content.decode()
    assert desk.get("/gestion/carga-inicial/otra-cosa/").status_code == 404
