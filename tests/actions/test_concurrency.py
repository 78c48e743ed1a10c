"""Two presses at once: one action, one follow-up, one decision."""

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from actions import services
from actions.models import Action, ExchangePost
from network.models import User
from tests.factories import (
    ActionFactory,
    ExchangePostFactory,
    MunicipalityFactory,
    SectorFactory,
    StaffFactory,
    liaison,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
AT_ONCE = 6


def at_once(work: Callable[[], Any]) -> list[Any]:
    def one(_number: int) -> Any:
        try:
            return work()
        except (services.StaleVersion, services.WrongState) as refused:
            return type(refused).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_one_form_sent_at_once_makes_one_action():
    municipality, sector, key = MunicipalityFactory(), SectorFactory(), uuid.uuid4()
    values = {
        "title": "Composta",
        "kind": "mitigation",
        "sector": sector,
        "responsible_area": "Ecología",
        "description": "Composta en mercados.",
        "starts_on": dt.date(2026, 1, 1),
    }
    made = at_once(
        lambda: services.save_action(
            action=None, municipality=municipality, values=dict(values), by=None, request_key=key
        ).pk
    )
    assert made == [Action.objects.get().pk] * AT_ONCE


def test_one_follow_up_sent_at_once_is_stored_once():
    action, key = ActionFactory(), uuid.uuid4()
    made = at_once(
        lambda: services.add_follow_up(
            action=Action.objects.get(pk=action.pk),
            date=dt.date(2026, 2, 1),
            progress=10,
            progress_reason="Visita.",
            status="under-way",
            text="Inicio.",
            by=None,
            request_key=key,
        ).pk
    )
    assert made == [action.follow_ups.get().pk] * AT_ONCE
    action.refresh_from_db()
    assert action.version == 2


def test_decisions_at_once_leave_one():
    action = ActionFactory(review_state="submitted")
    made = at_once(
        lambda: services.validate_action(action=Action.objects.get(pk=action.pk), version=1, by=None).decision
    )
    assert sorted(map(str, made)) == sorted(["StaleVersion"] * (AT_ONCE - 1) + ["validated"])
    assert action.reviews.count() == 1


def test_two_matches_at_once_leave_one():
    post, other = ExchangePostFactory(), MunicipalityFactory()
    made = at_once(
        lambda: services.match_post(
            post=ExchangePost.objects.get(pk=post.pk),
            municipality=other,
            on=dt.date(2026, 5, 4),
            note="",
            version=None,
            by=None,
        )
    )
    assert sorted(map(str, made)) == ["None"] + ["WrongState"] * (AT_ONCE - 1)
    assert post.history.filter(state="matched").count() == 1


def test_one_message_sent_at_once_is_one_in_one_conversation():
    post, sender, key = ExchangePostFactory(), liaison(), uuid.uuid4()
    at_once(
        lambda: services.write_first(
            post=ExchangePost.objects.get(pk=post.pk),
            municipality=sender.liaison_municipality,
            text="Hola",
            by=sender,
            request_key=key,
        )
    )
    assert post.threads.get().messages.count() == 1


# --- Different things at once: one wins, the other reads why, and nothing is stored by halves


def together(*sends: Callable[[], Any]) -> list[Any]:
    """What each of these said, in their order, begun at one moment."""
    start = Barrier(len(sends))

    def one(send: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return send()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(one, sends))


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def record_form(action: Action, **fields: Any) -> dict[str, Any]:
    return {
        "title": action.title, "kind": action.kind, "sector": action.sector_id, "pathway": action.pathway_id,
        "responsible_area": action.responsible_area, "starts_on": action.starts_on.isoformat(),
        "description": action.description, "version": action.version, "then": "draft",
    } | fields  # fmt: skip


def test_two_edits_at_once_store_one_and_show_the_other_both_texts():
    user = liaison()
    action = ActionFactory(municipality=user.liaison_municipality, title="Composta")
    address = reverse("liaison_action_edit", args=[action.pk])
    titles = ["Composta en tres mercados", "Composta en el rastro"]
    desks = [browser(user) for _ in titles]
    answers = together(
        *(
            lambda desk=desk, title=title: desk.post(address, record_form(action, title=title))
            for desk, title in zip(desks, titles, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    won, lost = (titles[[answer.status_code for answer in answers].index(code)] for code in (302, 409))
    action.refresh_from_db()
    assert (action.title, action.version) == (won, 2)
    page = next(answer for answer in answers if answer.status_code == 409).content.decode()
    assert won in page
    assert lost in page
    assert 'name="version" value="2"' in page
    assert action.history.filter(history_change_reason="Cambio de datos").count() == 1


def test_a_restore_and_an_edit_at_once_leave_one_and_tell_the_other():
    user = liaison()
    action = ActionFactory(municipality=user.liaison_municipality, title="Primero")
    first = action.history.get().history_id
    Action.objects.filter(pk=action.pk).update(title="Segundo")
    action.refresh_from_db()
    restore = reverse("liaison_action_restore", args=[action.pk, first])
    edit = reverse("liaison_action_edit", args=[action.pk])
    desks = [browser(user), browser(user)]
    restored, edited = together(
        lambda: desks[0].post(restore, {"version": action.version}),
        lambda: desks[1].post(edit, record_form(action, title="Tercero")),
    )
    assert sorted([restored.status_code, edited.status_code]) == [302, 409]
    action.refresh_from_db()
    assert (action.title, action.version) == ("Primero" if restored.status_code == 302 else "Tercero", 2)
    refused = (restored if restored.status_code == 409 else edited).content.decode()
    assert "Primero" in refused
    assert "Tercero" in refused
    assert action.history.count() == 2


def test_two_reviewers_at_once_leave_one_decision_and_one_set_of_mails():
    action = ActionFactory(review_state="submitted")
    address = reverse("staff_action_detail", args=[action.pk])
    desks = [browser(StaffFactory()), browser(StaffFactory())]
    given = [
        {"decision": "validated", "publish": "on", "comment": "Bien."},
        {"decision": "returned", "comment": "Falta la fuente."},
    ]
    answers = together(
        *(
            lambda desk=desk, data=data: desk.post(address, data | {"version": action.version})
            for desk, data in zip(desks, given, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    decided = action.reviews.get().decision
    assert decided == given[[answer.status_code for answer in answers].index(302)]["decision"]
    action.refresh_from_db()
    assert action.review_state == ("published" if decided == "validated" else "returned")
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "La acción cambió mientras la revisaba" in refused.content.decode()
    # A returned action is with the municipality: no form is left to decide in, and what was typed stands beside.
    assert (f'name="version" value="{action.version}"' in refused.content.decode()) is (decided == "validated")
    assert given[[answer.status_code for answer in answers].index(409)]["comment"] in refused.content.decode()


def test_a_decision_and_an_edit_of_a_returned_action_at_once_are_never_both_stored():
    """The municipality sends its correction while the institute decides over what it read before."""
    user, staff = liaison(), StaffFactory()
    action = ActionFactory(municipality=user.liaison_municipality, review_state="submitted", title="Antes")
    services.return_action(action=action, comment="Falta.", version=None, by=staff)
    seen = action.version
    desk, office = browser(user), browser(staff)
    edited, decided = together(
        lambda: desk.post(
            reverse("liaison_action_edit", args=[action.pk]), record_form(action, title="Después", then="submit")
        ),
        lambda: office.post(
            reverse("staff_action_detail", args=[action.pk]),
            {"decision": "validated", "publish": "on", "version": seen},
        ),
    )
    assert edited.status_code == 302
    assert decided.status_code in {403, 409}  # still with the municipality, or sent since
    action.refresh_from_db()
    assert (action.title, action.review_state, action.published_at) == ("Después", "submitted", None)
    assert list(action.reviews.values_list("decision", flat=True)) == ["submitted", "returned"]
