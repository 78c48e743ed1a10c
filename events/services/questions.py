"""An event's own questions and what people answered: written, copied, stored with the registration, erased in time."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.enums import EventStatus, RegistrationState
from events.models import (
    AccessNeeds,
    Event,
    Registration,
    RegistrationAnswer,
    RegistrationQuestion,
    answer_choices,
)
from events.services.rows import Row, StaleVersion, fingerprint
from network.models import User
from network.services.retention import days_of, ended_before

FIELDS = (
    "kind", "text", "text_en", "help_text", "help_text_en", "purpose", "purpose_en", "options", "options_en",
    "is_required", "shown_if_value", "retention_days",
)  # fmt: skip
# What people need to take part is kept this long after the event.
NEEDS, NEEDS_DAYS = "events.needs", 30
# Of an event that never got a date, it is kept this long after it was written.
NEEDS_DAYS_UNDATED = 365


def version_of(event: Event) -> str:
    """Which state of the questions was read."""
    return fingerprint(*event.registration_questions.values_list("pk", "order", "shown_if", *FIELDS))


def condition_errors(rows: Sequence[Row]) -> dict[int, str]:
    """What is wrong with the conditions of questions in this order, by ``row``.

    A condition asks for one of the answers of a question that comes earlier: so none waits for itself.
    """
    earlier: dict[int, dict[str, str]] = {}
    errors: dict[int, str] = {}
    for row in rows:
        if row["shown_if"] is not None:
            if row["shown_if"] not in earlier:
                errors[row["row"]] = _("La pregunta de la que depende debe ir antes que esta y seguir en la lista.")
            elif row["shown_if_value"] not in earlier[row["shown_if"]]:
                errors[row["row"]] = _("La pregunta de la que depende ya no tiene esa respuesta: elija otra.")
        lines = [line.strip() for line in row["options"].splitlines()]
        earlier[row["row"]] = dict(answer_choices(row["kind"], [line for line in lines if line]))
    return errors


@transaction.atomic
def save_questions(
    *, event: Event, rows: Sequence[Row], by: User | None, version: str | None = None, forget: Collection[int] = ()
) -> Event:
    """Make the event's questions those of ``rows``, in that order.

    ``row`` numbers a row and ``shown_if`` is the number of the row it depends on, or None. A question with answers
    keeps its kind, and is removed only where ``forget`` names it: its answers go with it. ``version`` is the one that
    was read (:func:`version_of`); another one stored raises :class:`StaleVersion`.
    """
    event = Event.objects.select_for_update().get(pk=event.pk)
    if version is not None and version != version_of(event):
        raise StaleVersion(event)
    if errors := condition_errors(rows):
        raise ValidationError(list(errors.values()))
    # Locked, so that nobody answers a question while it is removed.
    stored = {question.pk: question for question in event.registration_questions.select_for_update()}
    answers = dict(
        RegistrationAnswer.objects.filter(question__in=stored).values_list("question").annotate(number=Count("pk"))
    )
    written: dict[int, RegistrationQuestion] = {}
    changed = False
    for position, row in enumerate(rows):
        question = stored.pop(row.get("id") or 0, None) or RegistrationQuestion(event=event)
        if answers.get(question.pk) and row["kind"] != question.kind:
            raise ValidationError(
                _("«{question}» ya tiene respuestas: su tipo no se cambia.").format(question=question.text)
            )
        values = {name: row[name] for name in FIELDS}
        values |= {"order": position, "shown_if": written.get(row["shown_if"])}
        if question.pk is None or any(getattr(question, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(question, name, value)
            question.save()
            changed = True
        written[row["row"]] = question
    for question in stored.values():
        _remove(question, answers.get(question.pk, 0), forget)
        changed = True
    if changed:
        event._history_user = by  # type: ignore[attr-defined]
        event._change_reason = _("Preguntas de la inscripción")  # type: ignore[attr-defined]
        event.save(update_fields=["version"])  # as it was: one line of history, no new revision for calendars
    return event


def _remove(question: RegistrationQuestion, answers: int, forget: Collection[int]) -> None:
    if answers and question.pk not in forget:
        raise ValidationError(
            ngettext(
                "«{question}» tiene {n} respuesta: para quitarla, marque que también se borra.",
                "«{question}» tiene {n} respuestas: para quitarla, marque que también se borran.",
                answers,
            ).format(question=question.text, n=answers)
        )
    question.answers.all().delete()
    question.delete()


@transaction.atomic
def copy_questions(*, event: Event, to: Event) -> int:
    """Give another event the same questions, with their conditions. Returns how many; one that has some keeps its
    own."""
    if to.registration_questions.exists():
        return 0
    copies: dict[int, RegistrationQuestion] = {}
    for question in event.registration_questions.all():
        values = {name: getattr(question, name) for name in (*FIELDS, "order")}
        parent = copies.get(question.shown_if_id) if question.shown_if_id else None
        copies[question.pk] = RegistrationQuestion.objects.create(event=to, shown_if=parent, **values)
    return len(copies)


def store_answers(*, registration: Registration, answers: Mapping[int, Any], needs: Mapping[str, str]) -> None:
    """Write what was answered beside a registration just stored; call it in that transaction.

    Questions of other events, and those removed since the form was shown, are left out.
    """
    if answers:
        asked = RegistrationQuestion.objects.filter(event_id=registration.event_id, pk__in=answers)
        RegistrationAnswer.objects.bulk_create(
            RegistrationAnswer(registration=registration, question_id=pk, value=answers[pk])
            for pk in asked.values_list("pk", flat=True)
        )
    if any(needs.values()):
        AccessNeeds.objects.create(registration=registration, **needs)


def outdated_needs(before: dt.date) -> QuerySet[AccessNeeds]:
    """Needs whose event ended, or was called off, before this day; those of a cancelled registration at once."""
    undated = timezone.now() - dt.timedelta(days=NEEDS_DAYS_UNDATED)
    cancelled = Q(registration__event__status=EventStatus.CANCELLED)
    return AccessNeeds.objects.filter(
        Q(registration__state=RegistrationState.CANCELLED)
        | Q(registration__event__last_day__lt=before)
        | cancelled & Q(registration__event__cancelled_at__date__lt=before)
        | Q(registration__event__first_day__isnull=True, created_at__lte=undated)
    )


def erase_outdated() -> int:
    """Erase what has been kept long enough; returns how many rows. Harmless to run again.

    Access needs: the days of their retention after the event (or after it was cancelled), at once where the
    registration was cancelled, and :data:`NEEDS_DAYS_UNDATED` after they were written where the event has no date.
    Answers: each so many days after the event as its question says. What counts is the event's date now, so a moved
    event moves the day.
    """
    today = timezone.localdate()
    erased = outdated_needs(ended_before(days_of(NEEDS))).delete()[0]
    answered = RegistrationQuestion.objects.filter(Exists(RegistrationAnswer.objects.filter(question=OuterRef("pk"))))
    over = answered.filter(Q(event__last_day__lt=today) | Q(event__status=EventStatus.CANCELLED))
    for question in over.select_related("event"):
        ended = _ended_on(question.event)
        if ended and ended + dt.timedelta(days=question.retention_days) <= today:
            erased += question.answers.all().delete()[0]
    return erased


def _ended_on(event: Event) -> dt.date | None:
    """The day from which is counted how long answers are kept: the event's last, or the one when it was called off."""
    called_off = event.cancelled_at if event.status == EventStatus.CANCELLED else None
    return min((day for day in (event.last_day, called_off and timezone.localdate(called_off)) if day), default=None)
