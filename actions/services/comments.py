"""Comments among liaisons on published actions, and how the institute moderates them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from actions.enums import CommentState
from actions.models import Action, ActionComment, CommentReport
from actions.services.exchange import check_pace, hold_account
from actions.services.reviews import tell_liaisons
from actions.services.turns import AlreadySent, WrongState
from municipalities.models import Municipality
from network.models import User


def add_comment(
    *, action: Action, municipality: Municipality, text: str, by: User, request_key: UUID | None = None
) -> ActionComment:
    """Comment on a published action. Its municipality reads it at once and is told; others once it is approved.

    Raises :class:`AlreadySent` where the form with this key brought another text already.
    """
    with transaction.atomic():
        hold_account(by)
        known = ActionComment.objects.filter(request_key=request_key, created_by=by).first() if request_key else None
        if known is not None:
            if known.text != text:
                raise AlreadySent
            return known
        check_pace(by)
        if not Action.objects.published().filter(pk=action.pk).exists():
            raise WrongState
        comment = ActionComment.objects.create(
            action=action, municipality=municipality, text=text, created_by=by, request_key=request_key
        )
        if municipality.pk != action.municipality_id:
            tell_liaisons(
                municipality=action.municipality_id,
                kind="actions.comment",
                key=f"actions.comment:{comment.pk}",
                params={"comment": comment.pk},
                cause=f"add_comment:{action.pk}",
            )
    return comment


def edit_comment(*, comment: ActionComment, text: str) -> None:
    """Correct an own comment. What was approved waits again: the institute approved other words."""
    with transaction.atomic():
        _hold(comment)
        if comment.is_hidden:
            raise WrongState
        comment.text, comment.edited_at, comment.state = text, timezone.now(), CommentState.WAITING
        comment.save(update_fields=["text", "edited_at", "state"])


def approve_comment(*, comment: ActionComment, read_at: datetime | None, by: User | None) -> None:
    """Let the whole network read it; reports about it are settled with that.

    ``read_at`` is when the words that were read were edited last: :class:`WrongState` where they changed since.
    """
    with transaction.atomic():
        _hold(comment)
        if comment.edited_at != read_at:
            raise WrongState
        _decide(comment, CommentState.APPROVED, "", by)


def hide_comment(*, comment: ActionComment, reason: str, by: User | None) -> None:
    """Take it away from everybody but its municipality and the institute, which read why."""
    with transaction.atomic():
        _hold(comment)
        _decide(comment, CommentState.HIDDEN, reason, by)


def report_comment(
    *, comment: ActionComment, municipality: Municipality, reason: str, by: User | None
) -> CommentReport:
    """Ask the institute to look at a comment; once a municipality while it has not been looked at."""
    with transaction.atomic():
        _hold(comment)
        report, _new = CommentReport.objects.get_or_create(
            comment=comment, municipality=municipality, settled_at=None, defaults={"reason": reason, "created_by": by}
        )
    return report


# --- Steps of the above


def _hold(comment: ActionComment) -> None:
    ActionComment.objects.select_for_update(no_key=True).only("pk").get(pk=comment.pk)
    comment.refresh_from_db()


def _decide(comment: ActionComment, state: CommentState, reason: str, by: User | None) -> None:
    comment.state, comment.hidden_reason = state, reason
    comment.decided_by, comment.decided_at = by, timezone.now()
    comment.save(update_fields=["state", "hidden_reason", "decided_by", "decided_at"])
    comment.reports.filter(settled_at=None).update(settled_at=comment.decided_at)
