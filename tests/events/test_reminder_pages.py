"""The staff's pages of reminder stages: of all events and of formats, and of one event."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from events.figures import ReminderCounts, reminder_counts
from events.forms.reminders import stage_editor, stored
from events.models import Event, Format, ReminderStage
from events.services import stages as services
from events.services.reminders import materialise_reminders
from events.services.rows import StaleVersion
from network.models import User
from outbox.models import Message
from tests import factories

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 6, 17, 17, 0, tzinfo=dt.UTC)  # 11:00 in Mexico City
DAY = 24 * 60


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(START - dt.timedelta(days=3), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def stage(clock: Any) -> ReminderStage:
    """The one common stage."""
    ReminderStage.objects.all().delete()
    return factories.ReminderStageFactory()


@pytest.fixture
def event(clock: Any) -> Event:
    return factories.unlimited_event(day=dt.date(2026, 6, 17))


@pytest.fixture
def staff_user() -> User:
    return factories.StaffFactory()


@pytest.fixture
def staff(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user)
    return client


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Tres días antes", "name_en": "", "amount": "3", "unit": "days", "moment": "start-before",
        "audience": "confirmed", "modality": "", "is_active": "on", "version": "0",
        **changes,
    }  # fmt: skip


def values(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Otra", "name_en": "", "anchor": "start", "offset_minutes": -120, "modality": "",
        "audience": "confirmed", "is_active": True,
        **changes,
    }  # fmt: skip


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- What a stage says


@pytest.mark.parametrize(
    ("anchor", "minutes", "spanish", "english"),
    [
        ("start", -7 * DAY, "7 días antes del inicio", "7 days before the start"),
        ("start", -60, "1 hora antes del inicio", "1 hour before the start"),
        ("start", -90, "90 minutos antes del inicio", "90 minutes before the start"),
        ("start", 0, "Al empezar", "At the start"),
        ("end", 0, "Al terminar", "At the end"),
        ("end", -30, "30 minutos antes del término", "30 minutes before the end"),
        ("end", 2 * DAY, "2 días después del término", "2 days after the end"),
    ],
)
def test_moment_is_said_in_the_largest_unit(anchor: str, minutes: int, spanish: str, english: str) -> None:
    one = ReminderStage(anchor=anchor, offset_minutes=minutes)
    with override("en"):
        assert one.when_label == english
    assert one.when_label == spanish


@pytest.mark.parametrize(
    ("anchor", "minutes"), [("start", -DAY), ("start", 0), ("start", 45), ("end", -90), ("end", 120)]
)
def test_form_gives_back_the_stage_that_it_shows(anchor: str, minutes: int) -> None:
    one = ReminderStage(code="one", name="Una", anchor=anchor, offset_minutes=minutes)
    shown = {name: str(value) for name, value in stored(one).items()} | {"is_active": "on"}
    data = QueryDict(mutable=True)
    data.update(shown)
    editor = stage_editor(stage=one, data=data)
    assert editor.is_valid(), editor.form.errors
    assert (editor.cleaned()["anchor"], editor.cleaned()["offset_minutes"]) == (anchor, minutes)


# --- The list


def test_list_shows_common_and_format_stages_in_time_order(staff: Client, stage: ReminderStage) -> None:
    form = factories.FormatFactory(code="other", name="Taller")
    factories.ReminderStageFactory(code="week", name="Una semana antes", minutes_before=7 * DAY)
    factories.ReminderStageFactory(code="thanks", name="Gracias", anchor="end", offset_minutes=DAY, is_active=False)
    factories.ReminderStageFactory(name="Un día antes, con el plano", format=form)
    response = staff.get(reverse("staff_reminder_list"))
    page = text(response)
    assert [row.stage.name for row in response.context["common"]] == ["Una semana antes", "1 día antes", "Gracias"]
    assert "3 etapas activas de 4" in page
    assert "En lugar de «1 día antes»" in page
    assert "Resultado pendiente" in page


def test_list_without_stages_says_what_to_do(staff: Client) -> None:
    ReminderStage.objects.all().delete()
    assert "Ninguna etapa es de todos los eventos" in text(staff.get(reverse("staff_reminder_list")))


def test_stage_is_switched_off_and_on_with_a_line_of_history(
    staff: Client, stage: ReminderStage, staff_user: User
) -> None:
    address, found = reverse("staff_reminder_switch", args=[stage.pk]), []
    for active in ("0", "0", "1"):
        assert staff.post(address, {"activa": active}).status_code == 302
        stage.refresh_from_db()
        found.append(stage.is_active)
    assert found == [False, False, True]
    assert list(stage.history.values_list("is_active", "history_user")) == [
        (True, staff_user.pk),
        (False, staff_user.pk),
        (True, None),
    ]


# --- Writing one


def test_staff_add_a_stage_change_it_and_delete_it(staff: Client) -> None:
    """The whole way of a stage through the forms."""
    response = staff.post(reverse("staff_reminder_create"), typed(), follow=True)
    made = ReminderStage.objects.get(code="tres-dias-antes")
    assert response.redirect_chain == [(reverse("staff_reminder_edit", args=[made.pk]), 302)]
    assert (made.offset_minutes, made.format, made.event, made.is_active) == (-3 * DAY, None, None, True)
    address = reverse("staff_reminder_edit", args=[made.pk])
    changed = typed(name="Tres horas antes", unit="hours", version=str(made.version))
    assert staff.post(address, changed).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.code, made.offset_minutes, made.version) == ("Tres horas antes", "tres-dias-antes", -180, 2)
    deleting = reverse("staff_reminder_delete", args=[made.pk])
    assert "Borrar esta etapa" in text(staff.get(deleting))
    assert staff.post(deleting).status_code == 302
    assert not ReminderStage.objects.filter(pk=made.pk).exists()


def test_stage_for_a_format_stands_in_for_the_common_one(staff: Client, stage: ReminderStage, event: Event) -> None:
    address = reverse("staff_reminder_create") + "?de=24h"
    assert "En lugar de «1 día antes»" in text(staff.get(address))
    unsaid = staff.post(address, typed(name="Dos días antes", amount="2"))
    assert unsaid.status_code == 422
    assert staff.post(address, typed(name="Dos días antes", amount="2", format=event.format_id)).status_code == 302
    made = ReminderStage.objects.get(format=event.format)
    assert (made.code, made.offset_minutes) == ("24h", -2 * DAY)
    assert staff.get(reverse("staff_reminder_create") + "?de=nada").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"amount": "61"}, "amount", "una etapa queda hasta 60 días"),
        ({"amount": "9" * 30}, "amount", "una etapa queda hasta 60 días"),
        ({"amount": "-1"}, "amount", "Escriba cero o más"),
        ({"amount": "2.5"}, "amount", "Escriba un número entero"),
        ({"amount": "4", "unit": "minutes"}, "amount", "al menos 5 minutos"),
        ({"amount": "0", "moment": "end-before"}, "amount", "Escriba cuánto antes"),
        ({"audience": "attended"}, "moment", "Quién asistió se sabe al terminar"),
        ({"audience": "absent", "moment": "end-before"}, "moment", "Quién asistió se sabe al terminar"),
        ({"audience": "everybody"}, "audience", "Escoja una opción válida"),
        ({"name": ""}, "name", "Este campo es obligatorio"),
        ({"name": "x" * 81}, "name", "80"),
        ({"format": "999999"}, "format", "Escoja una opción válida"),
        ({"name": "24h"}, "name", "Ya está la etapa «1 día antes» para: Todos los eventos"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_what_was_typed_stays(
    staff: Client, changes: dict[str, str], field: str, says: str
) -> None:
    response = staff.post(reverse("staff_reminder_create"), typed(name_en="Kept as typed", **changes))
    assert response.status_code == 422
    assert says in " ".join(response.context["form"].errors[field])
    assert "Kept as typed" in text(response)
    assert ReminderStage.objects.count() == 1


def test_name_of_a_common_stage_is_refused_for_a_format_and_for_an_event(staff: Client, event: Event) -> None:
    of_format = staff.post(reverse("staff_reminder_create"), typed(name="24h", format=event.format_id))
    of_event = staff.post(reverse("staff_event_reminder_create", args=[event.pk]), typed(name="24h"))
    for response in (of_format, of_event):
        assert response.status_code == 422
        assert "Ese nombre es el de la etapa «1 día antes» (Todos los eventos)" in text(response)


def test_two_stages_at_one_moment_to_the_same_people_are_refused(staff: Client, stage: ReminderStage) -> None:
    same = typed(amount="1", unit="days")
    refused = staff.post(reverse("staff_reminder_create"), same)
    assert refused.status_code == 422
    assert "«1 día antes» sale a esa misma hora a las mismas personas" in text(refused)
    for changes in ({"audience": "waiting", "name": "Espera"}, {"is_active": "", "name": "Apagada"}):
        assert staff.post(reverse("staff_reminder_create"), same | changes).status_code == 302


def test_second_person_to_save_sees_both_texts_and_may_go_on(staff: Client, stage: ReminderStage) -> None:
    address = reverse("staff_reminder_edit", args=[stage.pk])
    first = typed(name="Un día antes", amount="1", version="1")
    assert staff.post(address, first).status_code == 302
    late = staff.post(address, typed(name="La víspera", amount="1", version="1"))
    assert late.status_code == 409
    assert ("Nombre", "Un día antes", "La víspera") in late.context["differences"]
    assert late.context["form"]["version"].value() == "2"
    assert staff.post(address, typed(name="La víspera", amount="1", version="2")).status_code == 302
    stage.refresh_from_db()
    assert (stage.name, stage.version) == ("La víspera", 3)


@pytest.mark.parametrize("version", ["", "0", "99999999999999999999", "x"])
def test_form_without_its_version_overwrites_nothing(staff: Client, stage: ReminderStage, version: str) -> None:
    response = staff.post(reverse("staff_reminder_edit", args=[stage.pk]), typed(version=version))
    assert response.status_code in {409, 422}
    stage.refresh_from_db()
    assert stage.name == "1 día antes"


def test_stage_that_was_used_is_switched_off_and_not_deleted(
    staff: Client, stage: ReminderStage, event: Event, clock: Any
) -> None:
    factories.RegistrationFactory(event=event)
    clock.move_to(START - dt.timedelta(hours=3))
    materialise_reminders()
    assert "Borrar" not in text(staff.get(reverse("staff_reminder_edit", args=[stage.pk])))
    for send in (staff.get, staff.post):
        response = send(reverse("staff_reminder_delete", args=[stage.pk]), follow=True)
        assert "en vez de borrarla, apáguela" in text(response)
    assert ReminderStage.objects.filter(pk=stage.pk).exists()


def test_stage_deleted_meanwhile_is_said(stage: ReminderStage) -> None:
    ReminderStage.objects.all().delete()
    with pytest.raises(ValidationError, match="Alguien acaba de borrar esta etapa"):
        services.save_stage(stage=stage, data=values(version=1), by=None)


@pytest.mark.both_databases
def test_database_keeps_one_stage_of_a_code_in_each_scope(stage: ReminderStage, event: Event) -> None:
    for scope in ({}, {"format": event.format}, {"event": event}):
        ReminderStage.objects.get_or_create(code="24h", **({"event": None, "format": None} | scope), defaults=values())
        with pytest.raises(IntegrityError), transaction.atomic():
            ReminderStage.objects.create(code="24h", **scope, **values())
    with pytest.raises(IntegrityError), transaction.atomic():
        ReminderStage.objects.create(code="both", format=event.format, event=event, **values())
    with pytest.raises(IntegrityError), transaction.atomic():
        ReminderStage.objects.create(code="early", **values(audience="attended"))


def test_stale_version_is_raised_with_what_is_stored(stage: ReminderStage) -> None:
    with pytest.raises(StaleVersion) as raised:
        services.save_stage(stage=stage, data=values(version=7), by=None)
    assert raised.value.current == stage


# --- One event


def test_event_page_tells_when_each_stage_leaves_and_how_many_it_reaches(
    staff: Client, event: Event, clock: Any
) -> None:
    factories.ReminderStageFactory(code="week", name="Una semana antes", minutes_before=7 * DAY)
    factories.ReminderStageFactory(code="thanks", name="Gracias", anchor="end", offset_minutes=DAY, audience="attended")
    factories.ReminderStageFactory(code="line", name="Espera", minutes_before=120, audience="waiting")
    factories.ReminderStageFactory(code="of-others", name="De otro formato", format=factories.FormatFactory(code="o"))
    for _person in range(3):
        factories.RegistrationFactory(event=event)
    factories.RegistrationFactory(event=event, email="")
    factories.RegistrationFactory(event=event, state="waiting")
    materialise_reminders()
    Message.objects.filter(pk=Message.objects.first().pk).update(state="failed")  # type: ignore[union-attr]
    response = staff.get(reverse("staff_event_reminders", args=[event.pk]))
    found = [(row.stage.name, row.state, row.counts) for row in response.context["rows"]]
    assert found == [
        ("Una semana antes", "due", ReminderCounts(reached=3, sent=0, waiting=2, other=1)),
        ("1 día antes", "ahead", ReminderCounts(reached=3, sent=0, waiting=0, other=0)),
        ("Espera", "ahead", ReminderCounts(reached=1, sent=0, waiting=0, other=0)),
        ("Gracias", "ahead", ReminderCounts(reached=3, sent=0, waiting=0, other=0)),
    ]
    page = text(response)
    assert "martes 16 de junio de 2026, 11:00 h" in page
    assert "2 por salir" in page
    assert "1 no salió" in page


@pytest.mark.both_databases
def test_counts_of_an_event_are_of_its_present_start(event: Event, stage: ReminderStage, clock: Any) -> None:
    rows = [factories.RegistrationFactory(event=event) for _person in range(2)]
    absent = factories.ReminderStageFactory(code="absent", anchor="end", offset_minutes=DAY, audience="absent")
    factories.AttendanceFactory(event=event, person=rows[0].person, registration=rows[0])
    clock.move_to(START - dt.timedelta(hours=3))
    materialise_reminders()
    Message.objects.update(state="sent", sent_at=START)
    assert reminder_counts(event, [stage, absent]) == [ReminderCounts(2, 2, 0, 0), ReminderCounts(1, 0, 0, 0)]
    Event.objects.filter(pk=event.pk).update(start_revision=1)
    assert reminder_counts(event, [stage]) == [ReminderCounts(2, 0, 0, 0)]
    assert reminder_counts(event, []) == []


def test_event_without_an_hour_says_what_does_not_leave(staff: Client) -> None:
    event = factories.unlimited_event(day=dt.date(2026, 6, 17), hour=None)
    page = text(staff.get(reverse("staff_event_reminders", args=[event.pk])))
    assert "No sale: el evento no tiene ese momento" in page


@pytest.mark.parametrize(("status", "says"), [("draft", "es un borrador"), ("cancelled", "se canceló")])
def test_event_that_sends_nothing_says_why(staff: Client, event: Event, status: str, says: str) -> None:
    Event.objects.filter(pk=event.pk).update(status=status)
    assert says in text(staff.get(reverse("staff_event_reminders", args=[event.pk])))


def test_event_without_stages_says_so(staff: Client, event: Event) -> None:
    ReminderStage.objects.all().delete()
    assert "Este evento no tiene recordatorios" in text(staff.get(reverse("staff_event_reminders", args=[event.pk])))


def test_stage_is_switched_off_for_one_event_alone(
    staff: Client, event: Event, stage: ReminderStage, clock: Any
) -> None:
    other = factories.unlimited_event(day=dt.date(2026, 6, 17))
    factories.RegistrationFactory(event=event)
    row = factories.RegistrationFactory(event=other)
    address = reverse("staff_event_reminder_switch", args=[event.pk])
    for _time in range(2):
        assert staff.post(address, {"etapa": "24h", "activa": "0"}).status_code == 302
    clock.move_to(START - dt.timedelta(hours=3))
    materialise_reminders()
    assert [message.params["registration"] for message in Message.objects.all()] == [row.pk]
    assert staff.post(address, {"etapa": "24h", "activa": "1"}).status_code == 302
    assert not ReminderStage.objects.filter(event=event).exists()  # nothing of its own is left
    for wrong in ({"etapa": "nada"}, {"etapa": "a\0b", "activa": "1"}, {}):
        assert "Esa etapa ya no existe" in text(staff.post(address, wrong, follow=True))


def test_event_gets_a_stage_of_its_own_in_the_place_of_the_common_one(
    staff: Client, event: Event, stage: ReminderStage
) -> None:
    address = reverse("staff_event_reminder_create", args=[event.pk]) + "?de=24h"
    assert "En lugar de «1 día antes»" in text(staff.get(address))
    response = staff.post(address, typed(name="Dos días antes", amount="2"))
    assert response.url == reverse("staff_event_reminders", args=[event.pk])  # type: ignore[attr-defined]
    own = ReminderStage.objects.get(event=event)
    assert (own.code, own.offset_minutes) == ("24h", -2 * DAY)
    assert staff.get(address).url == reverse("staff_reminder_edit", args=[own.pk])  # type: ignore[attr-defined]
    page = text(staff.get(reverse("staff_event_reminders", args=[event.pk])))
    assert "Dos días antes" in page
    assert "Solo este evento" in page
    edited = typed(name="Dos días y medio", amount="60", unit="hours", version="1")
    assert staff.post(reverse("staff_reminder_edit", args=[own.pk]), edited).status_code == 302
    deleting = reverse("staff_reminder_delete", args=[own.pk])
    assert "Vuelve a valer «1 día antes»" in text(staff.get(deleting))
    assert staff.post(deleting).url == reverse("staff_event_reminders", args=[event.pk])  # type: ignore[attr-defined]
    rows = staff.get(reverse("staff_event_reminders", args=[event.pk])).context["rows"]
    assert [row.stage for row in rows] == [stage]


def test_formats_offered_are_all_of_them(staff: Client) -> None:
    factories.FormatFactory(code="a", name="Mesa de trabajo")
    response = staff.get(reverse("staff_reminder_create"))
    offered = set(response.context["form"].fields["format"].queryset)
    assert offered == set(Format.objects.all())


def test_words_of_a_stage_are_a_link_away(staff: Client, event: Event, stage: ReminderStage) -> None:
    line = factories.ReminderStageFactory(code="line", name="Espera", minutes_before=120, audience="waiting")
    thanks = factories.ReminderStageFactory(code="thanks", name="Gracias", anchor="end", offset_minutes=DAY)
    listed = text(staff.get(reverse("staff_reminder_list")))
    for one, key in ((stage, "events.reminder:24h"), (line, "events.reminder.waiting:line"), (thanks, "")):
        address = reverse("staff_text_edit", args=[key, "es"]) if key else "/gestion/correo/textos/"
        shown = text(staff.get(reverse("staff_reminder_edit", args=[one.pk])))
        assert (f'href="{address}"' in listed, f'href="{address}"' in shown) == (bool(key), bool(key))
        if key:
            assert staff.get(address).status_code == 200
