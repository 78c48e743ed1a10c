"""Writing the audit trail. A service records its act inside its own transaction: no act without its row, no row without
its act."""

import logging
from datetime import date
from typing import Any

import structlog
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from network.enums import Act
from network.models import AuditEntry, User

logger = logging.getLogger("network.access")


def record(act: Act, *, by: User | None, of: Model | None = None, **detail: str | int | bool | None) -> None:
    """Keep that ``by`` did this to ``of``. ``detail``: numbers and codes that say how, never what names somebody."""
    AuditEntry.objects.create(
        act=act,
        actor=by.pk if by else None,
        role=by.role if by else "",
        row_type=of._meta.label if of else "",
        row=of.pk if of else None,
        detail=detail,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )


def old_entries(before: date) -> QuerySet[AuditEntry]:
    """Older than that day, and old enough for the database to let go of them."""
    return AuditEntry.objects.outdated().filter(at__date__lt=before)


def erase_entries(before: date) -> int:
    return old_entries(before).delete()[0]


def witness(act: str, by: Any, of: Model) -> None:
    """What the outbox tells of its messages: it knows of no trail (``outbox/registry.py``)."""
    record(Act(act), by=by, of=of)


# --- What allauth tells of accounts (connected in ``network/apps.py``)


def signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(Act.SIGNED_IN, by=user, of=user)


def password_changed(request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(Act.PASSWORD_CHANGED, by=user, of=user)


def factor_added(request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    record(Act.FACTOR_ADDED, by=user, of=user, factor=authenticator.type)


def factor_removed(request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    record(Act.FACTOR_REMOVED, by=user, of=user, factor=authenticator.type)


def second_step_failed(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A line of the log, not a row: whoever tries must not be able to fill the database."""
    logger.warning("second_step_failed", extra={"account": user.pk})
