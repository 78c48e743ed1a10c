"""Evaluations before and after a training, and the satisfaction survey: what is asked, answered once, and shown."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from events.models import Attendance
from outbox.models import Message
from tests.factories import EnrolmentFactory, StaffFactory, TrainingFactory, TrainingSessionFactory
from trainings.enums import TrainingForm
from trainings.models import Enrolment, EvaluationResult, SatisfactionAnswer, SatisfactionUse
from trainings.rules import form_code
from trainings.services.surveys import (
    AlreadyAnswered,
    answer_evaluation,
    answer_satisfaction,
    questions_as_text,
    read_questions,
    save_evaluation,
    send_forms,
    survey_results,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
TEXT = "¿Qué es mitigar?\n* Emitir menos\nAdaptarse\n\n¿Cuántos municipios?\n100\n* 125"
GOOD = {"contents": 5, "facilitation": 4, "usefulness": 3}
BEFORE, AFTER, SATISFACTION = TrainingForm.BEFORE, TrainingForm.AFTER, TrainingForm.SATISFACTION


@pytest.fixture
def training():
    training = TrainingFactory()
    save_evaluation(training=training, questions=read_questions(TEXT))
    return training


def link(row, form):
    return reverse("training_form", args=[form_code(row, form)])


def test_questions_are_read_as_staff_type_them_and_shown_again_the_same():
    questions = read_questions(TEXT.replace("\n\n", "\n \n\n"))
    assert questions[1] == {"text": "¿Cuántos municipios?", "options": ["100", "125"], "right": 1}
    assert questions_as_text(questions) == TEXT


@pytest.mark.parametrize(("text", "says"), [
    ("¿Una?", "La pregunta 1 necesita al menos dos opciones"), ("¿Una?\n*a\na", "dos opciones distintas"),
    ("¿Una?\n*a\nb\n\n¿Dos?\na\nb", "La pregunta 2 necesita una opción correcta"), ("¿Una?\n*a\n*b", "solo una"),
])  # fmt: skip
def test_a_question_that_cannot_be_marked_is_refused_with_its_number(text, says):
    with pytest.raises(ValidationError, match=says):
        read_questions(text)


def test_the_score_afterwards_is_the_enrolments_unless_staff_wrote_one(training):
    first, written = EnrolmentFactory(training=training), EnrolmentFactory(training=training, score=95)
    for row in (first, written):
        for moment, answers in ((BEFORE, [1, 0]), (AFTER, [0, 0])):
            questions = training.evaluation.questions
            answer_evaluation(enrolment=row, moment=moment, answers=answers, questions=questions)
    assert list(Enrolment.objects.order_by("pk").values_list("score", flat=True)) == [50, 95]
    results = survey_results(training, public=False)
    assert [(row.answers, row.mean) for row in results.evaluations] == [(2, 0), (2, 50)]


def test_questions_that_somebody_answered_change_no_more(training):
    row = EnrolmentFactory(training=training)
    answer_evaluation(enrolment=row, moment=BEFORE, answers=[0, 1], questions=training.evaluation.questions)
    with pytest.raises(ValidationError, match="ya no cambian"):
        save_evaluation(training=training, questions=[])
    save_evaluation(training=training, questions=read_questions(TEXT))


def test_nobody_answers_twice(training):
    row = EnrolmentFactory(training=training)
    answer_satisfaction(enrolment=row, values=GOOD)
    with pytest.raises(AlreadyAnswered):
        answer_satisfaction(enrolment=row, values=GOOD)
    assert SatisfactionAnswer.objects.count() == 1


def test_nothing_stored_joins_a_satisfaction_answer_with_a_person(training):
    answer_satisfaction(enrolment=EnrolmentFactory(training=training), values=GOOD)
    names = {field.name for field in SatisfactionAnswer._meta.get_fields()}
    assert names == {"id", "training", "contents", "facilitation", "usefulness", "comment"}
    assert {field.name for field in SatisfactionUse._meta.get_fields()} == {"enrolment"}


def test_in_public_few_answers_and_small_cells_are_withheld(training):
    people = [EnrolmentFactory(training=training) for _number in range(3)]
    for row in people[:2]:
        answer_satisfaction(enrolment=row, values=GOOD | {"comment": "Más ejercicios"})
    assert survey_results(training, public=True).ratings == ()
    answer_satisfaction(enrolment=people[2], values=GOOD | {"contents": 4})
    results = survey_results(training, public=True)
    assert [row.distribution for row in results.ratings] == [None, (0, 0, 0, 3, 0), (0, 0, 3, 0, 0)]
    assert (results.comments, len(survey_results(training, public=False).comments)) == ((), 2)


def test_each_link_leaves_once_for_whom_it_is(training):
    staff = StaffFactory()
    event = TrainingSessionFactory(training=training).event
    came, _away = EnrolmentFactory(training=training), EnrolmentFactory(training=training)
    EnrolmentFactory(training=training, state="waiting")
    Attendance.objects.create(event=event, person=came.person)
    for _click in range(2):
        assert send_forms(training=training, form=BEFORE, by=staff) == 2
        assert send_forms(training=training, form=SATISFACTION, by=staff) == 1
    assert Message.objects.filter(kind="trainings.form").count() == 3
    with pytest.raises(ValidationError, match="Escriba primero"):
        send_forms(training=TrainingFactory(), form=AFTER, by=staff)


# --- Pages


def test_looking_at_a_form_stores_nothing_and_posting_it_does_once(client, training):
    row = EnrolmentFactory(training=training)
    page = client.get(link(row, SATISFACTION)).content.decode()
    assert ("anónimas" in page, SatisfactionUse.objects.exists()) == (True, False)
    for _click in range(2):
        assert client.post(link(row, SATISFACTION), GOOD).status_code in {200, 302}
    assert SatisfactionAnswer.objects.count() == 1
    assert "ya tenemos sus respuestas" in client.get(link(row, SATISFACTION)).content.decode()


def test_an_evaluation_is_answered_by_its_link(client, training):
    row = EnrolmentFactory(training=training)
    assert client.post(link(row, AFTER), {"q0": "0"}).status_code == 422
    assert client.post(link(row, AFTER), {"q0": "0", "q1": "1"}).status_code == 302
    assert (EvaluationResult.objects.get().score, Enrolment.objects.get().score) == (100, 100)


def test_browsers_say_where_the_form_comes_from(client, training):
    # Without a referrer they send "Origin: null" with the form, which is refused as forged.
    page = client.get(link(EnrolmentFactory(training=training), SATISFACTION))
    assert page["Referrer-Policy"] == "same-origin"


def test_a_link_that_is_not_ours_or_whose_place_is_over_opens_nothing(client, training):
    row = EnrolmentFactory(training=training)
    assert client.get(link(row, AFTER)[:-3] + "/").status_code == 404
    Enrolment.objects.update(state="cancelled")
    assert client.get(link(row, AFTER)).status_code == 404


def test_staff_write_questions_send_links_and_see_what_came(client, training):
    client.force_login(StaffFactory())
    page = reverse("staff_training_surveys", args=[training.pk])
    assert "* Emitir menos" in client.get(page).content.decode()
    assert client.post(page, {"questions": "¿Una?\n* Sí\nNo"}).status_code == 302
    assert client.post(page, {"questions": "¿Una?"}).status_code == 422
    answer_satisfaction(enrolment=EnrolmentFactory(training=training), values=GOOD | {"comment": "Más ejercicios"})
    assert "Más ejercicios" in client.get(page).content.decode()
    client.post(reverse("staff_training_survey_send", args=[training.pk]), {"form": BEFORE})
    assert Message.objects.filter(kind="trainings.form").count() == 1
