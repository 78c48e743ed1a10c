"""Where the work stands, besides what follow-ups say: stopped with a reason, resumed, and closed with the institute.

The municipality asks for the closing of an action with its evidence and a text; the institute accepts, and only then is
it completed, or gives it back with a comment.
"""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from actions.enums import STOPPED_STATUSES, ActionStatus, ReviewDecision, ReviewState
from actions.models import ACCEPTED, Action, Review
from actions.services.reviews import decide
from actions.services.turns import WrongState, record, take_turn
from network.models import User
from outbox.services import enqueue
from web.models import Installation


def stop_action(*, action: Action, status: str, reason: str, version: int | None, by: User | None) -> Action:
    """Suspend or cancel the work and say why. What was asked of the institute before waits for its answer first."""
    if status not in STOPPED_STATUSES:
        raise ValueError("An action is suspended or cancelled.")
    with transaction.atomic():
        take_turn(action, version, ReviewState.values)
        if action.status == status or action.status == ActionStatus.COMPLETED or action.closing_asked_at:
            raise WrongState
        action.status, action.status_reason = ActionStatus(status), reason
        words = {
            ActionStatus.SUSPENDED: _("Suspensión: %(reason)s"),
            ActionStatus.CANCELLED: _("Cancelación: %(reason)s"),
        }
        record(action, by, words[action.status] % {"reason": reason})
    return action


def resume_action(*, action: Action, reason: str, version: int | None, by: User | None) -> Action:
    """Take up again what was suspended or cancelled: planned where it is still to begin, else under way."""
    with transaction.atomic():
        take_turn(action, version, ReviewState.values)
        if action.status not in STOPPED_STATUSES:
            raise WrongState
        begun = action.starts_on <= timezone.localdate()
        action.status = ActionStatus.UNDER_WAY if begun else ActionStatus.PLANNED
        action.status_reason = ""
        record(action, by, _("Reanudación: %(reason)s") % {"reason": reason})
    return action


def closing_lacks(action: Action) -> list[str]:
    """Why the closing cannot be asked for now, in sentences; empty where it can."""
    lacks = []
    if not action.is_validated:
        lacks.append(_("El instituto todavía no valida la acción: el cierre se pide después."))
    if action.closing_asked_at:
        lacks.append(_("El cierre ya se pidió y espera la respuesta del instituto."))
    elif action.status == ActionStatus.COMPLETED:
        lacks.append(_("La acción ya está concluida."))
    elif not action.is_open:
        lacks.append(_("La acción está suspendida o cancelada: primero se reanuda."))
    if not action.evidence.exists():
        lacks.append(_("Falta evidencia: suba al menos un archivo o un enlace que muestre lo hecho."))
    return lacks


def ask_to_close(*, action: Action, text: str, ended_on: datetime.date, version: int | None, by: User | None) -> Review:
    """Ask the institute to close an action that is done. Raises :class:`WrongState` where :func:`closing_lacks`."""
    with transaction.atomic():
        take_turn(action, version, ACCEPTED)
        if closing_lacks(action):
            raise WrongState
        action.closing_asked_at, action.closing_text, action.ended_on = timezone.now(), text, ended_on
        record(action, by, _("Solicitud de cierre"))
        review = Review.objects.create(action=action, decision=ReviewDecision.CLOSING, comment=text, created_by=by)
        enqueue(
            kind="actions.closing",
            dedupe_key=f"actions.closing:{review.pk}",
            to_email=Installation.current().contact_email,
            params={"review": review.pk},
            language="es",
            cause=f"ask_to_close:{action.pk}",
        )
    return review


def accept_closing(*, action: Action, version: int | None, by: User | None, comment: str = "") -> Review:
    """The action is completed."""
    with transaction.atomic():
        _closing(action, version)
        action.status = ActionStatus.COMPLETED
        return decide(action, ReviewDecision.CLOSED, comment, by, _("Cierre aceptado"))


def keep_open(*, action: Action, comment: str, version: int | None, by: User | None) -> Review:
    """Give the closing back with what it lacks; the work stays as it was."""
    with transaction.atomic():
        _closing(action, version)
        action.ended_on = None
        return decide(action, ReviewDecision.KEPT_OPEN, comment, by, _("Cierre devuelto"))


def _closing(action: Action, version: int | None) -> None:
    take_turn(action, version, ACCEPTED)
    if action.closing_asked_at is None:
        raise WrongState
    action.closing_asked_at = None
