"""A liaison enrols colleagues of the own municipality in trainings, sees whom it enrolled, and takes them off again."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from events.forms.enrolment import colleagues
from events.services.registration import TAKES_REGISTRATIONS
from network.rules import published_notices
from trainings import services
from trainings.enums import EnrolmentState
from trainings.forms import asked_of, colleagues_editor
from trainings.rules import municipal_enrolments, visible_trainings
from trainings.views.enrolment import can_cancel

PAGE = 20
enrol = permission_required("trainings.enrol_colleagues", raise_exception=True)


@require_safe
@enrol
@never_cache
def enrolments(request: HttpRequest) -> HttpResponse:
    """The trainings that take enrolments, and whom this municipality enrolled in those that have sessions to come."""
    trainings = visible_trainings(request.user).taking_enrolments().select_related("format")
    rows = municipal_enrolments(request.user).live().filter(training__in=trainings.order_by().values("pk"))
    shown = list(rows.select_related("training").order_by("training", "name")[:500])
    positions = services.positions_in_line({row.training_id for row in shown if row.state == EnrolmentState.WAITING})
    page = Paginator(trainings, PAGE).get_page(request.GET.get("pagina"))
    context = {
        "municipality": request.user.liaison_municipality,
        "page": page,
        "trainings": [(row, row.enrolment_status(sessions_ahead=True)) for row in page],
        "rows": [(row, positions.get(row.pk, 0)) for row in shown],
    }
    return render(request, "trainings/liaison/enrolments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@enrol
@never_cache
def enrolment_create(request: HttpRequest, pk: int) -> HttpResponse:
    municipality = request.user.liaison_municipality
    assert municipality is not None
    training = get_object_or_404(visible_trainings(request.user).published().select_related("format"), pk=pk)
    sessions = services.sessions_to_come(training)
    notice = published_notices().order_by("-published_on", "-pk").first()
    data = request.POST if request.method == "POST" else None
    key = secrets.token_urlsafe(12)
    editor = colleagues_editor(training=training, sessions=sessions, form_key=key, notice=notice, data=data)
    sent = data is not None and not editor.asks_for_row
    if sent and editor.is_valid():
        asked = asked_of(training, sessions)
        if people := colleagues(editor, event=asked, municipality=municipality, notice=notice):
            form_key = editor.form.cleaned_data["form_key"]
            done = services.enrol_colleagues(training=training, people=people, by=request.user, form_key=form_key)
            _tell(request, done)
            return redirect("liaison_training_enrolments")
        editor.form.add_error(None, _("Escriba el nombre de al menos una persona."))
    status = training.enrolment_status(sessions_ahead=bool(sessions))
    if status not in TAKES_REGISTRATIONS:
        messages.error(request, _("No se puede inscribir: {why}.").format(why=status.label.lower()))
        return redirect("liaison_training_enrolments")
    context = {
        "training": training, "sessions": sessions, "editor": editor, "form": editor.form, "notice": notice,
        "status": status,
    }  # fmt: skip
    return render(request, "trainings/liaison/enrolment_form.html", context, status=422 if sent else 200)


def _tell(request: HttpRequest, done: list[services.Outcome]) -> None:
    """What came of each, by name."""
    for outcome in done:
        if outcome.enrolment is None:
            messages.error(request, _("{name}: {why}").format(name=outcome.name, why=outcome.why))
        else:
            state = EnrolmentState(outcome.enrolment.state)
            messages.success(request, _("{name}: {why}").format(name=outcome.name, why=state.label.lower()))


@require_http_methods(["GET", "HEAD", "POST"])
@enrol
@never_cache
def enrolment_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(municipal_enrolments(request.user).select_related("training"), pk=pk)
    if not can_cancel(row):
        messages.error(request, _("La inscripción de {name} ya no se puede cancelar.").format(name=row.name))
        return redirect("liaison_training_enrolments")
    if request.method == "POST":
        services.cancel_enrolment(enrolment=row, by=request.user)
        messages.success(request, _("Se canceló la inscripción de {name}.").format(name=row.name))
        return redirect("liaison_training_enrolments")
    return render(request, "trainings/liaison/enrolment_cancel.html", {"enrolment": row, "training": row.training})
