"""An earlier version of the record, as if somebody typed it again: the form's own rules say whether it still holds."""

from typing import Any

from django.db.models import CharField, Value
from django.utils.datastructures import MultiValueDict

from actions.enums import OPEN_STATUSES
from actions.forms.actions import ActionForm
from actions.models import Action, ActionQuerySet


class RestoreForm(ActionForm):
    """What the record would say again. Related actions, indicator, evidence and progress stay as they are."""

    def __init__(self, *, action: Action, visible: ActionQuerySet, earlier: Any, version: int) -> None:
        super().__init__(visible=visible, action=action)
        sent = {bound.name: _sent(bound.value()) for bound in self.record_fields()}
        for name in (*self.OWN, *self.PLAIN, "cadence"):
            column: Any = Action._meta.get_field(name)
            sent[name] = _sent(getattr(earlier, column.attname))
        if not {earlier.status, action.status} <= set(OPEN_STATUSES):
            sent["status"] = [action.status]
        sent["point"] = _sent(Action.point.fget(earlier))
        for name, keys in _several(earlier).items():
            sent[name] = _sent(keys)
        sent["version"] = [str(version)]
        self.data, self.is_bound = MultiValueDict(sent), True

    def values(self) -> dict[str, Any]:
        return super().values() | {"related": None, "evidence": None, "request_key": None}


def _several(earlier: Any) -> dict[str, list[int]]:
    """What the version was linked to, in one query."""
    found: dict[str, list[int]] = {"linked_pathways": [], "sdgs": [], "hazards": []}
    parts = [
        getattr(earlier, name).order_by().values_list(Value(name, CharField()), key)
        for name, key in zip(found, ("pathway_id", "sdg_id", "hazard_id"), strict=True)
    ]
    for name, key in parts[0].union(*parts[1:], all=True):
        found[name].append(key)
    return found


def _sent(value: Any) -> list[str]:
    """As a browser sends it."""
    if value in (None, ""):
        return []
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]
