"""Numbers of climate actions: those the institute published whose planned dates touch the period."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.translation import get_language

from actions.enums import ActionKind, ActionStatus
from actions.models import Action
from municipalities.figures import Count as Counted
from municipalities.figures import Period, Scope


@dataclass(frozen=True)
class ActionFigures:
    """Published actions, each counted once in every table; pathway is the entry pathway."""

    total: int
    by_kind: tuple[Counted, ...]
    by_status: tuple[Counted, ...]
    by_pathway: tuple[Counted, ...]
    by_sector: tuple[Counted, ...]


def actions_of(scope: Scope, period: Period) -> QuerySet[Action]:
    """Published actions of the scope that begin before the period is over and do not end before it begins."""
    return Action.objects.published().filter(scope.within("municipality"), period.touches("starts_on", "ends_on"))


def action_figures(scope: Scope, period: Period) -> ActionFigures:
    """One query; what comes back is bounded by the vocabularies."""
    english = (get_language() or "es").startswith("en")
    rows = (
        actions_of(scope, period)
        .order_by()
        .values_list(
            "kind", "status", "pathway__order", "pathway__code", "pathway__name", "pathway__name_en",
            "sector__order", "sector__code", "sector__name", "sector__name_en",
        )
        .annotate(Count("pk"))
    )  # fmt: skip
    kinds: dict[str, int] = defaultdict(int)
    statuses: dict[str, int] = defaultdict(int)
    pathways: dict[tuple, int] = defaultdict(int)
    sectors: dict[tuple, int] = defaultdict(int)
    for kind, status, *names, count in rows:
        kinds[kind] += count
        statuses[status] += count
        for table, (order, code, name, name_en) in ((pathways, names[:4]), (sectors, names[4:])):
            table[order, code, (english and name_en) or name] += count
    return ActionFigures(
        total=sum(kinds.values()),
        by_kind=tuple(Counted(code, str(label), kinds[code]) for code, label in ActionKind.choices if kinds[code]),
        by_status=tuple(
            Counted(code, str(label), statuses[code]) for code, label in ActionStatus.choices if statuses[code]
        ),
        by_pathway=_ordered(pathways),
        by_sector=_ordered(sectors),
    )


def _ordered(found: dict[tuple, int]) -> tuple[Counted, ...]:
    return tuple(Counted(code, label, count) for (_order, code, label), count in sorted(found.items()))
