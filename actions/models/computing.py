"""How far an action is, worked out from its milestones or else from its indicators. No query and no clock."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from actions.enums import ProgressBasis
from actions.models.milestones import Milestone
from actions.models.progress import Measured


@dataclass(frozen=True, slots=True)
class Computed:
    """A progress from 0 to 100, and what it was worked out from."""

    value: int
    basis: ProgressBasis


def computed_progress(steps: Iterable[tuple[int, bool]], shares: Iterable[int | None]) -> Computed | None:
    """``steps`` are (weight, done) of each milestone, ``shares`` how much of its way each indicator went, in per cent.

    Where there are milestones, the weight of those done in the weight of all; else the mean of the indicators of which
    it can be said. Rounded down: 100 only where everything is done. None where nothing can be worked out.
    """
    weights = list(steps)
    if whole := sum(weight for weight, _done in weights):
        return Computed(100 * sum(weight for weight, done in weights if done) // whole, ProgressBasis.MILESTONES)
    known = [share for share in shares if share is not None]
    return Computed(sum(known) // len(known), ProgressBasis.INDICATORS) if known else None


def progress_on(day: datetime.date, milestones: Iterable[Milestone], measured: Iterable[Measured]) -> Computed | None:
    """What was done and measured until that day."""
    return computed_progress(
        [(row.weight, row.is_done_on(day)) for row in milestones], [row.share_on(day) for row in measured]
    )
