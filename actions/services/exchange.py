"""The exchange board: posts are written, matched, withdrawn and hidden; two municipalities write to each other.

Each function is one transaction. Who posts or writes is a municipality: its next liaison goes on where this one left.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from actions.enums import OutcomeKind, PostState
from actions.models import ActionComment, ExchangeMessage, ExchangeOutcome, ExchangePost, ExchangeThread
from actions.registry import Thing
from actions.services.reviews import tell_liaisons
from actions.services.turns import AlreadySent, StaleVersion, WrongState
from municipalities.models import Municipality
from network.models import User
from web.search import search_text

# What one account may write to other municipalities; a person who talks does not come near it.
TEXTS_AN_HOUR = 20
# What one municipality may have on the board at once.
OPEN_POSTS = 30


class TooMany(Exception):
    """The account or the municipality wrote too much of this lately. Nothing was stored."""


def save_post(
    *,
    post: ExchangePost | None,
    municipality: Municipality,
    values: Mapping[str, Any],
    by: User | None,
    version: int | None = None,
    request_key: UUID | None = None,
) -> ExchangePost:
    """Put a new post on the board (``post=None``) or change one that is not matched.

    A later day brings back one that was over or withdrawn. ``request_key`` names the form that was opened: a second
    call with it gives the first one's post, :class:`AlreadySent` where that one says something else.
    """
    with transaction.atomic():
        if post is None:
            _hold(municipality)
            twin = ExchangePost.objects.filter(request_key=request_key).first() if request_key else None
            if twin is not None and twin.municipality_id == municipality.pk:
                if any(getattr(twin, name) != value for name, value in values.items()):
                    raise AlreadySent
                return twin
            if ExchangePost.objects.open().filter(municipality=municipality).count() >= OPEN_POSTS:
                raise TooMany
            post = ExchangePost(municipality=municipality, created_by=by, request_key=request_key)
            reason = _("Publicación en el intercambio")
        else:
            _take(post, version, {PostState.OPEN, PostState.CLOSED})
            reason = _("Cambio de datos")
        for name, value in values.items():
            setattr(post, name, value)
        post.state = PostState.OPEN
        post.search_text = search_text(
            post.title, post.municipality.name, post.sector.name, post.sector.name_en, post.pathway.name, post.text
        )
        _record(post, by, reason)
    return post


def close_post(*, post: ExchangePost, by: User | None) -> None:
    """Take an open post off the board. Raises :class:`WrongState` where it was matched or withdrawn meanwhile."""
    with transaction.atomic():
        _take(post, None, {PostState.OPEN})
        post.state = PostState.CLOSED
        _record(post, by, _("Retirada del tablero"))


def match_post(
    *, post: ExchangePost, municipality: Municipality, on: date, note: str, version: int | None, by: User | None
) -> None:
    """Mark a post as matched with another municipality, and tell that one. Of two who do it at once, one succeeds."""
    with transaction.atomic():
        _take(post, version, {PostState.OPEN})
        post.state, post.matched_with, post.matched_on, post.match_note = PostState.MATCHED, municipality, on, note
        _record(post, by, _("Intercambio concretado"))
        tell_liaisons(
            municipality=municipality.pk,
            kind="actions.exchange_matched",
            key=f"actions.exchange_matched:{post.pk}:v{post.version}",
            params={"post": post.pk},
            cause=f"match_post:{post.pk}",
        )


def undo_match(*, post: ExchangePost, by: User | None) -> None:
    """Put a post that was matched by mistake back on the board. :class:`WrongState` where something came of it."""
    with transaction.atomic():
        _take(post, None, {PostState.MATCHED})
        if post.outcomes.exists():
            raise WrongState
        post.state, post.matched_with, post.matched_on, post.match_note = PostState.OPEN, None, None, ""
        _record(post, by, _("Se deshizo el intercambio"))


def hide_post(*, post: ExchangePost, reason: str, by: User | None) -> None:
    """Take a post away from everybody but its municipality and the institute, which read why."""
    with transaction.atomic():
        _take(post, None, set(PostState))
        post.hidden_at, post.hidden_reason, post.hidden_by = timezone.now(), reason, by
        _record(post, by, _("Oculta por el instituto"))


def unhide_post(*, post: ExchangePost, by: User | None) -> None:
    with transaction.atomic():
        _take(post, None, set(PostState))
        post.hidden_at, post.hidden_reason, post.hidden_by = None, "", None
        _record(post, by, _("Visible de nuevo"))


def add_outcome(*, post: ExchangePost, kind: OutcomeKind, thing: Thing, by: User | None) -> ExchangeOutcome:
    """Say what came of a match. The same thing again changes nothing; :class:`WrongState` where it is undone."""
    with transaction.atomic():
        _hold_post(post)
        if not post.is_matched:
            raise WrongState
        outcome, _new = ExchangeOutcome.objects.get_or_create(
            post=post,
            kind=kind,
            key=thing.key,
            defaults={"title": thing.title[:200], "private_to_id": thing.private_to, "created_by": by},
        )
    return outcome


def remove_outcome(*, outcome: ExchangeOutcome) -> None:
    outcome.delete()


def write_first(
    *, post: ExchangePost, municipality: Municipality, text: str, by: User, request_key: UUID | None = None
) -> ExchangeThread:
    """Write to the municipality of a post. Where this one wrote about it before, the conversation goes on."""
    with transaction.atomic():
        _hold_post(post)
        if not post.is_open:
            raise WrongState
        thread, _new = ExchangeThread.objects.get_or_create(post=post, municipality=municipality)
        write(thread=thread, municipality=municipality, text=text, by=by, request_key=request_key)
    return thread


def write(
    *, thread: ExchangeThread, municipality: Municipality, text: str, by: User, request_key: UUID | None = None
) -> ExchangeMessage:
    """Add a message of one side; the liaisons of the other get it by mail, with a link to answer here.

    Raises :class:`TooMany` where the account wrote too much in the last hour, and :class:`AlreadySent` where the form
    with this key brought another text already.
    """
    with transaction.atomic():
        hold_account(by)
        known = ExchangeMessage.objects.filter(request_key=request_key, created_by=by).first() if request_key else None
        if known is not None:
            if known.text != text:
                raise AlreadySent
            return known
        check_pace(by)
        message = ExchangeMessage.objects.create(
            thread=thread, municipality=municipality, text=text, created_by=by, request_key=request_key
        )
        ExchangeThread.objects.filter(pk=thread.pk).update(last_message_at=message.created_at)
        tell_liaisons(
            municipality=thread.other_side(municipality.pk),
            kind="actions.exchange_message",
            key=f"actions.exchange_message:{message.pk}",
            params={"message": message.pk},
            cause=f"write:{thread.pk}",
        )
    return message


def hold_account(by: User) -> None:
    """So that texts sent at once are counted one after the other, and one form sent twice is one text."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=by.pk)


