"""What many messages of one claim have in common is made once: the event, its texts, the words of staff.

A composer writes each message from the rows as they are when it leaves. Between the messages of one claim, seconds
apart, most of that is the same. :func:`once` keeps it for the length of the claim; the drain forgets it wherever a row
turned out to have changed (``Mail.still``) or a message turned out to be not wanted, and asks the composer again.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

_T = TypeVar("_T")
_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("mailing", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Inside, :func:`once` keeps what it made."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once(key: Hashable, make: Callable[[], _T]) -> _T:
    """What ``make`` answers: made for the first message of a claim and kept for the others.

    Outside a claim it is made each time. ``key`` holds all that the answer depends on, but for the rows that
    ``Mail.still`` looks after.
    """
    kept = _kept.get()
    if kept is None:
        return make()
    if key not in kept:
        kept[key] = make()
    found: _T = kept[key]
    return found


def forget() -> bool:
    """Let everything be made anew; whether there was anything."""
    kept = _kept.get()
    had = bool(kept)
    if kept:
        kept.clear()
    return had
