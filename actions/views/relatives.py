"""The actions that one belongs with, each with the page where the reader sees it."""

from collections.abc import Callable

from actions.models import Action, ActionQuerySet

SHOWN = 50


def relatives(visible: ActionQuerySet, action: Action, page: Callable[[Action], str]) -> list[Action]:
    """Only those that the reader may see; ``page`` gives the address of each."""
    rows = visible.filter(related_actions=action).select_related("municipality")
    found = list(rows.only("title", "slug", "municipality__name").order_by("title", "pk")[:SHOWN])
    for row in found:
        row.href = page(row)  # type: ignore[attr-defined]
    return found
