"""An event's own questions: writing them, answering them, keeping them no longer than was said."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from events import tasks
from events.enums import EventStatus, QuestionKind, RegistrationState
from events.models import AccessNeeds, Event, Registration, RegistrationAnswer, RegistrationQuestion
from events.services import editing
from events.services import registration as services
from events.services.questions import copy_questions, erase_outdated, save_questions
from events.services.registration import RegistrationData
from events.services.rows import StaleVersion
from outbox.models import Heartbeat
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(factories.StaffFactory())
    return client


@pytest.fixture
def event() -> Event:
    return factories.EventFactory()


def question(row: int, kind: str = "text", **changes: Any) -> dict[str, Any]:
    return {
        "row": row, "kind": kind, "text": f"¿Pregunta {row}?", "text_en": "", "help_text": "", "help_text_en": "",
        "purpose": "Para saber.", "purpose_en": "", "options": "", "options_en": "", "is_required": False,
        "shown_if": None, "shown_if_value": "", "retention_days": 180, **changes,
    }  # fmt: skip


def ask(event: Event, *rows: dict[str, Any]) -> list[RegistrationQuestion]:
    save_questions(event=event, rows=rows, by=None)
    return list(event.registration_questions.all())


def name(asked: RegistrationQuestion) -> str:
    return f"pregunta_{asked.pk}"


def register_page(event: Event) -> str:
    return reverse("event_register", args=[event.slug])


def filled(client: Client, event: Event) -> dict[str, Any]:
    """The public form as a person fills it in, some time after it was opened."""
    factories.PrivacyNoticeFactory()
    with time_machine.travel(timezone.now() - dt.timedelta(minutes=5)):
        stamp = client.get(register_page(event)).context["form"]["stamp"].value()
    return {
        "name": "Ana Prueba", "email": "ana@prueba.example", "category": "public-servant", "consent": "on",
        "stamp": stamp, "website": "",
    }  # fmt: skip


def register(client: Client, event: Event, **answers: Any) -> Any:
    return client.post(register_page(event), filled(client, event) | answers)


def kept(event: Event) -> dict[str, Any]:
    rows = RegistrationAnswer.objects.filter(registration__event=event).select_related("question")
    return {row.question.text: row.value for row in rows}


def page_text(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- Answering


def test_every_kind_is_asked_and_kept_as_what_it_is(client: Client, event: Event) -> None:
    asked = ask(
        event,
        question(0), question(1, "long-text"), question(2, "choice", options="Rojo\nAzul"),
        question(3, "choices", options="Lunes\nMartes\nJueves"), question(4, "number"), question(5, "yes-no"),
        question(6, "consent"), question(7),
    )  # fmt: skip
    typed = ["Uno", "Uno\ny dos", "Azul", ["Lunes", "Jueves"], "3.5", "no", "on", ""]
    response = register(client, event, **dict(zip(map(name, asked), typed, strict=True)))
    assert response.status_code == 302
    assert list(kept(event).values()) == [
        "Uno",
        "Uno\r\ny dos".replace("\r", ""),
        "Azul",
        ["Lunes", "Jueves"],
        3.5,
        False,
        True,
    ]
    shown = page_text(client.get(response.url))
    assert "Lunes, Jueves" in shown
    assert "¿Pregunta 5?</dt><dd>No</dd>" in shown


def test_purpose_stands_beside_the_question_and_text_is_text(client: Client, event: Event) -> None:
    asked = ask(
        event, question(0, text="<b>¿Negritas?</b>", purpose='"><script>alert(1)</script>'),
        question(1, "choice", options="<i>Sí</i>\nA & B"),
    )  # fmt: skip
    shown = page_text(client.get(register_page(event)))
    assert "Para qué: &quot;&gt;&lt;script&gt;" in shown
    assert "<b>¿Neg" not in shown
    assert "<i>Sí" not in shown
    response = register(client, event, **{name(asked[0]): "<script>alert(2)</script>", name(asked[1]): "A & B"})
    shown = page_text(client.get(response.url))
    assert "&lt;script&gt;alert(2)" in shown
    assert "<script>alert" not in shown


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [("choice", "Verde"), ("choices", "Verde"), ("number", "muchos"), ("number", "1e40"), ("yes-no", "quizá"),
     ("text", "x" * 301), ("text", "a\x00b"), ("long-text", "x" * 2001), ("text", "  "), ("consent", "")],
)  # fmt: skip
def test_answer_that_does_not_fit_is_refused_at_its_question(
    client: Client, event: Event, kind: str, wrong: str
) -> None:
    (asked,) = ask(event, question(0, kind, options="Rojo\nAzul" if "choice" in kind else "", is_required=True))
    response = register(client, event, **{name(asked): wrong})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [name(asked)]
    assert not Registration.objects.exists()


def test_answers_to_hidden_questions_are_ignored_and_only_shown_ones_are_required(client: Client, event: Event) -> None:
    first, second, third = ask(
        event,
        question(0, "yes-no", is_required=True),
        question(1, "choice", options="Bus\nAuto", is_required=True, shown_if=0, shown_if_value="yes"),
        question(2, "text", is_required=True, shown_if=1, shown_if_value="Auto"),
    )
    refused = register(client, event, **{name(first): "yes"})
    assert list(refused.context["form"].errors) == [name(second)]
    refused = register(client, event, **{name(first): "yes", name(second): "Auto"})
    assert list(refused.context["form"].errors) == [name(third)]
    # The chain: the second is hidden, so what was typed into it does not show the third.
    accepted = register(client, event, **{name(first): "no", name(second): "Auto", name(third): "Placas"})
    assert accepted.status_code == 302
    assert kept(event) == {"¿Pregunta 0?": False}


def test_condition_on_one_of_several_options_is_met_by_any_set_that_has_it(client: Client, event: Event) -> None:
    first, second = ask(
        event,
        question(0, "choices", options="Comida\nHospedaje"),
        question(1, "text", is_required=True, shown_if=0, shown_if_value="Comida"),
    )
    assert register(client, event, **{name(first): ["Hospedaje", "Comida"]}).status_code == 422
    assert register(client, event, **{name(first): ["Hospedaje"], name(second): "No va"}).status_code == 302
    assert kept(event) == {"¿Pregunta 0?": ["Hospedaje"]}


def test_condition_is_said_in_words_on_the_page(client: Client, event: Event) -> None:
    ask(event, question(0, "yes-no"), question(1, shown_if=0, shown_if_value="yes"))
    assert "Solo si contestó «Sí» a «¿Pregunta 0?»." in page_text(client.get(register_page(event)))
    english = page_text(client.get("/en" + register_page(event)))
    assert "Only if you answered “Yes” to “¿Pregunta 0?”." in english


def test_english_page_asks_in_english_and_keeps_the_same_answer(client: Client, event: Event) -> None:
    colours = {"options": "Rojo\nAzul", "options_en": "Red\nBlue"}
    english = {
        "text_en": "Which colour?",
        "purpose_en": "To know.",
        "help_text_en": "Only one.",
    }
    (one, many, _later) = ask(
        event,
        question(0, "choice", help_text="Solo uno.", **english, **colours),
        question(1, "choices", **colours),
        question(2, shown_if=0, shown_if_value="Azul"),
    )
    page = register_page(event)
    told = ("Which colour?", "Only one. Why: To know.", "Blue", "Only if you answered “Blue” to “Which colour?”")
    asked, pedido = page_text(client.get("/en" + page)), page_text(client.get(page))
    for words in told:
        assert words in asked
        assert words not in pedido
    response = register(client, event, **{name(one): "Azul", name(many): ["Azul", "Rojo"]})
    assert list(kept(event).values()) == ["Azul", ["Azul", "Rojo"]]
    shown, mostrado = page_text(client.get("/en" + response.url)), page_text(client.get(response.url))
    assert "<dd>Blue</dd>" in shown
    assert "<dd>Blue, Red</dd>" in shown
    assert "<dd>Azul, Rojo</dd>" in mostrado


def test_options_that_are_not_all_in_english_are_asked_in_spanish(staff: Client, event: Event) -> None:
    row = {"text": "¿Color?", "kind": "choice", "options": "Rojo\nAzul"}
    refused = staff.post(editor_page(event), typed(row | {"options_en": "Red"}, version=current(staff, event)))
    assert (refused.status_code, list(refused.context["editor"]["questions"].forms[0].errors)) == (422, ["options_en"])
    body = typed(row | {"options_en": "Red\n Blue "}, version=current(staff, event))
    assert staff.post(editor_page(event), body).status_code == 302
    stored = event.registration_questions.get()
    with override("en"):
        assert stored.choices == [("Rojo", "Red"), ("Azul", "Blue")]
        stored.options_en = "Red"
        assert stored.choices == [("Rojo", "Rojo"), ("Azul", "Azul")]


def test_answers_are_stored_with_the_registration_or_not_at_all() -> None:
    full = factories.EventFactory(capacity=1, waiting_list_enabled=False)
    (asked,) = ask(full, question(0))

    def data(name: str) -> RegistrationData:
        answers, needs = {asked.pk: name}, {"accessibility": "Rampa", "language": ""}
        return RegistrationData(name=name, email=f"{name}@prueba.example", answers=answers, needs=needs)

    services.register(event=full, data=data("entra"))
    with pytest.raises(services.RegistrationRefused):
        services.register(event=full, data=data("no-cabe"))
    assert kept(full) == {"¿Pregunta 0?": "entra"}
    assert AccessNeeds.objects.count() == 1


CHAIN = (
    question(0, "yes-no", text="¿Trae auto?", is_required=True),
    question(1, text="¿Placas?", is_required=True, shown_if=0, shown_if_value="yes"),
)


def test_staff_who_register_somebody_are_asked_too(staff: Client, event: Event) -> None:
    car, plates = ask(event, *CHAIN)
    page = reverse("staff_event_registration_create", args=[event.pk])
    assert "Solo si contestó «Sí» a «¿Trae auto?»" in page_text(staff.get(page))
    person = {"name": "Ana Prueba", "consent": "on", "form_key": "clave"}
    refused = staff.post(page, person)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, [name(car)])
    assert staff.post(page, person | {name(car): "yes"}).status_code == 422
    assert staff.post(page, person | {name(car): "yes", name(plates): "ABC-1"}).status_code == 302
    assert kept(event) == {"¿Trae auto?": True, "¿Placas?": "ABC-1"}


def test_a_liaison_answers_for_each_colleague(client: Client) -> None:
    event = factories.EventFactory(modality="hybrid")
    car, plates = ask(event, *CHAIN)
    client.force_login(factories.liaison(factories.MunicipalityFactory()))
    page = reverse("liaison_enrolment_create", args=[event.pk])
    body = {"people-TOTAL_FORMS": "3", "people-INITIAL_FORMS": "0", "consent": "on", "form_key": "clave"}
    for number, colleague in enumerate(("Ana Luz", "Luis Gil", "")):  # the third row is left as it came
        fixed = {"name": colleague, "category": "public-servant", "modality": "in-person"}
        body |= {f"people-{number}-{field}": value for field, value in fixed.items()}
    refused = client.post(page, body)
    assert refused.status_code == 422
    assert [list(form.errors) for form in refused.context["editor"]["people"]] == [[name(car)], [name(car)], []]
    assert not Registration.objects.exists()
    body |= {f"people-0-{name(car)}": "no", f"people-0-{name(plates)}": "sin objeto"}
    body |= {f"people-1-{name(car)}": "yes", f"people-1-{name(plates)}": "ABC-1"}
    assert client.post(page, body).status_code == 302
    given = {
        row.name: {answer.question.text: answer.value for answer in row.answers.select_related("question")}
        for row in Registration.objects.all()
    }
    assert given == {"Ana Luz": {"¿Trae auto?": False}, "Luis Gil": {"¿Trae auto?": True, "¿Placas?": "ABC-1"}}


def test_form_sent_twice_answers_once(client: Client, event: Event) -> None:
    (asked,) = ask(event, question(0))
    body = filled(client, event) | {name(asked): "Una vez"}
    first, second = (client.post(register_page(event), body) for _again in range(2))
    assert (first.status_code, first.url) == (302, second.url)
    assert RegistrationAnswer.objects.count() == 1


def test_question_removed_while_it_is_answered_does_not_undo_the_registration(
    client: Client, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, goes = ask(event, question(0), question(1))
    body = filled(client, event) | {name(stays): "Se queda", name(goes): "Se va"}
    store, calls = services.store_answers, []

    def store_too_late(**given: Any) -> None:
        calls.append(given)
        if len(calls) == 1:  # what the database says when the other transaction commits first
            raise IntegrityError
        RegistrationQuestion.objects.filter(pk=goes.pk).delete()
        store(**given)

    monkeypatch.setattr(services, "store_answers", store_too_late)
    assert client.post(register_page(event), body).status_code == 302
    assert kept(event) == {"¿Pregunta 0?": "Se queda"}


def test_question_of_another_event_is_not_answered(client: Client, event: Event) -> None:
    (foreign,) = ask(factories.EventFactory(), question(0))
    assert register(client, event, **{name(foreign): "Ajena"}).status_code == 302
    assert not RegistrationAnswer.objects.exists()


def test_sixty_questions_in_a_chain_are_asked_in_as_many_queries_as_two(
    client: Client, event: Event, django_assert_max_num_queries: Any
) -> None:
    rows = [question(n, "yes-no", **({"shown_if": n - 1, "shown_if_value": "yes"} if n else {})) for n in range(60)]
    asked = ask(event, *rows)
    with django_assert_max_num_queries(6):
        client.get(register_page(event))
    answers = {name(one): "yes" for one in asked} | {name(asked[30]): "no"}
    assert register(client, event, **answers).status_code == 302
    assert RegistrationAnswer.objects.count() == 31


# --- Needs


def test_needs_are_kept_apart_from_the_registration(client: Client, event: Event) -> None:
    response = register(client, event, accessibility="Silla de ruedas", interpretation="Otomí")
    registration = Registration.objects.get()
    needs = registration.access_needs
    assert (needs.accessibility, needs.language) == ("Silla de ruedas", "Otomí")
    assert "Silla de ruedas" in page_text(client.get(response.url))
    assert "Silla de ruedas" not in str(list(Registration.objects.values()))


def test_who_needs_nothing_leaves_no_row(client: Client, event: Event) -> None:
    assert register(client, event, accessibility="  ").status_code == 302
    assert not AccessNeeds.objects.exists()


def with_needs(**event_fields: Any) -> Registration:
    registration = factories.RegistrationFactory(event=factories.EventFactory(**event_fields))
    AccessNeeds.objects.create(registration=registration, accessibility="Rampa")
    return registration


def test_needs_are_erased_thirty_days_after_the_event_wherever_it_moved() -> None:
    registration = with_needs()
    event, day = registration.event, registration.event.last_day
    with time_machine.travel(dt.datetime.combine(day + dt.timedelta(days=29), dt.time(20), dt.UTC)):
        assert erase_outdated() == 0
        later = day + dt.timedelta(days=10)
        data = {"first_day": later, "last_day": later, "start_time": event.start_time, "end_time": event.end_time}
        editing.save_event(event=event, data=data, by=None)
    with time_machine.travel(dt.datetime.combine(day + dt.timedelta(days=39), dt.time(20), dt.UTC)):
        assert erase_outdated() == 0
    with time_machine.travel(dt.datetime.combine(day + dt.timedelta(days=40), dt.time(20), dt.UTC)):
        assert erase_outdated() == 1
        assert erase_outdated() == 0
    assert not AccessNeeds.objects.exists()


def test_needs_for_an_event_without_a_date_wait_a_year_and_those_of_who_cancelled_go_at_once() -> None:
    undated, gone = with_needs(day=None), with_needs()
    called_off = with_needs(status=EventStatus.CANCELLED, cancelled_at=timezone.now(), day=None)
    Registration.objects.filter(pk=gone.pk).update(state=RegistrationState.CANCELLED)

    def left() -> set[int]:
        erase_outdated()
        return set(AccessNeeds.objects.values_list("registration", flat=True))

    assert left() == {undated.pk, called_off.pk}
    with time_machine.travel(timezone.now() + dt.timedelta(days=31)):
        assert left() == {undated.pk}
    with time_machine.travel(timezone.now() + dt.timedelta(days=366)):
        assert left() == set()


def test_each_answer_is_kept_as_long_as_its_question_said(client: Client, event: Event) -> None:
    asked = ask(event, question(0, retention_days=0), question(1, retention_days=30), question(2, retention_days=90))
    register(client, event, **{name(one): "Dicho" for one in asked})

    def left(days: int) -> int:
        with time_machine.travel(dt.datetime.combine(event.last_day + dt.timedelta(days=days), dt.time(20), dt.UTC)):
            erase_outdated()
        return RegistrationAnswer.objects.count()

    assert [left(days) for days in (0, 1, 29, 30, 89, 90)] == [3, 2, 2, 1, 1, 0]
    assert Registration.objects.get().name == "Ana Prueba"


def test_job_erases_and_says_that_it_ran() -> None:
    registration = with_needs(day=timezone.localdate() - dt.timedelta(days=30))
    tasks.erase_outdated()
    assert not AccessNeeds.objects.filter(registration=registration).exists()
    assert Heartbeat.objects.get(name="events.erase_outdated").last_succeeded_at is not None


# --- Writing


def typed(*rows: dict[str, Any], version: str = "", stored: int = 0, **more: Any) -> dict[str, Any]:
    base = {"kind": "text", "purpose": "Para saber.", "retention_days": "180"}
    fields = {f"questions-{n}-{key}": value for n, row in enumerate(rows) for key, value in (base | row).items()}
    return {
        "questions-TOTAL_FORMS": str(len(rows)), "questions-INITIAL_FORMS": str(stored), "version": version,
        **fields, **more,
    }  # fmt: skip


def editor_page(event: Event) -> str:
    return reverse("staff_event_questions", args=[event.pk])


def current(staff: Client, event: Event) -> str:
    return str(staff.get(editor_page(event)).context["form"]["version"].value())


def test_staff_write_questions_with_order_options_and_a_condition(staff: Client, event: Event) -> None:
    body = typed(
        {"text": "¿Cuántos?", "kind": "number", "condition": "1:Auto", "ORDER": "2"},
        {"text": "¿Cómo llega?", "kind": "choice", "options": "Bus\n\n Auto ", "is_required": "on", "ORDER": "1"},
        {"text": "", "purpose": ""},
        version=current(staff, event),
    )
    assert staff.post(editor_page(event), body).status_code == 302
    first, second = event.registration_questions.all()
    assert (first.text, first.option_list, first.is_required) == ("¿Cómo llega?", ["Bus", "Auto"], True)
    assert (second.text, second.shown_if, second.shown_if_value) == ("¿Cuántos?", first, "Auto")
    assert event.history.first().history_change_reason == "Preguntas de la inscripción"
    shown = page_text(staff.get(editor_page(event)))
    assert '<option value="0:Auto" selected>' in shown
    preview = page_text(staff.get(reverse("staff_event_questions_preview", args=[event.pk])))
    assert "Solo si contestó «Auto» a «¿Cómo llega?»" in preview


def test_saving_what_is_stored_changes_nothing(staff: Client, event: Event) -> None:
    ask(event, question(0, "yes-no"), question(1, shown_if=0, shown_if_value="yes"))
    page = staff.get(editor_page(event))
    before, lines = list(event.registration_questions.values()), event.history.count()
    body: dict[str, Any] = {"version": page.context["form"]["version"].value()}
    rows = page.context["editor"]["questions"]
    for form in [*rows.forms, rows.management_form]:
        body |= {bound.html_name: value for bound in form if (value := bound.value()) not in (None, "", False)}
    response = staff.post(editor_page(event), body)
    assert response.status_code == 302
    assert (list(event.registration_questions.values()), event.history.count()) == (before, lines)


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([{"text": "A", "condition": "1:yes"}, {"text": "B", "kind": "yes-no"}], "condition"),  # a later one
        ([{"text": "A", "kind": "yes-no", "condition": "0:yes"}], "condition"),  # itself
        ([{"text": "A", "kind": "yes-no"}, {"text": "B", "condition": "0:Azul"}], "condition"),  # no such answer
        ([{"text": "A"}, {"text": "B", "condition": "0:yes"}], "condition"),  # a question without choices
        ([{"text": "A", "kind": "yes-no", "condition": "7:yes"}], "condition"),
        ([{"text": "A", "condition": "todo"}], "condition"),
        ([{"text": "A", "kind": "choice"}], "options"),
        ([{"text": "A", "kind": "choice", "options": "Sí\nsí"}], "options"),
        ([{"text": "A", "kind": "choice", "options": "Sí\nNo", "options_en": "Yes\nyes"}], "options_en"),
        ([{"text": "A", "kind": "choice", "options": "Sí", "options_en": "Y" * 151}], "options_en"),
        ([{"text": "A", "purpose": ""}], "purpose"),
        ([{"text": "A", "retention_days": "9999"}], "retention_days"),
    ],
)  # fmt: skip
def test_question_that_cannot_be_is_refused_at_its_row(staff: Client, event: Event, rows: Any, field: str) -> None:
    response = staff.post(editor_page(event), typed(*rows, version=current(staff, event)))
    assert response.status_code == 422
    found = [error for form in response.context["editor"]["questions"].forms for error in form.errors]
    assert found == [field]
    assert not event.registration_questions.exists()


def test_question_on_which_another_depends_is_not_taken_off_alone(staff: Client, event: Event) -> None:
    first, second = ask(event, question(0, "yes-no"), question(1, shown_if=0, shown_if_value="yes"))
    rows = [
        {"id": first.pk, "text": "A", "kind": "yes-no", "DELETE": "on"},
        {"id": second.pk, "text": "B", "condition": "0:yes"},
    ]
    response = staff.post(editor_page(event), typed(*rows, version=current(staff, event), stored=2))
    assert response.status_code == 422
    assert list(response.context["editor"]["questions"].forms[1].errors) == ["condition"]
    assert event.registration_questions.count() == 2


def test_loop_is_refused_also_where_no_form_stands_before(event: Event) -> None:
    loop = (
        question(0, "yes-no", shown_if=1, shown_if_value="yes"),
        question(1, "yes-no", shown_if=0, shown_if_value="yes"),
    )
    with pytest.raises(ValidationError):
        save_questions(event=event, rows=loop, by=None)


def test_row_added_can_be_depended_on_before_it_is_saved(staff: Client, event: Event) -> None:
    body = typed({"text": "¿Viene en auto?", "kind": "yes-no"}, {"text": "", "purpose": ""}, agregar="questions")
    response = staff.post(editor_page(event), body)
    assert response.status_code == 200
    assert page_text(response).count('<option value="0:yes">') == 2  # in the two rows after it


def test_question_with_answers_changes_its_words_and_keeps_its_kind(staff: Client, event: Event) -> None:
    (asked,) = ask(event, question(0))
    register(staff, event, **{name(asked): "Dicho"})
    row = {"id": asked.pk, "text": "¿Mejor dicho?"}
    refused = staff.post(editor_page(event), typed(row | {"kind": "number"}, version=current(staff, event), stored=1))
    assert refused.status_code == 422
    assert staff.post(editor_page(event), typed(row, version=current(staff, event), stored=1)).status_code == 302
    asked.refresh_from_db()
    assert (asked.text, asked.kind, asked.answers.get().value) == ("¿Mejor dicho?", "text", "Dicho")


def test_question_with_answers_is_removed_only_together_with_them(staff: Client, event: Event) -> None:
    (asked,) = ask(event, question(0))
    register(staff, event, **{name(asked): "Dicho"})
    row = {"id": asked.pk, "text": asked.text, "DELETE": "on"}
    refused = staff.post(editor_page(event), typed(row, version=current(staff, event), stored=1))
    assert refused.status_code == 422
    assert "tiene 1 respuesta" in page_text(refused)
    agreed = typed(row | {"forget": "on"}, version=current(staff, event), stored=1)
    assert staff.post(editor_page(event), agreed).status_code == 302
    assert not RegistrationQuestion.objects.exists()
    assert Registration.objects.count() == 1


def test_second_save_of_the_same_state_shows_both_texts(staff: Client, event: Event) -> None:
    read = current(staff, event)
    ask(event, question(0, text="De otra persona"))
    response = staff.post(editor_page(event), typed({"text": "Mía"}, version=read))
    assert response.status_code == 409
    ((label, stored, mine),) = response.context["differences"]
    assert (label, "De otra persona" in stored, "Mía" in mine) == ("Preguntas", True, True)
    again = typed({"text": "Mía"}, version=response.context["form"]["version"].value())
    assert staff.post(editor_page(event), again).status_code == 302
    with pytest.raises(StaleVersion):
        save_questions(event=event, rows=[], by=None, version=read)


def test_questions_of_another_event_cannot_be_taken_over(staff: Client, event: Event) -> None:
    (foreign,) = ask(factories.EventFactory(), question(0))
    body = typed({"id": foreign.pk, "text": "Tomada"}, version=current(staff, event), stored=1)
    assert staff.post(editor_page(event), body).status_code == 302
    foreign.refresh_from_db()
    assert (foreign.text, event.registration_questions.get().pk != foreign.pk) == ("¿Pregunta 0?", True)


def test_copy_has_the_same_questions_with_conditions_of_its_own(event: Event) -> None:
    ask(event, question(0, "yes-no"), question(1, shown_if=0, shown_if_value="yes"))
    other = factories.EventFactory()
    assert (copy_questions(event=event, to=other), copy_questions(event=event, to=other)) == (2, 0)
    first, second = other.registration_questions.all()
    assert (second.shown_if, second.shown_if_value, second.kind) == (first, "yes", QuestionKind.TEXT)
