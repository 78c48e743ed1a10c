"""The staff's pages of events and series."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from events.enums import EventStatus
from events.models import Event, Series
from network.models import User
from tests import factories

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
LONG = "Un evento dura hasta 60 días: revise el último, o programe cada sesión aparte."
NOT_YET = "Ese día aún no llega: escriba el día en que dio su consentimiento."
PAST = "Ese día ya pasó: escriba uno por venir, o déjelo vacío."
LISTS = ("organisers", "speakers", "guiding_questions", "materials", "seat_pools")


@pytest.fixture
def staff_user() -> User:
    return factories.StaffFactory()


@pytest.fixture
def staff(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user)
    return client


def typed(**changes: Any) -> dict[str, Any]:
    empty = {f"{name}-{key}": "0" for name in LISTS for key in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return {
        **empty, "title": "Movilidad sustentable", "format": factories.FormatFactory().pk, "modality": "virtual",
        "pathway": factories.PathwayFactory().pk, "first_day": "2027-06-17", "start_time": "11:00",
        "end_time": "13:00", "time_zone": "America/Mexico_City", "registration_enabled": "on",
        "waiting_list_enabled": "on", "capacity": "20", "offer_hours": "24", "admission": "open",
        "version": "1",
        **changes,
    }  # fmt: skip


def rows(name: str, *values: dict[str, Any], stored: int = 0) -> dict[str, Any]:
    fields = {f"{name}-{number}-{key}": value for number, row in enumerate(values) for key, value in row.items()}
    return {f"{name}-TOTAL_FORMS": str(len(values)), f"{name}-INITIAL_FORMS": str(stored), **fields}


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def url(name: str, event: Event) -> str:
    return reverse(name, args=[event.pk])


def test_event_with_every_block_is_programmed_as_a_draft(staff: Client) -> None:
    town = factories.MunicipalityFactory()
    response = staff.post(
        reverse("staff_event_create"),
        typed(
            objectives="Uno\nDos", sdgs=[factories.SDGFactory().pk], sectors=[factories.SectorFactory().pk],
            series=factories.SeriesFactory().pk,
            **rows(
                "organisers", {"organisation": "Renamet", "role": "convenes"}, {"organisation": "", "role": "convenes"}
            ),
            **rows("speakers", {"name": "Ponente de Prueba", "role": "speaker", "consent_on": "2026-11-01"}),
            **rows("guiding_questions", {"text": "Segunda", "ORDER": "2"}, {"text": "Primera", "ORDER": "1"}),
            **rows("materials", {"title": "Guía", "kind": "reference", "url": "guia.example/a.pdf", "language": "es"}),
            **rows("seat_pools", {"municipality": town.pk, "capacity": "5"}),
        ),
    )  # fmt: skip
    event = Event.objects.get()
    assert response.url == url("staff_event_detail", event)
    assert (event.status, event.number_in_series, event.objective_list) == (EventStatus.DRAFT, 1, ["Uno", "Dos"])
    assert event.organisers.get().organisation.name == "Renamet"
    assert event.speakers.get().consent_on == dt.date(2026, 11, 1)
    assert [question.text for question in event.guiding_questions.all()] == ["Primera", "Segunda"]
    assert event.materials.get().url == "https://guia.example/a.pdf"
    assert sorted(event.seat_pools.values_list("capacity", flat=True)) == [5, 20]


def test_form_of_a_stored_event_saved_as_it_is_changes_nothing(staff: Client, staff_user: User) -> None:
    test_event_with_every_block_is_programmed_as_a_draft(staff)
    event = Event.objects.get()
    page = staff.get(url("staff_event_edit", event))
    body: dict[str, Any] = {}
    for form in [page.context["form"], *(f for name in LISTS for f in page.context["editor"][name].forms)]:
        body |= {bound.html_name: value for bound in form if (value := shown(bound)) not in (None, "", False)}
    for name in LISTS:
        body |= {bound.html_name: bound.value() for bound in page.context["editor"][name].management_form}
    assert staff.post(url("staff_event_edit", event), body).status_code == 302
    event.refresh_from_db()
    assert (event.version, event.sequence) == (1, 0)


def shown(bound: Any) -> Any:
    value = bound.value()
    return bound.field.widget.format_value(value) if isinstance(value, (dt.date, dt.time)) else value


def test_refused_form_keeps_what_was_typed_and_says_where(staff: Client) -> None:
    body = typed(title="", end_time="10:00", **rows("guiding_questions", {"text": "¿Se conserva?"}))
    response = staff.post(reverse("staff_event_create"), body)
    assert response.status_code == 422
    assert 'href="#id_title"' in text(response)
    assert "¿Se conserva?" in text(response)
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "address", ["ftp://guia.example/a.pdf", "javascript:alert(1)", "data:text/html,x", "file:///etc"]
)
@pytest.mark.parametrize("field", ["material", "meeting_url"])
def test_link_is_a_page_on_the_web_or_none(field: str, address: str, staff: Client) -> None:
    material = {"title": "Guía", "kind": "reference", "url": address, "language": "es"}
    body = typed(**rows("materials", material)) if field == "material" else typed(meeting_url=address)
    response = staff.post(reverse("staff_event_create"), body)
    assert response.status_code == 422
    assert "URL válida" in text(response)
    assert not Event.objects.exists()


@pytest.mark.parametrize("odd", ["9" * 30, "-1", "a\x00", "999999"])
def test_choice_that_was_not_offered_is_refused(odd: str, staff: Client) -> None:
    response = staff.post(reverse("staff_event_create"), typed(sdgs=[factories.SDGFactory().pk, odd]))
    assert response.status_code == 422
    gone = "Una de las opciones marcadas ya no existe: revise las que quedan."
    assert response.context["form"].errors == {"sdgs": [gone]}


def test_what_the_service_refuses_is_said_at_its_field(staff: Client) -> None:
    response = staff.post(reverse("staff_event_create"), typed(end_time="10:00"))
    assert response.status_code == 422
    assert response.context["form"].errors["end_time"] == ["El evento termina antes de empezar: revise las horas."]


@pytest.mark.parametrize("name", LISTS)
def test_adding_a_row_keeps_what_was_typed_and_stores_nothing(name: str, staff: Client) -> None:
    response = staff.post(reverse("staff_event_create"), typed(title="A medias", pathway="", agregar=name))
    assert response.status_code == 200
    assert len(response.context["editor"][name].forms) == 1
    assert 'value="A medias"' in text(response)
    assert "errorlist" not in text(response)
    assert not Event.objects.exists()


def test_second_save_of_the_same_version_shows_both_texts_and_can_go_on(staff: Client) -> None:
    event = factories.EventFactory(title="Lo que guardó otra persona", version=2)
    edit = url("staff_event_edit", event)
    response = staff.post(edit, typed(title="Lo que escribo", version="1"))
    assert response.status_code == 409
    texts = {label: (stored, mine) for label, stored, mine in response.context["differences"]}
    assert texts["Título"] == ("Lo que guardó otra persona", "Lo que escribo")
    assert not {"Ponentes", "Zona horaria", "Cupo"} & set(texts)  # the same in both
    assert 'name="version" value="2"' in text(response)
    assert staff.post(edit, typed(title="Lo que escribo", version="")).status_code == 409
    assert staff.post(edit, typed(title="Lo que escribo", version="2")).status_code == 302


YEAR = "Revise el año: escriba uno de 1990 a 2100."


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("first_day", "9999-12-31", YEAR),
        ("first_day", "0001-01-01", YEAR),
        ("last_day", "9999-12-31", YEAR),
        ("registration_opens_at", "0001-01-01T00:00", YEAR),
        ("registration_closes_at", "9999-12-31T23:59", YEAR),
        ("offer_hours", "721", "Escriba 720 horas (30 días) o menos."),
        ("number_in_series", "32767", "Escriba un número hasta 9999."),
    ],
)
def test_number_or_year_beyond_reason_is_said_at_its_field(name: str, value: str, said: str, staff: Client) -> None:
    body = typed(series=factories.SeriesFactory().pk) | {name: value}
    response = staff.post(reverse("staff_event_create"), body)
    assert response.status_code == 422
    assert dict(response.context["form"].errors) == {name: [said]}


def test_day_that_cannot_be_meant_is_said_at_its_field(staff: Client) -> None:
    speaker = {"name": "Ponente", "role": "speaker", "consent_on": "2027-06-18"}
    seats = {"municipality": factories.MunicipalityFactory().pk, "capacity": "5", "release_on": "2020-01-01"}
    body = typed(last_day="2027-08-16", **rows("speakers", speaker), **rows("seat_pools", seats))
    editor = staff.post(reverse("staff_event_create"), body).context["editor"]
    assert editor.form.errors == {"last_day": [LONG]}
    assert editor["speakers"].forms[0].errors == {"consent_on": [NOT_YET]}
    assert editor["seat_pools"].forms[0].errors == {"release_on": [PAST]}
    event = factories.EventFactory(day=dt.date(2026, 1, 15))
    agreed = {"text": "Medir", "due_on": "2026-01-14"}
    body = {"version": "1", "headcount": "100001"} | rows("answers") | rows("materials") | rows("agreements", agreed)
    editor = staff.post(url("staff_event_results", event), body).context["editor"]
    assert editor.form.errors == {"headcount": ["Escriba un número de personas hasta 100 000."]}
    assert list(editor["agreements"].forms[0].errors) == ["due_on"]


def test_list_of_more_rows_than_there_can_be_is_not_built(staff: Client) -> None:
    response = staff.post(reverse("staff_event_create"), typed(**{"speakers-TOTAL_FORMS": "100000"}))
    assert response.status_code == 422
    assert len(response.context["editor"]["speakers"].forms) == 60
    response = staff.post(reverse("staff_event_create"), typed(**{"speakers-TOTAL_FORMS": "x"}))
    assert "Esta lista llegó incompleta" in text(response)


def test_days_of_rows_and_sessions_of_a_series_have_an_end_too(staff: Client) -> None:
    speaker = {"name": "Ponente", "role": "speaker", "consent_on": "9999-12-31"}
    seats = {"municipality": factories.MunicipalityFactory().pk, "capacity": "5", "release_on": "0001-01-01"}
    body = typed(**rows("speakers", speaker), **rows("seat_pools", seats))
    editor = staff.post(reverse("staff_event_create"), body).context["editor"]
    assert editor["speakers"].forms[0].errors == {"consent_on": [YEAR]}
    assert editor["seat_pools"].forms[0].errors == {"release_on": [YEAR]}
    response = staff.post(
        reverse("staff_series_create"), {"title": "X", "planned_sessions": "32000"} | rows("organisers")
    )
    assert response.context["form"].errors == {"planned_sessions": ["Escriba un número hasta 9999."]}


def test_day_of_an_event_with_attendance_changes_only_where_that_is_meant(staff: Client) -> None:
    event = factories.EventFactory(day=dt.date(2027, 6, 16))
    edit = url("staff_event_edit", event)
    assert "moves_attended" not in staff.get(edit).content.decode()
    factories.AttendanceFactory(event=event)
    response = staff.post(edit, typed(first_day="2027-06-17"))
    assert response.status_code == 422
    assert "Ya hay 1 asistencia anotada de ese día." in text(response)
    assert 'type="checkbox" name="moves_attended"' in text(response)
    assert staff.post(edit, typed(first_day="2027-06-16", start_time="10:00")).status_code == 302
    assert staff.post(edit, typed(first_day="2027-06-17", moves_attended="on", version="2")).status_code == 302
    event.refresh_from_db()
    assert event.first_day == dt.date(2027, 6, 17)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"first_day": "2027-06-10"}, "registration_closes_at", "Con la fecha nueva, la inscripción cerraría"),
        ({"start_time": "09:00"}, "registration_closes_at", "Con la fecha nueva, la inscripción cerraría"),
        ({"registration_closes_at": "2027-06-17T13:01"}, "registration_closes_at", "cuando el evento ya terminó"),
        ({"registration_opens_at": "2027-06-17T13:00", "registration_closes_at": ""}, "registration_opens_at",
         "cuando el evento ya terminó"),
    ],
)  # fmt: skip
def test_registration_that_would_close_too_late_is_said(
    changes: dict[str, str], field: str, said: str, staff: Client
) -> None:
    closing = {"registration_closes_at": "2027-06-17T10:00"}
    staff.post(reverse("staff_event_create"), typed(**closing))
    event = Event.objects.get()
    response = staff.post(url("staff_event_edit", event), typed(**{**closing, **changes}))
    assert response.status_code == 422
    assert [said in error for error in response.context["form"].errors[field]] == [True]


def test_event_that_moves_says_that_its_registration_still_closes_when_it_did(staff: Client) -> None:
    closing = {"registration_closes_at": "2027-06-17T12:00"}  # while it lasts: as it was meant
    staff.post(reverse("staff_event_create"), typed(**closing))
    edit = url("staff_event_edit", Event.objects.get())
    same = staff.post(edit, typed(title="Otro", **closing), follow=True)
    assert "sigue cerrando" not in text(same)
    moved = staff.post(edit, typed(**{"version": "2", "first_day": "2027-09-17", **closing}), follow=True)
    assert "su inscripción sigue cerrando el jueves 17 de junio de 2027, 12:00 h" in text(moved)
    again = {"version": "3", "registration_closes_at": "2027-09-30T12:00", "first_day": "2027-10-01"}
    assert "sigue cerrando" not in text(staff.post(edit, typed(**again), follow=True))


def test_event_does_not_follow_itself(staff: Client) -> None:
    event = factories.EventFactory()
    response = staff.post(url("staff_event_edit", event), typed(follows_up=event.pk))
    assert response.status_code == 422
    assert response.context["form"].errors["follows_up"] == [
        "Un evento no da seguimiento a sí mismo: elija otro, o ninguno."
    ]


def test_row_added_by_somebody_else_meanwhile_is_not_asked_of_the_empty_one(staff: Client) -> None:
    event = factories.EventFactory(version=2)
    factories.SpeakerFactory(event=event)
    factories.MaterialFactory(event=event)
    factories.EventOrganiserFactory(event=event)
    empty = {
        **rows("speakers", {"name": "", "role": "speaker"}),
        **rows("materials", {"title": "", "kind": "reference", "language": "es"}),
        **rows("organisers", {"organisation": "", "role": "convenes"}),
    }
    response = staff.post(url("staff_event_edit", event), typed(version="1", **empty))
    assert response.status_code == 409
    lists = {label for label, _stored, _typed in response.context["differences"]}
    assert {"Ponentes", "Documentos y materiales"} <= lists


def test_rows_are_those_of_their_id_whatever_somebody_else_took_off_meanwhile(staff: Client) -> None:
    event = factories.EventFactory()
    gone, kept = (factories.MaterialFactory(event=event, file="", url="https://a.example/") for _each in range(2))
    event.materials.filter(pk=kept.pk).update(file="materials/acta.pdf", url="")
    row = {"title": "Acta", "kind": "document", "language": "es", "url": ""}
    typed_rows = rows("materials", row | {"id": gone.pk}, row | {"id": kept.pk}, stored=2)
    gone.delete()
    response = staff.post(url("staff_event_edit", event), typed(version="1", **typed_rows))
    assert [list(form.errors) for form in response.context["editor"]["materials"].forms] == [["url"], []]


def test_file_that_is_not_what_it_claims_is_refused(staff: Client) -> None:
    fake = SimpleUploadedFile("guia.pdf", b"<script>alert(1)</script>", content_type="application/pdf")
    row = {"title": "Guía", "kind": "reference", "language": "es", "file": fake}
    response = staff.post(reverse("staff_event_create"), typed(**rows("materials", row)))
    assert response.status_code == 422
    assert list(response.context["editor"]["materials"].forms[0].errors) == ["file"]
    assert not Event.objects.exists()


def picture(name: str = "foto.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG, content_type="image/png")


def stored_picture(staff: Client) -> tuple[Event, dict[str, Any]]:
    """An event with one document that has a file, and the row that its form shows of it."""
    row = {"title": "Cartel", "kind": "document", "language": "es"}
    staff.post(reverse("staff_event_create"), typed(**rows("materials", {**row, "file": picture()})))
    event = Event.objects.get()
    return event, {**row, "id": event.materials.get().pk}


def test_stored_file_stays_until_another_takes_its_place(
    staff: Client, django_capture_on_commit_callbacks: Any
) -> None:
    event, row = stored_picture(staff)
    material = event.materials.get()
    kept = material.file.name
    staff.post(url("staff_event_edit", event), typed(**rows("materials", {**row, "title": "Otro"}, stored=1)))
    material.refresh_from_db()
    assert (material.title, material.file.name) == ("Otro", kept)
    page = text(staff.get(url("staff_event_edit", event)))
    assert f'Archivo guardado: <a href="{reverse("material_file", args=[event.slug, material.pk])}">' in page
    link = {**row, "url": "https://documentos.example/a.pdf"}
    body = typed(version="2", **rows("materials", link, stored=1))
    assert "Ya hay un archivo guardado" in text(staff.post(url("staff_event_edit", event), body))
    nothing = typed(version="2", **rows("materials", {**row, "drop_file": "on"}, stored=1))
    assert staff.post(url("staff_event_edit", event), nothing).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        body = typed(version="2", **rows("materials", {**link, "drop_file": "on"}, stored=1))
        assert staff.post(url("staff_event_edit", event), body).status_code == 302
    material.refresh_from_db()
    assert (material.file.name, material.url) == ("", "https://documentos.example/a.pdf")
    assert not material.file.storage.exists(kept)


@pytest.mark.parametrize(
    ("change", "status"), [({"title": ""}, 422), ({"agregar": "speakers"}, 200), ({"version": "7"}, 409)]
)
def test_chosen_file_that_was_not_stored_is_asked_for_again(change: dict[str, str], status: int, staff: Client) -> None:
    event, row = stored_picture(staff)
    kept, said = event.materials.get().file.name, "El archivo «nueva.png» no se guardó"
    chosen = rows("materials", {**row, "file": picture("nueva.png")}, stored=1)
    response = staff.post(url("staff_event_edit", event), typed(**chosen) | change)
    assert response.status_code == status
    assert said in text(response)
    assert 'value="nueva.png"' in text(response)
    again = rows("materials", {**row, "file_again": "nueva.png"}, stored=1)
    response = staff.post(url("staff_event_edit", event), typed(**again))
    assert response.status_code == 422
    assert said in text(response)
    assert event.materials.get().file.name == kept
    again["materials-0-file"] = picture("nueva.png")
    assert staff.post(url("staff_event_edit", event), typed(**again)).status_code == 302
    assert event.materials.get().file.name != kept


def test_row_ticked_to_be_taken_off_is_gone(staff: Client) -> None:
    event = factories.EventFactory()
    question = factories.GuidingQuestionFactory(event=event)
    off = {"id": question.pk, "text": question.text, "DELETE": "on"}
    staff.post(url("staff_event_edit", event), typed(**rows("guiding_questions", off, stored=1)))
    assert not event.guiding_questions.exists()


def test_publish_cancel_and_delete(staff: Client) -> None:
    event = factories.EventFactory(status=EventStatus.DRAFT)
    assert staff.get(url("staff_event_publish", event)).status_code == 405
    staff.post(url("staff_event_publish", event))
    assert Event.objects.get().status == EventStatus.PUBLISHED
    assert staff.post(url("staff_event_cancel", event), {"reason": ""}).status_code == 422
    staff.post(url("staff_event_cancel", event), {"reason": "Contingencia"})
    assert Event.objects.get().cancellation_reason == "Contingencia"
    staff.post(url("staff_event_delete", event))
    assert Event.objects.exists()
    Event.objects.update(status=EventStatus.DRAFT)
    assert staff.get(url("staff_event_delete", event)).status_code == 200
    staff.post(url("staff_event_delete", event))
    assert not Event.objects.exists()


def test_results_answers_and_materials_are_written_after_the_session(staff: Client) -> None:
    event = factories.EventFactory(day=dt.date(2026, 1, 15))
    question = factories.GuidingQuestionFactory(event=event)
    body = {
        "version": "1", "results_summary": "Tres acuerdos", "headcount": "45",
        **rows("answers", {"id": question.pk, "answer": "Con alianzas"}, stored=1), **rows("agreements"),
        **rows("materials", {"title": "Relatoría", "kind": "minutes", "url": "https://a.example/r", "language": "es"}),
    }  # fmt: skip
    assert staff.post(url("staff_event_results", event), body).status_code == 302
    event.refresh_from_db()
    assert (event.results_summary, event.headcount, event.materials.get().kind) == ("Tres acuerdos", 45, "minutes")
    question.refresh_from_db()
    assert (question.answer, question.text != "") == ("Con alianzas", True)


def test_answers_go_to_their_questions_in_whatever_order_somebody_put_them(staff: Client) -> None:
    event = factories.EventFactory(version=2)
    first, second = (factories.GuidingQuestionFactory(event=event, order=n, text=f"Pregunta {n}") for n in (1, 2))
    typed_rows = rows("answers", {"id": first.pk, "answer": "A la 1"}, {"id": second.pk, "answer": "A la 2"}, stored=2)
    first.order = 3  # somebody else put it last and added one
    first.save()
    factories.GuidingQuestionFactory(event=event, order=0, text="Pregunta nueva")
    page, body = url("staff_event_results", event), {**typed_rows, **rows("agreements"), **rows("materials")}
    response = staff.post(page, body | {"version": "1"})
    assert response.status_code == 409
    assert [str(form["answer"].label) for form in response.context["editor"]["answers"].forms] == [
        "Pregunta 1", "Pregunta 2",
    ]  # fmt: skip
    assert staff.post(page, body | {"version": "2"}).status_code == 302
    assert list(event.guiding_questions.values_list("text", "answer")) == [
        ("Pregunta nueva", ""), ("Pregunta 2", "A la 2"), ("Pregunta 1", "A la 1"),
    ]  # fmt: skip


def test_answer_to_a_question_that_is_gone_is_not_lost_without_a_word(staff: Client) -> None:
    event = factories.EventFactory()
    body = {**rows("answers", {"id": 987654, "answer": "Se conserva"}, stored=1), **rows("agreements")}
    response = staff.post(url("staff_event_results", event), {**body, **rows("materials"), "version": "1"})
    assert response.status_code == 422
    assert "Otra persona quitó esta pregunta" in text(response)
    assert "Se conserva" in text(response)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "movilidad"}, {"Movilidad"}),
        ({"estado": "draft"}, {"Borrador"}),
        ({"cuando": "proximos"}, {"Movilidad", "Borrador"}),
        ({"cuando": "pasados"}, {"Pasado"}),
        ({"cuando": "sin-fecha"}, {"Sin fecha"}),
        ({"formato": "no-es-un-numero"}, {"Movilidad", "Borrador", "Pasado", "Sin fecha"}),
    ],
)
def test_list_is_filtered(query: dict[str, str], expected: set[str], staff: Client) -> None:
    factories.EventFactory(title="Movilidad")
    factories.EventFactory(title="Borrador", status=EventStatus.DRAFT)
    factories.EventFactory(title="Pasado", day=dt.date(2020, 6, 17))
    factories.EventFactory(title="Sin fecha", day=None)
    response = staff.get(reverse("staff_event_list"), query)
    assert {event.title for event in response.context["page"]} == expected


def test_list_begins_with_what_comes_next(staff: Client) -> None:
    for title, day in (("Pasado", dt.date(2020, 1, 1)), ("Sin fecha", None), ("Después", dt.date(2090, 1, 1))):
        factories.EventFactory(title=title, day=day)
    factories.EventFactory(title="Próximo")
    page = staff.get(reverse("staff_event_list")).context["page"]
    assert [event.title for event in page] == ["Próximo", "Después", "Sin fecha", "Pasado"]


def test_series_is_written_with_its_organisers(staff: Client) -> None:
    body = {"title": "Espacios de intercambio", "planned_sessions": "12"}
    organisers = rows("organisers", {"organisation": "SEDATU", "role": "convenes"})
    staff.post(reverse("staff_series_create"), body | organisers)
    series = Series.objects.get()
    assert (series.planned_sessions, series.organisers.get().organisation.name) == (12, "SEDATU")
    assert staff.post(reverse("staff_series_edit", args=[series.pk]), organisers | {"title": ""}).status_code == 422


def test_series_sent_twice_is_one_and_an_empty_one_can_be_removed(staff: Client, client: Client) -> None:
    page = reverse("staff_series_create")
    body = {"title": "Ciclo nuevo", "uid": staff.get(page).context["form"]["uid"].value(), **rows("organisers")}
    sent = [staff.post(page, body)["Location"] for _again in range(2)]
    series = Series.objects.get()
    assert sent == [reverse("staff_series_edit", args=[series.pk])] * 2
    removal = reverse("staff_series_delete", args=[series.pk])
    assert removal in text(staff.get(sent[0]))
    event = factories.EventFactory(series=series, status="draft")
    assert "tiene sesiones" in text(staff.post(removal, follow=True))
    assert removal not in text(staff.get(sent[0]))
    event.delete()
    assert staff.get(removal).status_code == 200
    assert staff.post(removal)["Location"] == reverse("staff_series_list")
    assert not Series.objects.exists()


def test_series_is_public_with_its_first_published_session(staff: Client) -> None:
    series = factories.SeriesFactory(title="Ciclo nuevo", slug="nuevo", topics="agua")
    event = factories.EventFactory(series=series, status="draft")
    detail, anybody = reverse("series_detail", args=["nuevo"]), Client()
    for name in ("series_list", "library", "calendar"):
        assert "Ciclo nuevo" not in text(anybody.get(reverse(name)))
    assert (anybody.get(detail).status_code, staff.get(detail).status_code) == (404, 200)
    Event.objects.filter(pk=event.pk).update(status="published")
    for name in ("series_list", "library", "calendar"):
        assert "Ciclo nuevo" in text(anybody.get(reverse(name)))
    assert anybody.get(detail).status_code == 200


def test_second_save_of_a_series_read_before_shows_both_texts_and_can_go_on(staff: Client) -> None:
    series = factories.SeriesFactory(title="Ciclo", summary="")
    page = reverse("staff_series_edit", args=[series.pk])
    read = staff.get(page).context["form"]["version"].value()
    colleague = {"title": "Ciclo", "summary": "Lo de mi colega", "version": read}
    organisers = rows("organisers", {"organisation": "SEDATU", "role": "convenes"})
    assert staff.post(page, {**colleague, **organisers}).status_code == 302
    mine = {"title": "Ciclo", "summary": "Lo mío", "version": read, **rows("organisers")}
    response = staff.post(page, mine)
    assert response.status_code == 409
    texts = {label: (stored, typed) for label, stored, typed in response.context["differences"]}
    assert set(texts) == {"Resumen", "Quién convoca, organiza y apoya"}
    assert texts["Resumen"] == ("Lo de mi colega", "Lo mío")
    assert staff.post(page, mine | {"version": ""}).status_code == 409
    assert staff.post(page, mine | {"version": response.context["form"]["version"].value()}).status_code == 302
    series.refresh_from_db()
    assert series.summary == "Lo mío"


def test_series_with_other_organisers_is_another_version(staff: Client) -> None:
    series = factories.SeriesFactory()
    page = reverse("staff_series_edit", args=[series.pk])
    body = {"title": series.title, "version": staff.get(page).context["form"]["version"].value()}
    one, other = (rows("organisers", {"organisation": name, "role": "convenes"}) for name in ("SEDATU", "GIZ"))
    assert [staff.post(page, body | organisers).status_code for organisers in (one, other)] == [302, 409]


def test_session_of_a_series_is_proposed_from_its_page(staff: Client) -> None:
    series = factories.SeriesFactory()
    page = staff.get(reverse("staff_event_create"), {"ciclo": series.pk})
    assert f'<option value="{series.pk}" selected>' in text(page)


def fill(event: Event, number: int) -> None:
    for _each in range(number):
        factories.EventOrganiserFactory(event=event)
        factories.SpeakerFactory(event=event)
        factories.GuidingQuestionFactory(event=event)
        factories.MaterialFactory(event=event)
        row = factories.RegistrationFactory(event=event, municipality=factories.MunicipalityFactory())
        factories.AttendanceFactory(event=event, person=row.person, registration=row)
        factories.AttendanceFactory(event=event)


@pytest.mark.parametrize(
    "name",
    [
        "staff_event_detail", "staff_event_edit", "staff_event_results", "staff_event_registrations",
        "staff_event_attendance", "staff_event_registrations_csv",
    ],
)  # fmt: skip
def test_page_of_an_event_asks_the_same_number_of_queries_for_one_and_for_many(
    name: str, staff: Client, django_assert_max_num_queries: Any
) -> None:
    event, counts = factories.EventFactory(), []
    staff.get(reverse("staff_series_list"))  # the installation's row is kept from here on
    for number in (1, 9):
        fill(event, number)
        with django_assert_max_num_queries(12) as queries:
            assert staff.get(url(name, event)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["staff_event_list", "staff_series_list", "staff_event_create"])
def test_list_asks_the_same_number_of_queries_for_one_and_for_many(
    name: str, staff: Client, django_assert_max_num_queries: Any
) -> None:
    counts = []
    staff.get(reverse(name))
    for number in (1, 20):
        for _each in range(number):
            factories.EventFactory(series=factories.SeriesFactory(), municipality=factories.MunicipalityFactory())
        with django_assert_max_num_queries(12) as queries:
            assert staff.get(reverse(name)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["staff_event_list", "staff_event_create", "staff_series_list", "staff_series_create"])
def test_participant_is_not_let_in(name: str, client: Client) -> None:
    client.force_login(factories.UserFactory())
    assert client.get(reverse(name)).status_code == 403
    assert client.post(reverse(name)).status_code in {403, 405}


def test_number_that_is_taken_is_said_at_its_field_with_the_next_free_one(staff: Client) -> None:
    series = factories.SeriesFactory()
    taken = factories.EventFactory(series=series, number_in_series=4, title="Cuarta sesión")
    body = typed(series=series.pk, number_in_series="4")
    response = staff.post(reverse("staff_event_create"), body)
    assert response.status_code == 422
    said = "El número 4 ya lo tiene «Cuarta sesión» en este ciclo. El siguiente libre es el 5."
    assert response.context["form"].errors == {"number_in_series": [said]}
    other = {**body, "format": factories.FormatFactory(code="gaad").pk}
    assert staff.post(reverse("staff_event_create"), other).status_code == 302
    edited = staff.post(reverse("staff_event_edit", args=[taken.pk]), {**body, "version": taken.version})
    assert edited.status_code == 302  # its own number is no other session's


def test_next_numbers_are_proposed_for_each_format_of_each_series(staff: Client) -> None:
    event = factories.EventFactory(series=factories.SeriesFactory(), number_in_series=7)
    response = staff.get(reverse("staff_event_create"))
    assert response.context["next_numbers"] == {event.series_id: {event.format_id: 8}}
    assert f'{{"{event.series_id}": {{"{event.format_id}": 8}}}}' in response.content.decode()