def check_pace(by: User) -> None:
    """:class:`TooMany` where the account, which the caller holds, wrote too much in the last hour."""
    since = {"created_by": by, "created_at__gt": timezone.now() - timedelta(hours=1)}
    written = ExchangeMessage.objects.filter(**since).count() + ActionComment.objects.filter(**since).count()
    if written >= TEXTS_AN_HOUR:
        raise TooMany


# --- Steps of the above


def _hold(municipality: Municipality) -> None:
    Municipality.objects.select_for_update(no_key=True).only("pk").get(pk=municipality.pk)


def _hold_post(post: ExchangePost) -> None:
    ExchangePost.objects.select_for_update(no_key=True).only("pk").get(pk=post.pk)
    post.refresh_from_db()


def _take(post: ExchangePost, version: int | None, states: set[PostState]) -> None:
    """Hold the row until the transaction ends, if it still is the version that was read and in one of the states."""
    wanted = {"state__in": states} | ({"version": version} if version is not None else {})
    if not ExchangePost.objects.filter(pk=post.pk, **wanted).update(version=F("version") + 1):
        current = ExchangePost.objects.get(pk=post.pk)
        raise StaleVersion if version is not None and current.version != version else WrongState
    post.refresh_from_db()


def _record(post: ExchangePost, by: User | None, reason: str) -> None:
    post._history_user = by  # type: ignore[attr-defined]
    post._change_reason = reason[:100]  # type: ignore[attr-defined]
    post.save()
