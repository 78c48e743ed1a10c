"""The institute's side: the desk of all files, answers, assignment, recommendations, closing, and the experts."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.views.staff import work_on
from municipalities.figures import state
from trainings import services
from trainings.enums import AccompanimentState, Side
from trainings.figures import accompaniment_hours, hours_lines, hours_total
from trainings.forms.accompaniment import (
    AccompanimentFilter,
    AgendaFilter,
    AssignForm,
    ClosingForm,
    DecisionForm,
    ExpertForm,
    ReasonForm,
    recommendation_editor,
)
from trainings.models import Accompaniment, duties
from trainings.rules import assignable_accounts, managed_accompaniments, sessions_of, visible_experts
from trainings.services import WrongState
from trainings.views.accompaniment import around, find, in_order, refuse, show
from web.tabular import csv_response

manage = permission_required("trainings.manage_accompaniment", raise_exception=True)
PAGE = 25


@require_safe
@manage
def accompaniment_list(request: HttpRequest) -> HttpResponse:
    files = managed_accompaniments(request.user)
    owed = duties(files)
    form = AccompanimentFilter(request.GET, people=assignable_accounts(request.user))
    found = form.apply(files, (row.accompaniment for row in owed if row.is_past)).for_lists()
    page = Paginator(found.prefetch_related("assignees"), PAGE).get_page(request.GET.get("pagina"))
    first = {row.accompaniment: row for row in reversed(owed)}
    context = {"page": page, "rows": [(row, first.get(row.pk)) for row in page], "filter_form": form}
    return render(request, "trainings/accompaniment/staff_list.html", context)


@require_POST
@in_order
def decide(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    """Accept, or with ``no`` decline with the reason."""
    file = find(request, side, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return show(request, file, side, decision=form, status=422)
    answer = services.decline_request if "no" in request.POST else services.accept_request
    try:
        answer(accompaniment=file, by=request.user, **form.cleaned_data)
    except ValidationError as error:
        refuse(form, error)
        return show(request, file, side, decision=form, status=422)
    if file.state == AccompanimentState.DECLINED:
        messages.success(request, _("No se aceptó. El municipio recibe el motivo por correo."))
        return redirect("staff_accompaniment_detail", pk)
    messages.success(request, _("Solicitud aceptada. Elija ahora a quién acompaña."))
    return redirect("staff_accompaniment_assign", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def assign(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    file = find(request, side, pk)
    if file.state not in {AccompanimentState.ACCEPTED, AccompanimentState.ASSIGNED}:
        raise WrongState
    chosen: dict[str, Any] = {
        "people": [row.pk for row in file.assignees.all()],
        "experts": [row.pk for row in file.experts.all()],
        "version": file.version,
    }
    experts = visible_experts(request.user)
    form = AssignForm(
        request.POST or None, initial=chosen, people=assignable_accounts(request.user),
        experts=experts.filter(is_active=True) | experts.filter(pk__in=chosen["experts"]),
    )  # fmt: skip
    if form.is_valid():
        given = {**form.cleaned_data, "people": list(form.cleaned_data["people"])}
        try:
            services.assign(accompaniment=file, by=request.user, **given)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Asignación guardada. Se avisa a quien acompaña y al municipio."))
            return redirect("staff_accompaniment_detail", pk)
    context = {"accompaniment": file, "form": form} | around(side, pk)
    return render(request, "trainings/accompaniment/assign.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def round_recommend(request: HttpRequest, side: Side, pk: int, round_pk: int) -> HttpResponse:
    """Write the recommendations on a version; with ``enviar`` they leave."""
    file = find(request, side, pk)
    round_ = get_object_or_404(file.rounds.select_related("accompaniment", "document"), pk=round_pk)
    if round_.sent_at is not None or not file.is_under_way:
        raise WrongState
    editor = recommendation_editor(round_=round_, data=request.POST if request.method == "POST" else None)
    send = "enviar" in request.POST

    def save() -> Accompaniment:
        services.save_recommendations(round_=round_, data=editor.cleaned(), send=send, by=request.user)
        return file

    return work_on(
        request, editor, save, template="trainings/accompaniment/round_recommend.html",
        context={"accompaniment": file, "round": round_} | around(side, pk),
        stored=lambda current: recommendation_editor(round_=current), to="staff_accompaniment_detail",
        done=_("Recomendaciones enviadas al municipio.") if send else _("Borrador guardado: el municipio no lo ve."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def close(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    """Say what came of it; the municipality confirms."""
    file = find(request, side, pk)
    if not file.is_under_way:
        raise WrongState
    form = ClosingForm(request.POST or None, request.FILES or None, initial={"version": file.version})
    if form.is_valid():
        try:
            services.propose_closing(
                accompaniment=file,
                result=form.cleaned_data["result"],
                version=form.cleaned_data["version"],
                document=form.document(),
                by=request.user,
            )
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Resultado guardado. Concluye cuando el municipio lo confirme."))
            return redirect("staff_accompaniment_detail", pk)
    context = {"accompaniment": file, "form": form, "owed": duties(managed_accompaniments(request.user).filter(pk=pk))}
    status = 422 if form.is_bound else 200
    return render(request, "trainings/accompaniment/close.html", context | around(side, pk), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@in_order
def reopen(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    file = find(request, side, pk)
    if file.state not in {AccompanimentState.CLOSING, AccompanimentState.CLOSED}:
        raise WrongState
    form = ReasonForm(request.POST or None, initial={"version": file.version})
    if form.is_valid():
        try:
            services.reopen(accompaniment=file, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, _("El acompañamiento sigue en curso."))
            return redirect("staff_accompaniment_detail", pk)
    context = {"accompaniment": file, "form": form} | around(side, pk)
    return render(request, "trainings/accompaniment/reopen.html", context, status=422 if form.is_bound else 200)


# --- Agenda and hours


@require_safe
@manage
def agenda(request: HttpRequest) -> HttpResponse:
    """What is late first, then the sessions of a month (``mes``), or of this one and the weeks that follow."""
    form = AgendaFilter(request.GET, people=assignable_accounts(request.user))
    files = form.apply(managed_accompaniments(request.user))
    first, last = form.days()
    sessions = sessions_of(files).filter(day__range=(first, last)).select_related("accompaniment__municipality")
    context = {
        "filter_form": form,
        "late": [duty for duty in duties(files) if duty.is_past],
        "sessions": list(sessions.prefetch_related("accompaniment__assignees")),
        "month": first,
        "before": f"{first - dt.timedelta(days=1):%Y-%m}",
        "after": f"{(first + dt.timedelta(days=31)).replace(day=1):%Y-%m}",
    }
    return render(request, "trainings/accompaniment/agenda.html", context)


@require_safe
@manage
def hours(request: HttpRequest) -> HttpResponse:
    """Hours of accompaniment for each municipality: confirmed by both sides, and pending apart."""
    rows = accompaniment_hours(state(""))
    context = {"rows": rows, "total": hours_total(rows)}
    return render(request, "trainings/accompaniment/staff_hours.html", context)


@require_safe
@manage
def hours_csv(request: HttpRequest) -> HttpResponse:
    head, lines = hours_lines(accompaniment_hours(state("")), with_pending=True)
    return csv_response(_("horas-de-acompanamiento.csv"), head, lines)


# --- Experts


@require_safe
@manage
def expert_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(visible_experts(request.user), 50).get_page(request.GET.get("pagina"))
    return render(request, "trainings/accompaniment/expert_list.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@manage
def expert_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    expert = get_object_or_404(visible_experts(request.user), pk=pk) if pk else None
    form = ExpertForm(request.POST or None, instance=expert)
    if form.is_valid():
        services.save_expert(expert=expert, data=form.cleaned_data, by=request.user)
        messages.success(request, _("Se guardó la persona experta."))
        return redirect("staff_expert_list")
    context = {"form": form, "expert": expert}
    return render(request, "trainings/accompaniment/expert_form.html", context, status=422 if form.is_bound else 200)
