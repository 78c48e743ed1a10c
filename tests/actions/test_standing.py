"""Suspending and cancelling with a reason, resuming, closing with the institute, and comments on single fields."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from actions import services
from actions.models import Action, FieldComment
from outbox.models import Message
from tests.factories import EvidenceFactory

pytestmark = pytest.mark.django_db
MINE, DESK = "/mi-municipio/acciones/", "/gestion/acciones/"


def state_of(response):
    return re.search(r'data-state="([^"]*)"', response.content.decode()).group(1)


@pytest.fixture
def mine(signed_in, enlace):
    return signed_in(enlace)


@pytest.fixture
def desk(signed_in, staff):
    return signed_in(staff)


def current(action):
    return Action.objects.get(pk=action.pk)


# --- Suspended, cancelled, resumed


@pytest.mark.parametrize("status", ["suspended", "cancelled"])
def test_work_stops_only_with_a_reason_and_is_resumed_with_another(mine, make_action, status):
    action = make_action("published", status="under-way")
    page = f"{MINE}{action.pk}/situacion/"
    refused = mine.post(page, {"status": status, "reason": " ", "version": action.version})
    assert (refused.status_code, current(action).status) == (422, "under-way")
    assert "Diga por qué" in refused.content.decode()

    mine.post(page, {"status": status, "reason": "Falta el permiso.", "version": action.version})
    stopped = current(action)
    assert (stopped.status, stopped.status_reason, stopped.follow_up_due_on) == (status, "Falta el permiso.", None)
    assert "Falta el permiso." in stopped.history.latest().history_change_reason

    mine.post(page, {"reason": "Llegó el permiso.", "version": stopped.version})
    resumed = current(action)
    assert (resumed.status, resumed.status_reason) == ("under-way", "")
    assert resumed.follow_up_due_on is not None


@pytest.mark.both_databases
def test_database_keeps_no_stopped_action_without_reason(make_action):
    action = make_action()
    with pytest.raises(IntegrityError), transaction.atomic():
        Action.objects.filter(pk=action.pk).update(status="suspended")


def test_status_that_changed_meanwhile_is_409_with_both_texts(mine, make_action, enlace):
    action = make_action("published", status="under-way")
    services.stop_action(action=current(action), status="cancelled", reason="Sin dinero.", version=None, by=enlace)
    typed = {"status": "suspended", "reason": "Llueve.", "version": action.version}
    response = mine.post(f"{MINE}{action.pk}/situacion/", typed)
    # What it is now is cancelled: the form asks for what changed, and what was typed stays in it.
    page = response.content.decode()
    assert (response.status_code, state_of(response)) == (409, "conflict")
    assert "Sin dinero." in page
    assert "Llueve." in page
    assert current(action).status == "cancelled"


@pytest.mark.parametrize("status", ["completed", "cancelled", "suspended"])
def test_neither_follow_up_nor_form_closes_or_stops(mine, make_action, status):
    action = make_action(status="under-way")
    typed = {"date": timezone.localdate(), "progress": "100", "status": status, "text": "Listo."}
    assert mine.post(f"{MINE}{action.pk}/seguimiento/", typed).status_code == 422
    page = mine.get(f"{MINE}{action.pk}/editar/").content.decode()
    assert f'value="{status}"' not in page
    assert current(action).status == "under-way"


# --- Closing


def test_closing_is_refused_with_a_sentence_for_each_thing_it_lacks(mine, make_action):
    action = make_action("submitted", status="under-way")
    typed = {"text": "Se logró.", "ended_on": timezone.localdate(), "version": action.version}
    response = mine.post(f"{MINE}{action.pk}/cierre/", typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert "todavía no valida la acción" in page
    assert "Falta evidencia" in page
    assert "Se logró." in page
    assert current(action).closing_asked_at is None


def test_closing_needs_a_text(mine, make_action):
    action = make_action("published", status="under-way")
    EvidenceFactory(action=action)
    typed = {"text": "", "ended_on": timezone.localdate(), "version": action.version}
    assert mine.post(f"{MINE}{action.pk}/cierre/", typed).status_code == 422


def ask(mine, action):
    EvidenceFactory(action=action)
    typed = {"text": "Doce escuelas.", "ended_on": timezone.localdate(), "version": action.version}
    return mine.post(f"{MINE}{action.pk}/cierre/", typed)


def test_institute_accepts_the_closing_and_only_then_the_action_is_completed(mine, desk, make_action):
    action = make_action("published", status="under-way")
    assert ask(mine, action).status_code == 302
    asked = current(action)
    assert (asked.status, asked.closing_text) == ("under-way", "Doce escuelas.")
    assert Message.objects.filter(kind="actions.closing").count() == 1
    assert "Doce escuelas." in desk.get(f"{DESK}{action.pk}/").content.decode()

    desk.post(f"{DESK}{action.pk}/", {"decision": "closed", "comment": "", "version": asked.version})
    closed = current(action)
    assert (closed.status, closed.closing_asked_at, closed.follow_up_due_on) == ("completed", None, None)
    assert closed.ended_on == timezone.localdate()
    assert Message.objects.filter(kind="actions.closed").exists()


def test_institute_gives_the_closing_back_with_a_comment(mine, desk, make_action):
    action = make_action("published", status="under-way")
    ask(mine, action)
    asked = current(action)
    answer = {"decision": "kept-open", "comment": "", "version": asked.version}
    assert desk.post(f"{DESK}{action.pk}/", answer).status_code == 422
    desk.post(f"{DESK}{action.pk}/", answer | {"comment": "Falta el acta."})
    assert (current(action).status, current(action).closing_asked_at) == ("under-way", None)
    assert "Falta el acta." in mine.get(f"{MINE}{action.pk}/").content.decode()


def test_closing_of_an_older_version_is_409_with_both_texts(mine, make_action, enlace):
    action = make_action("published", status="under-way")
    EvidenceFactory(action=action)
    services.stop_action(action=current(action), status="suspended", reason="Llueve.", version=None, by=enlace)
    typed = {"text": "Doce escuelas.", "ended_on": timezone.localdate(), "version": action.version}
    page = mine.post(f"{MINE}{action.pk}/cierre/", typed).content.decode()
    assert "Doce escuelas." in page
    assert current(action).closing_asked_at is None


def test_two_answers_to_a_closing_leave_one(mine, make_action, staff):
    action = make_action("published", status="under-way")
    ask(mine, action)
    one, other = current(action), current(action)
    services.accept_closing(action=one, version=one.version, by=staff)
    with pytest.raises(services.StaleVersion):
        services.keep_open(action=other, comment="No.", version=other.version, by=staff)
    assert current(action).status == "completed"


def test_what_was_completed_before_stays_so(mine, make_action):
    action = make_action(status="completed")
    assert 'value="completed"' in mine.get(f"{MINE}{action.pk}/editar/").content.decode()


# --- Comments on single fields


def test_comments_on_fields_stand_beside_them_until_the_field_changes(mine, desk, make_action):
    action = make_action("submitted", title="Huertos")
    sent = {"comment": "", "on_title": "Diga cuántos.", "on_place": "¿Dónde?", "version": action.version}
    assert desk.post(f"{DESK}{action.pk}/observar/", sent).status_code == 302
    assert current(action).review_state == "returned"
    assert set(FieldComment.objects.values_list("field", "text")) == {("title", "Diga cuántos."), ("place", "¿Dónde?")}

    page = mine.get(f"{MINE}{action.pk}/").content.decode()
    assert "Diga cuántos." in page
    form = mine.get(f"{MINE}{action.pk}/editar/")
    assert form.content.decode().count("Diga cuántos.") == 2  # in the list, and beside the field
    fields = form.context["form"]
    typed = {bound.name: bound.value() for bound in fields if bound.value() not in (None, "", [])}
    typed |= {"title": "Doce huertos", "then": "draft"}
    assert mine.post(f"{MINE}{action.pk}/editar/", typed).status_code == 302
    assert dict(FieldComment.objects.values_list("field", "answered_at")) | {"title": 1} == {"title": 1, "place": None}
    assert FieldComment.objects.get(field="title").answered_at is not None
    assert "Ya se cambió" in mine.get(f"{MINE}{action.pk}/").content.decode()


def test_returning_without_any_comment_is_refused(desk, make_action):
    action = make_action("submitted")
    response = desk.post(f"{DESK}{action.pk}/observar/", {"comment": "", "version": action.version})
    assert response.status_code == 422
    assert "Diga qué falta" in response.content.decode()
    assert current(action).review_state == "submitted"


def test_returning_an_older_version_keeps_the_comments_typed(desk, make_action, enlace, staff):
    action = make_action("submitted")
    services.validate_action(action=current(action), version=None, by=staff)
    sent = {"comment": "", "on_title": "Diga cuántos.", "version": action.version}
    response = desk.post(f"{DESK}{action.pk}/observar/", sent)
    assert (response.status_code, state_of(response)) == (409, "conflict")
    assert "Diga cuántos." in response.content.decode()
    assert not FieldComment.objects.exists()
