"""When the municipality has to answer for an action: its follow-ups, and the end of its plan."""

import calendar
import datetime
from dataclasses import dataclass

from django.utils import timezone

from actions.enums import Cadence, DeadlineKind

MONTHS = {Cadence.MONTHLY: 1, Cadence.BIMONTHLY: 2, Cadence.QUARTERLY: 3, Cadence.HALF_YEARLY: 6}
# So many days before a follow-up is due the municipality is reminded of it.
FOLLOW_UP_SOON = datetime.timedelta(days=5)


def next_follow_up(last: datetime.date, cadence: str) -> datetime.date:
    """The same day of the month so many months on; where that month is shorter, its last day."""
    years, month = divmod(last.month - 1 + MONTHS[Cadence(cadence)], 12)
    year, month = last.year + years, month + 1
    return datetime.date(year, month, min(last.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day that an action has to answer to: the end of its plan, or its next follow-up."""

    kind: DeadlineKind
    due_on: datetime.date

    @property
    def late(self) -> int:
        """Days since it was due; 0 or less while it is still to come."""
        return (timezone.localdate() - self.due_on).days

    @property
    def is_past(self) -> bool:
        return self.late > 0

    @property
    def code(self) -> str:
        """Names it in what was told about it; another date is another deadline."""
        return f"{self.kind.value}:{self.due_on}"
