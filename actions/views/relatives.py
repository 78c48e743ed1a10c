"""The actions that one belongs with, each with the page where the reader sees it."""

from collections.abc import Callable, Iterable

from actions.models import Action

SHOWN = 50


def relatives(related: Iterable[Action], page: Callable[[Action], str]) -> list[Action]:
    """``page`` gives the address of each; none where the reader has no page of it."""
    found = sorted(related, key=lambda row: row.title)[:SHOWN]
    for row in found:
        row.href = page(row)  # type: ignore[attr-defined]
    return found
