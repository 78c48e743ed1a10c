"""The travel of a record: *draft* → submitted → (*returned* → submitted …) → validated → published."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from actions.enums import ReviewDecision, ReviewState
from actions.models import SENT, Action, FieldComment, Review
from actions.services.turns import record, take_turn
from network.enums import Act
from network.models import Designation, User
from network.services import audit
from outbox.services import enqueue
from web.models import Installation


def submit_action(*, action: Action, version: int | None, by: User | None) -> Review:
    """Send an action to the institute. Its fields are closed until it comes back; the institute's mailbox is told."""
    with transaction.atomic():
        take_turn(action, version, {ReviewState.DRAFT, ReviewState.RETURNED})
        action.review_state = ReviewState.SUBMITTED
        action.submitted_at = timezone.now()
        record(action, by, _("Envío a revisión"))
        review = Review.objects.create(action=action, decision=ReviewDecision.SUBMITTED, created_by=by)
        enqueue(
            kind="actions.submitted",
            dedupe_key=f"actions.submitted:{review.pk}",
            to_email=Installation.current().contact_email,
            params={"review": review.pk},
            language="es",
            cause=f"submit_action:{action.pk}",
        )
    return review


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A comment on one field: its name in the form, what it is called and what it said then."""

    field: str
    label: str
    text: str
    stored: str


def return_action(
    *,
    action: Action,
    comment: str,
    version: int | None,
    by: User | None,
    on_fields: Iterable[Observation] = (),
) -> Review:
    """Give an action back with a comment that says what to correct, and comments on single fields.

    A validated or published action may be returned too: it leaves the public pages until it is validated again.
    """
    with transaction.atomic():
        take_turn(action, version, SENT)
        action.review_state = ReviewState.RETURNED
        action.validated_at = action.published_at = action.closing_asked_at = None
        review = decide(action, ReviewDecision.RETURNED, comment, by, _("Devuelta con observaciones"))
        FieldComment.objects.bulk_create(FieldComment(review=review, **asdict(row)) for row in on_fields)
    return review


def validate_action(
    *, action: Action, version: int | None, by: User | None, comment: str = "", publish: bool = True
) -> Review:
    """Accept an action, and publish it at once unless that is left for later: then it is public and counted."""
    with transaction.atomic():
        take_turn(action, version, {ReviewState.SUBMITTED})
        action.review_state = ReviewState.VALIDATED
        action.validated_at = timezone.now()
        if publish:
            _make_public(action)
        reason = _("Validación y publicación") if publish else _("Validación")
        return decide(action, ReviewDecision.VALIDATED, comment, by, reason)


def publish_action(*, action: Action, version: int | None, by: User | None) -> Review:
    """Show an action that was validated before."""
    with transaction.atomic():
        take_turn(action, version, {ReviewState.VALIDATED})
        _make_public(action)
        return decide(action, ReviewDecision.PUBLISHED, "", by, _("Publicación"))


def unpublish_action(*, action: Action, comment: str, version: int | None, by: User | None) -> Review:
    """Take an action off the public pages and out of the figures, and say why. It stays validated."""
    with transaction.atomic():
        take_turn(action, version, {ReviewState.PUBLISHED})
        action.review_state, action.published_at = ReviewState.VALIDATED, None
        return decide(action, ReviewDecision.WITHDRAWN, comment, by, _("Retirada de la página pública"))


def answer_comments(*, action: Action, said: Mapping[str, str]) -> None:
    """Comments of the last return count as answered where the field says something else than it did then."""
    for row in FieldComment.objects.of(action):
        answered = row.field in said and said[row.field] != row.stored
        if answered != (row.answered_at is not None):
            row.answered_at = timezone.now() if answered else None
            row.save(update_fields=["answered_at"])


def tell_liaisons(*, municipality: int, kind: str, key: str, params: Mapping[str, Any], cause: str) -> int:
    """Queue one mail to each person designated for the municipality with this id; returns to how many.

    Call it in the transaction of the fact. ``key`` says what it is about: told once.
    """
    told: set[str] = set()
    people = Designation.objects.in_force().filter(municipality=municipality)
    for designation in people.select_related("person__user"):
        person = designation.person
        address = (person.email or (person.user.email if person.user else "")).strip().lower()
        if not address or address in told:  # colleagues may share a mailbox
            continue
        told.add(address)
        enqueue(
            kind=kind,
            dedupe_key=f"{key}:{designation.pk}",
            to_email=address,
            to_name=person.name,
            params={**params, "designation": designation.pk},
            language=person.user.language if person.user else "es",
            cause=cause,
        )
    return len(told)


# --- Steps of the above and of :mod:`actions.services.standing`


def _make_public(action: Action) -> None:
    action.review_state, action.published_at = ReviewState.PUBLISHED, timezone.now()


def decide(action: Action, decision: ReviewDecision, comment: str, by: User | None, reason: str) -> Review:
    record(action, by, reason)
    review = Review.objects.create(action=action, decision=decision, comment=comment, created_by=by)
    audit.record(Act.ACTION_REVIEWED, by=by, of=action, decision=decision.value)
    tell_liaisons(
        municipality=action.municipality_id,
        kind=f"actions.{decision.value}",
        key=f"actions.{decision.value}:{review.pk}",
        params={"review": review.pk},
        cause=f"review:{review.pk}",
    )
    return review
