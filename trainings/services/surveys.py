"""Evaluations before and after a training, and its satisfaction survey."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events.models import Attendance
from network.models import User
from outbox.services import Row, enqueue_many
from trainings.enums import TrainingForm
from trainings.models import (
    Enrolment,
    Evaluation,
    EvaluationResult,
    SatisfactionAnswer,
    SatisfactionUse,
    Training,
    TrainingSession,
)
from web.disclosure import SMALLEST, is_small

RIGHT = "*"
RATED = ("contents", "facilitation", "usefulness")


class AlreadyAnswered(Exception):
    """This link was used before; nothing was stored."""


# --- What is asked


def read_questions(text: str) -> list[dict[str, Any]]:
    """Questions as staff type them: a line with the question, one for each option, ``*`` before the right one, and an
    empty line between questions. ``ValidationError`` says which question is wrong and why."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return [_question(number, lines) for number, lines in enumerate(filter(None, blocks), start=1)]


def _question(number: int, lines: Sequence[str]) -> dict[str, Any]:
    options = [line.removeprefix(RIGHT).strip() for line in lines[1:]]
    right = [index for index, line in enumerate(lines[1:]) if line.startswith(RIGHT)]
    if len(options) < 2 or not all(options) or len(set(options)) < len(options):
        text = _("La pregunta {number} necesita al menos dos opciones distintas, una por línea.")
        raise ValidationError(text.format(number=number))
    if len(right) != 1:
        text = _("La pregunta {number} necesita una opción correcta, con un asterisco (*) delante, y solo una.")
        raise ValidationError(text.format(number=number))
    return {"text": lines[0], "options": options, "right": right[0]}


def questions_as_text(questions: Sequence[Mapping[str, Any]]) -> str:
    """The reverse of :func:`read_questions`."""
    blocks = []
    for question in questions:
        options = [f"{RIGHT} {o}" if i == question["right"] else o for i, o in enumerate(question["options"])]
        blocks.append("\n".join([question["text"], *options]))
    return "\n\n".join(blocks)


@transaction.atomic
def save_evaluation(*, training: Training, questions: list[dict[str, Any]]) -> Evaluation:
    """``ValidationError`` once somebody answered: results before and after must be of the same questions."""
    training = Training.objects.select_for_update(no_key=True).get(pk=training.pk)
    stored, _made = Evaluation.objects.get_or_create(training=training)
    if stored.questions != questions and EvaluationResult.objects.filter(enrolment__training=training).exists():
        raise ValidationError(_("Alguien ya contestó esta evaluación: sus preguntas ya no cambian."))
    stored.questions = questions
    stored.save(update_fields=["questions"])
    return stored


@transaction.atomic
def send_forms(*, training: Training, form: TrainingForm, by: User) -> int:
    """Mail the link to whom the form is for: before, to everybody with a place; afterwards, to those of them who came
    to a session. Each gets each form once. Answers how many people it is for."""
    if form != TrainingForm.SATISFACTION and not Evaluation.objects.filter(training=training).exclude(questions=[]):
        raise ValidationError(_("Escriba primero las preguntas de la evaluación."))
    people = Enrolment.objects.confirmed().filter(training=training).exclude(email="")
    if form != TrainingForm.BEFORE:
        sessions = TrainingSession.objects.filter(training=training).values("event")
        people = people.filter(person__in=Attendance.objects.filter(event__in=sessions).values("person"))
    rows = list(people.order_by("pk"))
    enqueue_many(
        Row(
            kind="trainings.form",
            dedupe_key=f"training-form:{row.pk}:{form}",
            to_email=row.email,
            to_name=row.addressee,
            params={"enrolment": row.pk, "form": str(form)},
            language=row.language,
            cause=f"{form} of training {training.pk}, by account {by.pk}",
        )
        for row in rows
    )
    return len(rows)


# --- What is answered


def was_answered(enrolment: Enrolment, form: TrainingForm) -> bool:
    if form == TrainingForm.SATISFACTION:
        return SatisfactionUse.objects.filter(enrolment=enrolment).exists()
    return EvaluationResult.objects.filter(enrolment=enrolment, moment=form).exists()


def answer_evaluation(
    *, enrolment: Enrolment, moment: TrainingForm, answers: Sequence[int], questions: Sequence[Mapping[str, Any]]
) -> EvaluationResult:
    """Store how many answers are right. The one afterwards is the enrolment's score, unless staff wrote one.
    :class:`AlreadyAnswered` the second time."""
    right = sum(answer == question["right"] for answer, question in zip(answers, questions, strict=True))
    try:
        with transaction.atomic():
            result = EvaluationResult.objects.create(
                enrolment=enrolment, moment=moment, right=right, questions=len(questions)
            )
            if moment == TrainingForm.AFTER:
                Enrolment.objects.filter(pk=enrolment.pk, score=None).update(score=result.score)
    except IntegrityError as error:
        raise AlreadyAnswered from error
    return result


def answer_satisfaction(*, enrolment: Enrolment, values: Mapping[str, Any]) -> None:
    """Store what was answered without a trace of who, and that the link was used. :class:`AlreadyAnswered` the second
    time."""
    try:
        with transaction.atomic():
            SatisfactionUse.objects.create(enrolment=enrolment)
            SatisfactionAnswer.objects.create(training_id=enrolment.training_id, **values)
    except IntegrityError as error:
        raise AlreadyAnswered from error


# --- What came of it


@dataclass(frozen=True)
class Rated:
    """``answers`` ratings of one aspect: the mean, and how many gave 1, 2, 3, 4 and 5 (None: withheld)."""

    label: str
    answers: int
    mean: float
    distribution: tuple[int, ...] | None


@dataclass(frozen=True)
class Evaluated:
    """The mean score of a hundred, of ``answers`` people."""

    label: str
    answers: int
    mean: float


@dataclass(frozen=True)
class SurveyResults:
    evaluations: tuple[Evaluated, ...]
    ratings: tuple[Rated, ...]
    comments: tuple[str, ...]


def survey_results(training: Training, *, public: bool) -> SurveyResults:
    """What is known, in two queries; what nobody answered is left out, never shown as zero.

    In public there are no comments, no mean of fewer than three people, and no distribution with a small cell.
    """
    scores: dict[str, list[float]] = {}
    for result in EvaluationResult.objects.filter(enrolment__training=training):
        scores.setdefault(result.moment, []).append(float(result.score))
    answers = list(SatisfactionAnswer.objects.filter(training=training).order_by("pk"))
    least = SMALLEST if public else 1
    return SurveyResults(
        evaluations=tuple(
            Evaluated(str(form.label), len(found), mean(found))
            for form in (TrainingForm.BEFORE, TrainingForm.AFTER)
            if len(found := scores.get(form, [])) >= least
        ),
        ratings=tuple(_rated(name, answers, public=public) for name in RATED if len(answers) >= least),
        comments=() if public else tuple(answer.comment for answer in answers if answer.comment),
    )


def _rated(name: str, answers: Sequence[SatisfactionAnswer], *, public: bool) -> Rated:
    values = [getattr(answer, name) for answer in answers]
    spread = tuple(values.count(value) for value in range(1, 6))
    label = str(SatisfactionAnswer._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return Rated(label, len(values), mean(values), None if public and any(map(is_small, spread)) else spread)
