"""An action begun from another one of the same municipality."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from actions.models import Action, Indicator, Milestone
from actions.services.records import save_action
from actions.services.turns import keep, lock, record
from network.models import User

# What is planned, not what came of it.
PLANNED = (
    "kind", "sector", "pathway", "description", "responsible_area", "partners", "place", "starts_on", "ends_on",
    "budget", "funding_source", "cadence", "people_exposed", "beneficiaries_total", "beneficiaries_women",
    "beneficiaries_men", "instrument", "instrument_line", "latitude", "longitude",
)  # fmt: skip


def duplicate_action(*, action: Action, by: User | None, request_key: UUID | None = None) -> Action:
    """A new draft with what ``action`` plans: its facts, milestones and indicators.

    Nothing of what was done comes along: no real dates, progress, readings, follow-up, evidence, estimates or reviews.
    A second call with the same ``request_key`` gives the first one's draft.
    """
    with transaction.atomic():
        lock(action)
        known = action.municipality.actions.filter(request_key=request_key).first() if request_key else None
        if known is not None:
            return known
        room = (Action._meta.get_field("title").max_length or 0) - len(_("%(title)s (copia)") % {"title": ""})
        copy = save_action(
            action=None,
            municipality=action.municipality,
            values={name: getattr(action, name) for name in PLANNED}
            | {"title": _("%(title)s (copia)") % {"title": action.title[:room]}},
            by=by,
            linked_pathways=list(action.linked_pathways.all()),
            sdgs=list(action.sdgs.all()),
            hazards=list(action.hazards.all()),
            request_key=request_key,
            reason=_("Duplicado de otra acción"),
        )
        for step in action.milestones.all():
            new = Milestone(action=copy, title=step.title, weight=step.weight, due_on=step.due_on, order=step.order)
            keep(new, by, _("Hito agregado"))
        for one in action.indicators.all():
            aims = {name: getattr(one, name) for name in ("name", "unit", "direction", "baseline", "target")}
            keep(Indicator(action=copy, **aims), by, _("Indicador agregado"))
        copy.version += 1
        record(copy, by, _("Hitos e indicadores de la acción que se duplicó"))
    return copy
