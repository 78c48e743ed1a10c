"""Who is told when something of a municipality is due, and the ends of designations themselves.

The ladder: the titular in force first; where nothing is done, the suplentes too; in the end the institute. Where nobody
stands on the first rung who can be written to, the next one is told in their place.

Nothing is listed ahead: each hour what is due today is looked up, and the lines of :mod:`outbox.digest` know what was
told to whom. So a new date, a new titular or a week without the clock need no case of their own.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils import timezone

from network.enums import ARCO_WITH_PERSON, DesignationKind, Role, Rung
from network.models import ENDING_FIRST, ArcoRequest, Designation, RightsDeadlines, User
from network.services.rights import holidays, working_days_after
from outbox.digest import Line, Reader, tell
from outbox.services import is_address
from web import identity

# Days without an answer, counted from the day a thing was due, after which the next rung is told as well.
TO_SUPLENTE = 7
TO_INSTITUTE = 21
# What was due longer ago than this is shown on the pages, but nobody is written to about it any more.
LOOK_BACK = datetime.timedelta(days=90)

Told = tuple[Reader, Rung]


def institute() -> Reader:
    """The mailbox of the institute, whose language is Spanish."""
    installation = identity.current()
    return Reader("institute", 0, installation.contact_email, installation.institution_name, "es")


@dataclass(slots=True)
class Ladder:
    """Who can be written to in one municipality today."""

    titulares: list[Reader] = field(default_factory=list)
    suplentes: list[Reader] = field(default_factory=list)

    def first(self) -> list[Told]:
        """Whom it concerns first; empty where nobody stands for the municipality."""
        if self.titulares:
            return [(reader, Rung.TITULAR) for reader in self.titulares]
        return [(reader, Rung.SUPLENTE) for reader in self.suplentes]

    def everybody(self) -> list[Told]:
        suplentes = [(reader, Rung.SUPLENTE) for reader in self.suplentes]
        return [(reader, Rung.TITULAR) for reader in self.titulares] + suplentes

    def reached(self, late: int) -> list[Told]:
        """Whom a thing has reached that is ``late`` so many days. The institute hears of nothing to come."""
        told = self.everybody() if late > TO_SUPLENTE else self.first()
        if late > TO_INSTITUTE or (late > 0 and not told):
            told.append((institute(), Rung.INSTITUTE))
        return told


def ladders() -> defaultdict[int, Ladder]:
    """The ladder of each municipality, in one query. Colleagues who share a mailbox are written to once."""
    found: defaultdict[int, Ladder] = defaultdict(Ladder)
    seen: set[tuple[int, str]] = set()
    # 'titular' sorts after 'suplente'
    for row in Designation.objects.in_force().select_related("person__user").order_by("-kind", "pk"):
        reader = _reader(row)
        mailbox = (row.municipality_id, reader.email)
        if not is_address(reader.email) or mailbox in seen:
            continue
        seen.add(mailbox)
        ladder = found[row.municipality_id]
        (ladder.titulares if row.kind == DesignationKind.TITULAR else ladder.suplentes).append(reader)
    return found


def _reader(designation: Designation) -> Reader:
    person = designation.person
    address = (person.email or (person.user.email if person.user else "")).strip().lower()
    return Reader("person", person.pk, address, person.name, person.user.language if person.user else "es")


def remind_endings() -> int:
    """Tell of letters about to end and of municipalities left without ambassador; returns how many lines are new.

    Sixty days before, the titular; fifteen days before, the titular again, the suplentes and the institute; once the
    period is over, the institute. A suplente is told of the end of the own letter alone, by the same days.
    """
    today = timezone.localdate()
    rows = Designation.objects.ending(until=today + ENDING_FIRST).filter(ends_on__gte=today - LOOK_BACK)
    ladder_of = ladders()
    people: defaultdict[Reader, list[Line]] = defaultdict(list)
    desk: defaultdict[Reader, list[Line]] = defaultdict(list)
    for row in rows.select_related("person__user").order_by("ends_on", "pk"):
        for reader, rung in _told_of(row, ladder_of[row.municipality_id]):
            line = Line(subject_id=row.pk, occasion=row.ending, rung=rung)
            (desk if rung == Rung.INSTITUTE else people)[reader].append(line)
    told = tell(kind="network.designation_ending", subject="designation", lines=people)
    return told + tell(kind="network.designations_ending", subject="designation", lines=desk)


def _told_of(row: Designation, ladder: Ladder) -> Iterator[Told]:
    if row.kind == DesignationKind.SUPLENTE:
        if not row.is_expired and is_address(_reader(row).email):
            yield _reader(row), Rung.SUPLENTE
        return
    if row.is_expired:
        yield institute(), Rung.INSTITUTE
        return
    first = ladder.first()
    yield from ladder.everybody() if row.ends_soon else first
    if row.ends_soon or not first:
        yield institute(), Rung.INSTITUTE


def remind_rights() -> int:
    """Tell the administrators of requests about personal data that are about to fall due, and of overdue ones, each
    once; returns how many lines are new."""
    today, notice = timezone.localdate(), RightsDeadlines.current().notice_days
    until = working_days_after(today, notice, holidays())
    lines = [
        Line(subject_id=row.pk, occasion=f"{'over' if row.is_overdue else 'soon'}:{row.due_on}", rung=Rung.INSTITUTE)
        for row in ArcoRequest.objects.open().exclude(state__in=ARCO_WITH_PERSON).filter(due_on__lte=until)
    ]
    admins = User.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk")
    readers = [Reader("account", row.pk, row.email, row.name, row.language) for row in admins]
    return tell(kind="network.arco_due", subject="arco", lines=dict.fromkeys(readers, lines)) if lines else 0
