"""What is late in the accompaniments, told along the ladder titular → suplente → institute; what the institute owes, to
the institute alone. Nothing is listed ahead, as in :mod:`actions.reminders`."""

from collections import defaultdict

from django.utils import timezone

from network.enums import Rung
from network.reminders import LOOK_BACK, institute, ladders
from outbox.digest import Line, Reader, tell
from trainings.enums import AccompanimentState, Side
from trainings.models import ACCOMPANIMENT, Accompaniment, duties


def remind_duties() -> int:
    """Queue what is late and was not told yet; returns how many lines are new. Safe to run twice."""
    people: defaultdict[Reader, list[Line]] = defaultdict(list)
    desk: defaultdict[Reader, list[Line]] = defaultdict(list)
    ladder_of, since = ladders(), timezone.localdate() - LOOK_BACK
    for duty in duties(Accompaniment.objects.exclude(state=AccompanimentState.DECLINED)):
        if not duty.is_past or duty.due_on < since:
            continue
        if duty.side == Side.INSTITUTE:
            told = [(institute(), Rung.INSTITUTE)]
        else:
            told = ladder_of[duty.municipality].reached(duty.late)
        for reader, rung in told:
            line = Line(subject_id=duty.accompaniment, occasion=duty.code, rung=rung)
            (desk if rung == Rung.INSTITUTE else people)[reader].append(line)
    told_now = tell(kind="trainings.duties", subject=ACCOMPANIMENT, lines=people)
    return told_now + tell(kind="trainings.duties_unanswered", subject=ACCOMPANIMENT, lines=desk)
