"""Redis is disposable: no page needs it."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD, UserFactory
from web.cache import DisposableRedisCache


@pytest.fixture
def redis_away(settings: Any) -> Iterator[None]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.CACHES = {
        "default": {"BACKEND": "web.cache.DisposableRedisCache", "LOCATION": f"redis://127.0.0.1:{port}/0"}
    }
    DisposableRedisCache._away_until = 0.0
    yield
    DisposableRedisCache._away_until = 0.0


@pytest.mark.parametrize("paused", [False, True])
def test_cache_that_is_away_finds_nothing_and_loses_writes(redis_away: None, paused: bool) -> None:
    def again() -> None:
        if not paused:
            DisposableRedisCache._away_until = 0.0

    answers = []
    for question in (
        lambda: cache.get("a", "else"),
        lambda: cache.set("a", 1),
        lambda: cache.add("a", 1),
        lambda: cache.touch("a"),
        lambda: cache.delete("a"),
        lambda: cache.get_many(["a"]),
        lambda: cache.has_key("a"),
        lambda: cache.incr("a"),
        lambda: cache.set_many({"a": 1}),
        lambda: cache.delete_many(["a"]),
        lambda: cache.clear(),
        lambda: cache.get_or_set("a", 7),
    ):
        again()
        answers.append(question())
    assert answers == ["else", None, True, False, False, {}, False, 1, [], None, False, 7]


@pytest.mark.django_db
def test_pages_and_signing_in_work_without_redis(redis_away: None, client: Client) -> None:
    assert client.get(reverse("home")).status_code == 200
    user = UserFactory()
    signed_in = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert signed_in.status_code == 302
    assert client.get(reverse("my_registrations")).status_code == 200


def test_cache_is_asked_again_after_the_pause(redis_away: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("django.core.cache.backends.redis.RedisCacheClient.get", lambda *_args: asked.append(1))
    cache.get("a")
    cache.set("a", 1)  # fails, so Redis is left alone
    cache.get("a")
    assert len(asked) == 1
    DisposableRedisCache._away_until = 0.0
    cache.get("a")
    assert len(asked) == 2
