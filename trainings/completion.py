"""Who met the rule of a training, and why: from the attendance at its sessions held.

A share of minutes is asked of the length of all sessions held, a share of sessions of their number. What is unknown is
unknown: where the minutes of somebody's attendance at a session were not written down, those known at the others are a
lower bound, and meet a rule on minutes only if they suffice alone. Where the hours of a session were not, nobody meets
one by themselves. The institute may grant the exception. Nobody has met a rule before the last session is over.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from events.enums import EventStatus
from events.models import Attendance, Event
from trainings.enums import EnrolmentState
from trainings.models import Enrolment, Training


@dataclass(frozen=True)
class Completion:
    """One person of a training: who holds a place in it, or came. ``minutes``: attended in all sessions held; null
    where those of one are unknown. ``why`` says the outcome in words; ``exception`` is its reason, empty where none was
    granted."""

    person_id: int
    enrolment_id: int | None
    met: bool
    why: str
    minutes: int | None
    sessions: int
    sessions_held: int
    score: Decimal | None
    exception: str


@dataclass(frozen=True)
class _Held:
    """What the rule is measured against. ``minutes``: null where the hours of a session held are unknown."""

    events: frozenset[int]
    minutes: int | None
    to_come: int


def completions(training: Training) -> list[Completion]:
    """Everybody who holds a place in the training or came to a session held, in the order in which they came in. Three
    queries however many there are."""
    held = _held(training)
    minutes: dict[int, list[int | None]] = defaultdict(list)
    came = Attendance.objects.filter(event__in=held.events).order_by("pk").values_list("person_id", "minutes")
    for person, attended in came:
        minutes[person].append(attended)
    enrolments: dict[int, Enrolment] = {}
    # Somebody who cancelled and came all the same, or came back, counts by the place held last.
    rows = training.enrolments.order_by("created_at", "pk")
    for row in sorted(rows, key=lambda row: row.state == EnrolmentState.CONFIRMED):
        if row.state == EnrolmentState.CONFIRMED or row.person_id in minutes:
            enrolments[row.person_id] = row
    people = dict.fromkeys([*sorted(enrolments, key=lambda pk: enrolments[pk].created_at), *minutes])
    return [_completion(training, held, pk, enrolments.get(pk), minutes.get(pk, [])) for pk in people]


def rule_in_words(training: Training) -> list[str]:
    """What is asked of who wants to be accredited, one sentence each; empty where nobody is."""
    if not training.has_rule:
        return []
    said = []
    if training.min_minutes_share is not None:
        said.append(
            _("Asistir al menos al {share} % de los minutos de las sesiones.").format(share=training.min_minutes_share)
        )
    if training.min_sessions_share == 100:
        said.append(_("Asistir a todas las sesiones."))
    elif training.min_sessions_share is not None:
        said.append(_("Asistir al menos al {share} % de las sesiones.").format(share=training.min_sessions_share))
    if training.min_score is not None:
        said.append(_("Obtener al menos {score} de 100 en la evaluación.").format(score=_number(training.min_score)))
    return said


def session_minutes(events: Iterable[Event]) -> int | None:
    """The length of these events together; null where the hours of one are unknown."""
    total = 0
    for event in events:
        if event.starts_at is None or event.ends_at is None:
            return None
        total += int((event.ends_at - event.starts_at).total_seconds()) // 60
    return total


def _held(training: Training) -> _Held:
    published = Event.objects.filter(training_sessions__training=training, status=EventStatus.PUBLISHED)
    events = list(published.only("pk", "starts_at", "ends_at", "last_day", "status").order_by())
    over = [event for event in events if event.is_over]
    return _Held(frozenset(event.pk for event in over), session_minutes(over), len(events) - len(over))


def _completion(
    training: Training, held: _Held, person: int, enrolment: Enrolment | None, attended: list[int | None]
) -> Completion:
    minutes = None if None in attended else sum(each or 0 for each in attended)
    score = enrolment.score if enrolment else None
    exception = enrolment.exception_reason if enrolment else ""
    missing, done = _judged(training, held, attended, score)
    if exception:
        why = _("excepción: {reason}").format(reason=exception)
    else:
        why = "; ".join(missing or done)
    return Completion(
        person_id=person,
        enrolment_id=enrolment.pk if enrolment else None,
        met=bool(exception) or not missing,
        why=why,
        minutes=minutes,
        sessions=len(attended),
        sessions_held=len(held.events),
        score=score,
        exception=exception,
    )


def _judged(
    training: Training, held: _Held, attended: list[int | None], score: Decimal | None
) -> tuple[list[str], list[str]]:
    """What is missing, and what was met, in words. ``attended``: minutes at each session; null where unknown."""
    if not training.has_rule:
        return [_("la capacitación no tiene regla de acreditación")], []
    if not held.events:
        return [_("aún no se realiza ninguna sesión")], []
    missing: list[str] = []
    done: list[str] = []
    if held.to_come:
        missing.append(_("faltan sesiones por realizarse: {n}").format(n=held.to_come))
    if training.min_minutes_share is not None:
        total, known = held.minutes, sum(each or 0 for each in attended)
        enough = bool(total) and known * 100 >= training.min_minutes_share * (total or 0)
        if not total or (None in attended and not enough):
            missing.append(_("minutos sin dato"))
        else:
            said = (
                _("al menos {n} de {total} minutos (se pide {share} %)")
                if None in attended
                else _("{n} de {total} minutos (se pide {share} %)")
            )
            words = said.format(n=known, total=total, share=training.min_minutes_share)
            (done if enough else missing).append(words)
    if training.min_sessions_share is not None:
        asked_of = len(held.events)
        said = _("{n} de {total} sesiones (se pide {share} %)").format(
            n=len(attended), total=asked_of, share=training.min_sessions_share
        )
        (done if len(attended) * 100 >= training.min_sessions_share * asked_of else missing).append(said)
    if training.min_score is not None:
        if score is None:
            missing.append(_("sin calificación"))
        else:
            said = _("calificación {score} (se pide {least})").format(
                score=_number(score), least=_number(training.min_score)
            )
            (done if score >= training.min_score else missing).append(said)
    return missing, done


def _number(value: Decimal) -> str:
    """85 and 72.5, without the zeros of the column."""
    return f"{value.normalize():f}"
