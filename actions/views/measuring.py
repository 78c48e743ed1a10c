"""How an action of the own municipality is measured: milestones, indicators with their readings, emissions.

One page lists them; each has a small page of its own. Deleting is a button of that page.
"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions import services
from actions.forms import EstimateForm, IndicatorForm, MilestoneForm, ReadingForm
from actions.models import Action, Indicator, IndicatorReading, Milestone
from actions.rules import municipal_actions
from actions.views.story import steps_of

WRITES = ["GET", "HEAD", "POST"]


def _find(request: HttpRequest, pk: int) -> Action:
    if not request.user.has_perm("actions.add_action"):
        raise PermissionDenied
    return get_object_or_404(municipal_actions(request.user).select_related("municipality"), pk=pk)


def _may_report(request: HttpRequest, action: Action) -> None:
    if not request.user.has_perm("actions.add_follow_up", action):
        raise PermissionDenied


def _closed(request: HttpRequest, action: Action) -> HttpResponse:
    """The plan does not change while the record is with the institute."""
    return render(request, "actions/liaison/closed.html", {"action": action}, status=403)


def _asks_to_delete(request: HttpRequest) -> bool:
    return request.method == "POST" and request.POST.get("then") == "delete"


def _done(request: HttpRequest, action: Action, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("liaison_measuring", pk=action.pk)


def _page(
    request: HttpRequest, name: str, action: Action, form: Any, *, status: int = 422, **more: Any
) -> HttpResponse:
    """``status`` of a form that was sent."""
    context = {"action": action, "form": form, **more}
    return render(request, f"actions/liaison/{name}.html", context, status=status if form.is_bound else 200)


@require_safe
def measuring(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    context = {
        "action": action,
        "steps": steps_of(action.milestones.all()),
        "measured": action.indicators.measured(),
        "estimates": action.emission_estimates.all(),
    }
    return render(request, "actions/liaison/measuring.html", context)


@require_http_methods(WRITES)
def milestone_create(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    if not request.user.has_perm("actions.change_action", action):
        return _closed(request, action)
    return _milestone(request, action, None)


@require_http_methods(WRITES)
def milestone_edit(request: HttpRequest, pk: int, milestone_pk: int) -> HttpResponse:
    action = _find(request, pk)
    milestone = get_object_or_404(action.milestones, pk=milestone_pk)
    _may_report(request, action)
    return _milestone(request, action, milestone)


def _milestone(request: HttpRequest, action: Action, milestone: Milestone | None) -> HttpResponse:
    try:
        if milestone and _asks_to_delete(request):
            services.remove_milestone(milestone=milestone, by=request.user)
            return _done(request, action, _("Hito eliminado."))
        form = MilestoneForm(request.POST or None, action=action, milestone=milestone)
        if form.is_valid():
            services.save_milestone(action=action, milestone=milestone, values=form.values(), by=request.user)
            return _done(request, action, _("Hito guardado."))
    except services.WrongState:
        return _closed(request, action)
    return _page(request, "milestone", action, form, milestone=milestone)


@require_http_methods(WRITES)
def indicator_create(request: HttpRequest, pk: int) -> HttpResponse:
    return _indicator(request, _find(request, pk), None)


@require_http_methods(WRITES)
def indicator_edit(request: HttpRequest, pk: int, indicator_pk: int) -> HttpResponse:
    action = _find(request, pk)
    return _indicator(request, action, get_object_or_404(action.indicators, pk=indicator_pk))


def _indicator(request: HttpRequest, action: Action, indicator: Indicator | None) -> HttpResponse:
    if not request.user.has_perm("actions.change_action", action):
        return _closed(request, action)
    try:
        if indicator and _asks_to_delete(request):
            services.remove_indicator(indicator=indicator, by=request.user)
            return _done(request, action, _("Indicador eliminado."))
        form = IndicatorForm(request.POST or None, action=action, indicator=indicator)
        if form.is_valid():
            services.save_indicator(action=action, indicator=indicator, values=form.values(), by=request.user)
            return _done(request, action, _("Indicador guardado."))
    except services.WrongState:
        return _closed(request, action)
    except services.Measured:
        messages.error(request, _("El indicador ya tiene lecturas, así que se queda. No se modificó nada."))
        return redirect("liaison_measuring", pk=action.pk)
    removable = indicator is not None and not indicator.readings.exists()
    return _page(request, "indicator", action, form, indicator=indicator, removable=removable)


@require_http_methods(WRITES)
def reading_create(request: HttpRequest, pk: int, indicator_pk: int) -> HttpResponse:
    action = _find(request, pk)
    return _reading(request, action, get_object_or_404(action.indicators, pk=indicator_pk), None)


@require_http_methods(WRITES)
def reading_edit(request: HttpRequest, pk: int, indicator_pk: int, reading_pk: int) -> HttpResponse:
    action = _find(request, pk)
    indicator = get_object_or_404(action.indicators, pk=indicator_pk)
    reading = get_object_or_404(indicator.readings.select_related("indicator__action"), pk=reading_pk)
    return _reading(request, action, indicator, reading)


def _reading(
    request: HttpRequest, action: Action, indicator: Indicator, reading: IndicatorReading | None
) -> HttpResponse:
    _may_report(request, action)
    form = ReadingForm(request.POST or None, indicator=indicator, reading=reading)
    if form.is_valid():
        if reading and _asks_to_delete(request):
            services.remove_reading(reading=reading, reason=form.cleaned_data["reason"], by=request.user)
            return _done(request, action, _("Lectura eliminada."))
        try:
            services.save_reading(indicator=indicator, reading=reading, by=request.user, **form.cleaned_data)
        except services.DayTaken:
            form.day_is_taken()
        else:
            return _done(request, action, _("Lectura corregida.") if reading else _("Lectura guardada."))
    return _page(request, "reading", action, form, indicator=indicator, reading=reading)


@require_http_methods(WRITES)
def estimate_create(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    _may_report(request, action)
    form = EstimateForm(request.POST or None)
    if form.is_valid():
        key = form.cleaned_data["request_key"]
        try:
            services.add_estimate(action=action, values=form.values(), by=request.user, request_key=key)
        except services.AlreadySent:
            form.was_sent_before()
            return _page(request, "estimate", action, form, status=409)
        return _done(request, action, _("Estimación guardada."))
    return _page(request, "estimate", action, form)


@require_POST
def estimate_delete(request: HttpRequest, pk: int, estimate_pk: int) -> HttpResponse:
    action = _find(request, pk)
    estimate = get_object_or_404(action.emission_estimates.select_related("action"), pk=estimate_pk)
    if not request.user.has_perm("actions.change_action", action):
        return _closed(request, action)
    try:
        services.remove_estimate(estimate=estimate, by=request.user)
    except services.WrongState:
        return _closed(request, action)
    return _done(request, action, _("Estimación eliminada."))
