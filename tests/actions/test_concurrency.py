"""Two presses at once: one action, one follow-up, one decision."""

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from actions import services
from actions.models import Action, ExchangePost
from tests.factories import ActionFactory, ExchangePostFactory, MunicipalityFactory, SectorFactory, liaison

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
