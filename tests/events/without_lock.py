"""The portal with its one safeguard taken out: a seat is looked at, then taken, outside any transaction.

Served only by the negative control of test_registration_crowd.py: the same rush must oversell here, else that test
would prove nothing.
"""

import contextlib
import time
from types import SimpleNamespace
from typing import Any

from config.wsgi import application
from events.models import SeatPool
from events.services import registration

__all__ = ["application"]


def look_then_take(pool: SeatPool, *conditions: Any) -> bool:
    seen = SeatPool.objects.get(pk=pool.pk)
    time.sleep(0.005)
    if seen.capacity is not None and seen.taken >= seen.capacity:
        return False
    SeatPool.objects.filter(pk=pool.pk).update(taken=seen.taken + 1)
    return True


registration.take_seat = look_then_take  # type: ignore[assignment]
registration.hold_seats = lambda _event: None
registration.transaction = SimpleNamespace(atomic=contextlib.nullcontext)  # type: ignore[assignment]
