"""The form of an action as it is drawn: empty, as stored, or with what was being typed when it was left."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from actions.forms import ActionForm
from actions.models import Action, TypedDraft
from actions.rules import visible_actions

# Fields with several values.
SEVERAL = {"linked_pathways", "sdgs", "hazards", "related_actions", "milestones"}


def drawn_form(
    request: HttpRequest, action: Action | None, typed: TypedDraft | None, given: dict[str, Any] | None = None
) -> ActionForm:
    """Of a request that was sent, or with what was typed (``typed``) over what the form begins with (``given``)."""
    visible = visible_actions(request.user)
    if request.method == "POST":
        return ActionForm(request.POST, request.FILES, visible=visible, action=action)
    return ActionForm(visible=visible, action=action, given=(given or {}) | _typed_fields(typed))


def _typed_fields(typed: TypedDraft | None) -> dict[str, Any]:
    """As the form takes them. A box that nobody ticked is not sent by browsers: then it was empty."""
    if typed is None:
        return {}
    found: dict[str, Any] = {name: [] for name in SEVERAL}
    for name, values in typed.fields.items():
        found[name] = values if name in SEVERAL else next(iter(values), "")
    return found


def form_key(said: str | None) -> UUID | None:
    """The key of a form, as an address or a hidden field says it; None where it says none."""
    try:
        return UUID(said or "")
    except ValueError:
        return None


def typing(request: HttpRequest, form: ActionForm, action: Action | None, typed: TypedDraft | None) -> dict[str, Any]:
    """What the page's script keeps what is typed under: whose it is, and since when the portal has it."""
    municipality = request.user.liaison_municipality
    place = f"accion:{request.user.pk}:{municipality.pk if municipality else ''}:"
    key = action.pk if action else f"nueva:{form['request_key'].value()}"
    return {
        "typed": typed,
        "typed_key": f"{place}{key}",
        "typed_at": int(typed.saved_at.timestamp() * 1000) if typed else "",
    }
