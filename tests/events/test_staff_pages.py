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
        "waiting_list_enabled": "on", "capacity": "20",
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


@pytest.mark.parametrize("odd", ["9" * 30, "-1", "a\x00", "999999"])
def test_choice_that_was_not_offered_is_refused(odd: str, staff: Client) -> None:
    response = staff.post(reverse("staff_event_create"), typed(sdgs=[factories.SDGFactory().pk, odd]))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["sdgs"]


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
    assert staff.post(edit, typed(title="Lo que escribo", version="2")).status_code == 302


def test_file_that_is_not_what_it_claims_is_refused(staff: Client) -> None:
    fake = SimpleUploadedFile("guia.pdf", b"<script>alert(1)</script>", content_type="application/pdf")
    row = {"title": "Guía", "kind": "reference", "language": "es", "file": fake}
    response = staff.post(reverse("staff_event_create"), typed(**rows("materials", row)))
    assert response.status_code == 422
    assert list(response.context["editor"]["materials"].forms[0].errors) == ["file"]
    assert not Event.objects.exists()


def test_stored_file_stays_until_another_takes_its_place(
    staff: Client, django_capture_on_commit_callbacks: Any
) -> None:
    upload = SimpleUploadedFile("foto.png", PNG, content_type="image/png")
    row = {"title": "Cartel", "kind": "document", "language": "es"}
    staff.post(reverse("staff_event_create"), typed(**rows("materials", {**row, "file": upload})))
    event = Event.objects.get()
    material = event.materials.get()
    kept = material.file.name
    staff.post(
        url("staff_event_edit", event),
        typed(**rows("materials", {**row, "id": material.pk, "title": "Otro"}, stored=1)),
    )
    material.refresh_from_db()
    assert (material.title, material.file.name) == ("Otro", kept)
    with django_capture_on_commit_callbacks(execute=True):
        link = {**row, "id": material.pk, "url": "https://documentos.example/a.pdf"}
        staff.post(url("staff_event_edit", event), typed(**rows("materials", link, stored=1)))
    material.refresh_from_db()
    assert (material.file.name, material.url) == ("", "https://documentos.example/a.pdf")
    assert not material.file.storage.exists(kept)


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
        "results_summary": "Tres acuerdos", "headcount": "45",
        **rows("guiding_questions", {"id": question.pk, "answer": "Con alianzas"}, stored=1),
        **rows("materials", {"title": "Relatoría", "kind": "minutes", "url": "https://a.example/r", "language": "es"}),
    }  # fmt: skip
    assert staff.post(url("staff_event_results", event), body).status_code == 302
    event.refresh_from_db()
    assert (event.results_summary, event.headcount, event.materials.get().kind) == ("Tres acuerdos", 45, "minutes")
    question.refresh_from_db()
    assert (question.answer, question.text != "") == ("Con alianzas", True)


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
