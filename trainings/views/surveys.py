"""Evaluations and satisfaction: the staff's page, and the form behind the link that each person gets."""

from contextlib import suppress
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from network.models import User
from trainings.enums import TrainingForm
from trainings.forms.surveys import AnswersForm, EvaluationForm, SatisfactionForm, SendFormsForm
from trainings.models import Enrolment, Training
from trainings.rules import form_by_code, visible_trainings
from trainings.services import surveys

manages = permission_required("trainings.manage_training", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@manages
@never_cache
def survey_edit(request: HttpRequest, pk: int) -> HttpResponse:
    training = _training(request, pk)
    posted = request.method == "POST"
    questions = _questions(training)
    form = EvaluationForm(request.POST if posted else None, initial={"questions": surveys.questions_as_text(questions)})
    if posted and form.is_valid():
        try:
            surveys.save_evaluation(training=training, questions=form.cleaned_data["questions"])
        except ValidationError as error:
            form.add_error("questions", error)
        else:
            messages.success(request, _("Se guardaron las preguntas."))
            return redirect("staff_training_surveys", pk)
    context = {
        "training": training,
        "form": form,
        "questions": questions,
        "kinds": TrainingForm.choices,
        "results": surveys.survey_results(training, public=False),
    }
    return render(request, "trainings/staff/surveys.html", context, status=422 if posted else 200)


@require_POST
@manages
def survey_send(request: HttpRequest, pk: int) -> HttpResponse:
    training = _training(request, pk)
    form = SendFormsForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        sent = surveys.send_forms(
            training=training, form=TrainingForm(form.cleaned_data["form"]), by=cast(User, request.user)
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if sent:
            text = ngettext("El enlace es para {n} persona.", "El enlace es para {n} personas.", sent)
            messages.success(request, text.format(n=sent) + " " + _("A quien ya lo recibió no se le envía otra vez."))
        else:
            messages.info(request, _("Todavía no hay a quién enviarlo."))
    return redirect("staff_training_surveys", pk)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def training_form(request: HttpRequest, code: str) -> HttpResponse:
    """A short form behind a signed link. GET shows it, POST stores the answers, once."""
    found = form_by_code(code)
    if found is None:
        raise Http404
    enrolment, kind = found
    questions = [] if kind == TrainingForm.SATISFACTION else _questions(enrolment.training)
    posted = request.method == "POST"
    data = request.POST if posted else None
    form = SatisfactionForm(data) if kind == TrainingForm.SATISFACTION else AnswersForm(data, questions=questions)
    answered = surveys.was_answered(enrolment, kind)
    if posted and not answered and form.fields and form.is_valid():
        with suppress(surveys.AlreadyAnswered):
            _answer(enrolment, kind, form, questions)
        return redirect("training_form", code)
    context = {"enrolment": enrolment, "kind": kind, "form": form, "answered": answered}
    response = render(
        request, "trainings/form.html", context, status=422 if posted and not answered and form.errors else 200
    )
    response["X-Robots-Tag"] = "noindex, nofollow"  # and never "no-referrer": the form could not be sent
    return response


def _answer(enrolment: Enrolment, kind: TrainingForm, form: forms.BaseForm, questions: list) -> None:
    if isinstance(form, AnswersForm):
        surveys.answer_evaluation(enrolment=enrolment, moment=kind, answers=form.answers(), questions=questions)
    else:
        surveys.answer_satisfaction(enrolment=enrolment, values=form.cleaned_data)


def _training(request: HttpRequest, pk: int) -> Training:
    return get_object_or_404(visible_trainings(request.user).select_related("evaluation"), pk=pk)


def _questions(training: Training) -> list:
    return training.evaluation.questions if hasattr(training, "evaluation") else []
