"""The cache in Redis, which may be away: then nothing is found in it, and everything else goes on."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)
# A page asks several times; after one failure Redis is left alone for so long.
PAUSE_SECONDS = 5.0
CONNECTION = {"socket_connect_timeout": 0.5, "socket_timeout": 1.0, "retry": Retry(NoBackoff(), 0)}


class DisposableRedisCache(RedisCache):
    """Reads find nothing and writes are lost while Redis cannot answer. Whoever adds a lock gets it: the promises that
    must hold are held by the database."""

    _away_until = 0.0

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params | {"OPTIONS": CONNECTION | params.get("OPTIONS", {})})

    def _ask(self, question: Callable[[], Any], otherwise: Any) -> Any:
        kind = type(self)
        if time.monotonic() < kind._away_until:
            return otherwise
        try:
            return question()
        except (RedisError, OSError) as error:
            kind._away_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("cache away: %s", type(error).__name__)
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(DisposableRedisCache, self).add(*args, **kwargs), True)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._ask(lambda: super(DisposableRedisCache, self).get(key, default, version), default)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask(lambda: super(DisposableRedisCache, self).set(*args, **kwargs), None)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(DisposableRedisCache, self).touch(*args, **kwargs), False)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(DisposableRedisCache, self).delete(*args, **kwargs), False)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(DisposableRedisCache, self).get_many(*args, **kwargs), {})

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(DisposableRedisCache, self).has_key(*args, **kwargs), False)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> Any:
        return self._ask(lambda: super(DisposableRedisCache, self).incr(key, delta, version), delta)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: super(DisposableRedisCache, self).set_many(*args, **kwargs), [])

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._ask(lambda: super(DisposableRedisCache, self).delete_many(*args, **kwargs), None)

    def clear(self) -> Any:
        return self._ask(super().clear, False)
