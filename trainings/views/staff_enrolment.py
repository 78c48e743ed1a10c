"""The staff's list of who takes part in a training: places, scores, exceptions, and who met the rule."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from network.rules import published_notices
from trainings import services
from trainings.completion import Completion, completions, rule_in_words
from trainings.enums import EnrolmentState
from trainings.forms import CancelForm, EnrolledPersonForm, EnrolmentFilter, ExceptionForm, ScoreForm
from trainings.models import Enrolment, Training
from trainings.rules import people_named, visible_enrolments, visible_trainings

PAGE = 50
see_people = permission_required("trainings.view_enrolments", raise_exception=True)


@require_safe
@see_people
@never_cache
def enrolments(request: HttpRequest, pk: int) -> HttpResponse:
    training = _managed(request, pk)
    everybody = visible_enrolments(request.user).filter(training=training)
    filters = EnrolmentFilter(request.GET)
    found = filters.apply(everybody).select_related("municipality")
    page = Paginator(found, PAGE).get_page(request.GET.get("pagina"))
    done = completions(training)
    by_enrolment = {row.enrolment_id: row for row in done if row.enrolment_id}
    others = [row for row in done if row.enrolment_id is None]
    names = people_named([row.person_id for row in others[:PAGE]])
    context = {
        "training": training,
        "filter_form": filters,
        "page": page,
        "rows": [(row, by_enrolment.get(row.pk)) for row in page],
        "waiting": everybody.waiting().count(),
        "met": sum(row.met for row in done),
        "people": len(done),
        "others": [(names.get(row.person_id, ""), row) for row in others[:PAGE]],
        "others_count": len(others),
        "rule": rule_in_words(training),
    }
    return render(request, "trainings/staff/enrolments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@see_people
@never_cache
def enrolment_create(request: HttpRequest, pk: int) -> HttpResponse:
    training = _managed(request, pk)
    sessions = services.sessions_to_come(training)
    notice = published_notices().order_by("-published_on", "-pk").first()
    posted = request.method == "POST"
    form = EnrolledPersonForm(
        request.POST if posted else None, training=training, sessions=sessions,
        initial={"form_key": secrets.token_urlsafe(12)},
    )  # fmt: skip
    if posted and form.is_valid():
        try:
            row = services.enrol(
                training=training, data=form.registration(notice), by=request.user, self_registered=False,
                form_key=form.cleaned_data["form_key"], at_any_time=True,
            )  # fmt: skip
        except services.AlreadyEnrolled:
            form.add_error(None, _("Esta persona ya está inscrita en esta capacitación."))
        else:
            text = _("{name}: {why}").format(name=row.name, why=EnrolmentState(row.state).label.lower())
            messages.success(request, text)
            return redirect("staff_training_enrolments", pk)
    context = {"training": training, "form": form, "sessions": sessions}
    return render(request, "trainings/staff/enrolment_form.html", context, status=422 if posted else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@see_people
@never_cache
def enrolment(request: HttpRequest, pk: int) -> HttpResponse:
    """One person in a training; the score is sent here."""
    row = _enrolment(request, pk)
    posted = request.method == "POST"
    form = ScoreForm(request.POST if posted else None, instance=row)
    if posted and form.is_valid():
        services.set_score(enrolment=row, score=form.cleaned_data["score"])
        messages.success(request, _("Se guardó la calificación de {name}.").format(name=row.name))
        return redirect("staff_enrolment", pk)
    return _detail(request, row, score=form, status=422 if posted else 200)


@require_POST
@see_people
@never_cache
def enrolment_exception(request: HttpRequest, pk: int) -> HttpResponse:
    """Grants the exception with its reason, or with ``retirar`` takes it back."""
    row = _enrolment(request, pk)
    form = ExceptionForm(request.POST)
    if "retirar" in request.POST:
        services.withdraw_exception(enrolment=row)
        messages.success(request, _("Se retiró la excepción: vuelve a decidir la regla."))
    elif form.is_valid():
        services.grant_exception(enrolment=row, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("{name} cuenta como acreditada o acreditado por excepción.").format(name=row.name))
    else:
        return _detail(request, row, exception=form, status=422)
    return redirect("staff_enrolment", pk)


@require_POST
@see_people
@never_cache
def enrolment_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    row = _enrolment(request, pk)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _detail(request, row, cancel=form, status=422)
    services.cancel_enrolment(enrolment=row, by=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("Se canceló la inscripción de {name}.").format(name=row.name))
    return redirect("staff_training_enrolments", row.training_id)


@require_POST
@see_people
@never_cache
def enrolments_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """Register everybody with a place in the sessions that were added since they enrolled."""
    made = services.enrol_in_new_sessions(training=_managed(request, pk), by=request.user)
    if made:
        text = ngettext("Se hizo {n} inscripción a sesiones.", "Se hicieron {n} inscripciones a sesiones.", made)
        messages.success(request, text.format(n=made))
    else:
        messages.info(request, _("Todas las personas con lugar están ya en las sesiones por venir."))
    return redirect("staff_training_enrolments", pk)


def _managed(request: HttpRequest, pk: int) -> Training:
    return get_object_or_404(visible_trainings(request.user).select_related("format"), pk=pk)


def _enrolment(request: HttpRequest, pk: int) -> Enrolment:
    related = ("training", "municipality", "privacy_notice", "exception_by")
    return get_object_or_404(visible_enrolments(request.user).select_related(*related), pk=pk)


def _detail(
    request: HttpRequest,
    row: Enrolment,
    *,
    status: int,
    score: ScoreForm | None = None,
    exception: ExceptionForm | None = None,
    cancel: CancelForm | None = None,
) -> HttpResponse:
    done: Completion | None = next((each for each in completions(row.training) if each.enrolment_id == row.pk), None)
    context = {
        "enrolment": row,
        "training": row.training,
        "completion": done,
        "rule": rule_in_words(row.training),
        "score_form": score or ScoreForm(instance=row),
        "exception_form": exception or ExceptionForm(),
        "cancel_form": cancel or CancelForm(),
        "position": services.position_in_line(row),
    }
    return render(request, "trainings/staff/enrolment.html", context, status=status)
