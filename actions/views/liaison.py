"""The municipality's own actions: list, record, follow-up, evidence, sending for review.

Only actions of the own municipality are found here; those of others are missing (404), whatever their state.
"""

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions import services
from actions.enums import ActionList, ReviewDecision
from actions.filters import LiaisonActionFilter
from actions.forms import ActionForm, EvidenceForm, FollowUpForm, show_comments
from actions.models import Action, ActionQuerySet, FieldComment, Review, TypedDraft
from actions.rules import municipal_actions, visible_actions
from actions.views.drawing import drawn_form, form_key, typing
from actions.views.lists import default_view, list_context, own_views
from actions.views.relatives import relatives
from actions.views.story import indicator_chart, review_steps, steps_of, story
from municipalities.models import Municipality


def _own(request: HttpRequest) -> ActionQuerySet:
    """The actions of the reader's municipality; 403 for whoever works for none."""
    _municipality(request)
    return municipal_actions(request.user)


def _municipality(request: HttpRequest) -> Municipality:
    if not request.user.has_perm("actions.add_action"):
        raise PermissionDenied
    municipality: Municipality = request.user.liaison_municipality  # type: ignore[assignment]
    return municipality


def _find(request: HttpRequest, pk: int) -> Action:
    return get_object_or_404(
        _own(request).select_related("municipality", "sector", "pathway", "instrument", "agreement__event"), pk=pk
    )


def _closed(request: HttpRequest, action: Action) -> HttpResponse:
    """The municipality's own action, in a state that does not allow it: sent from another tab, or validated since."""
    return render(request, "actions/liaison/closed.html", {"action": action}, status=403)


@require_safe
def action_list(request: HttpRequest) -> HttpResponse:
    own = _own(request)
    views = own_views(request, ActionList.LIAISON)
    if opened := default_view(request, views):
        return opened
    actions = LiaisonActionFilter(request.GET, queryset=own)
    if actions.problems:
        context: dict[str, Any] = {"form": actions.form, "total": 0, "page": None}
    else:
        page = actions.paginator(actions.qs.for_lists().due_first()).get_page(request.GET.get("pagina"))
        context = {"form": actions.form_with_counts(), "total": actions.total, "page": page}
    rows = context["page"].object_list if context["page"] else []
    context |= {
        "filter": actions,
        "unsaved": _unsaved(request),
        **list_context(request, ActionList.LIAISON, rows, views),
    }
    return render(request, "actions/liaison/list.html", context, status=400 if actions.problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def action_create(request: HttpRequest) -> HttpResponse:
    """Each form has a key of its own (``borrador`` in the address, once something was typed), and so its own draft."""
    municipality = _municipality(request)
    key = form_key(request.GET.get("borrador"))
    if key and request.method != "POST" and (saved := _own(request).filter(request_key=key).first()):
        return redirect("liaison_action_detail", pk=saved.pk)  # back to a form that was sent since
    typed = services.typed_draft(user=request.user, municipality=municipality, action=None, key=key) if key else None
    begun: dict[str, Any] = {"example": request.GET.get("ejemplo", "")} | ({"request_key": key} if key else {})
    form = drawn_form(request, None, typed, begun)
    if _is_saving(request) and form.is_valid():
        key = form.cleaned_data["request_key"]
        if key and (saved := _own(request).filter(request_key=key).first()):
            return _sent_again(request, saved)
        action = services.save_action(action=None, municipality=municipality, by=request.user, **form.values())
        services.forget_typed(by=request.user, municipality=municipality, action=None, key=key)
        return _saved(request, action)
    return _form_page(request, form, None, typed)


@require_http_methods(["GET", "HEAD", "POST"])
def action_edit(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    if not request.user.has_perm("actions.change_action", action):
        return _closed(request, action)
    typed = services.typed_draft(user=request.user, municipality=action.municipality, action=action)
    form = drawn_form(request, action, typed)
    comments = list(FieldComment.objects.of(action)) if action.is_returned else []
    show_comments(form, comments)
    if _is_saving(request) and form.is_valid():
        try:
            services.save_action(action=action, municipality=action.municipality, by=request.user, **form.values())
        except services.StaleVersion:
            return _conflict(request, pk)
        except services.WrongState:
            return _closed(request, action)
        services.forget_typed(by=request.user, municipality=action.municipality, action=action)
        return _saved(request, action)
    return _form_page(request, form, action, typed, comments)


def _is_saving(request: HttpRequest) -> bool:
    """The form was sent to be stored, not to look for related actions."""
    return request.method == "POST" and request.POST.get("then") != "search"


def _form_page(
    request: HttpRequest,
    form: ActionForm,
    action: Action | None,
    typed: TypedDraft | None,
    comments: Sequence[FieldComment] = (),
) -> HttpResponse:
    """The form: new, with what was typed before and not saved, or with what is wrong in it."""
    if request.method == "POST" and not _is_saving(request):
        form.errors.clear()
    context: dict[str, Any] = {"form": form, "action": action, "comments": comments}
    context |= typing(request, form, action, None if form.is_bound else typed)
    if action is None:
        context["unsaved"] = _unsaved(request, form["request_key"].value())
        context["examples"] = [] if form.is_bound or typed or form.begun_from else form.examples_by_sector()
    page = render(request, "actions/liaison/form.html", context, status=422 if form.errors else 200)
    page["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(self)"  # «Usar mi ubicación»
    return page


def _unsaved(request: HttpRequest, here: Any = None) -> list[TypedDraft]:
    """What this person began and did not save, but for the form that is open."""
    rows = services.new_typed(user=request.user, municipality=_municipality(request))
    return [row for row in rows if str(row.key) != str(here)]


def _conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """Both texts: what is stored now, read again, stands beside what was typed. Saving again keeps what was typed."""
    action = _find(request, pk)
    form = drawn_form(request, action, None)
    form.is_valid()
    form.take_version(action.version)
    context = {"form": form, "action": action, "conflict": form.differences()} | typing(request, form, action, None)
    return render(request, "actions/liaison/form.html", context, status=409)


def _sent_again(request: HttpRequest, action: Action) -> HttpResponse:
    """The form of a new action came once more: the answer was lost, or somebody went back to put something right."""
    form = drawn_form(request, action, None)
    if not form.is_valid():
        return _form_page(request, form, action, None)
    given = form.cleaned_data  # what was left empty was filled in when it was stored
    given |= {name: given[name] or getattr(action, name) for name in ("pathway", "status", "cadence")}
    evidence = form.evidence()
    if not form.differences() and (evidence is None or services.known_evidence(action, evidence)):
        return _saved(request, action) if action.is_editable else redirect("liaison_action_detail", pk=action.pk)
    if not action.is_editable:
        return _closed(request, action)
    if action.history.count() > 1:
        return _conflict(request, action.pk)
    values = form.values() | {"version": action.version}
    services.save_action(action=action, municipality=action.municipality, by=request.user, **values)
    return _saved(request, action)


def _saved(request: HttpRequest, action: Action) -> HttpResponse:
    """Save and, where that button was pressed, send for review at once."""
    if request.POST.get("then") != "submit":
        messages.success(request, _("Borrador guardado. Se puede completar después y enviar a revisión."))
        return redirect("liaison_action_detail", pk=action.pk)
    return _submit(request, action, action.version)


@require_POST
def action_submit(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    if not request.user.has_perm("actions.submit_action", action):
        return _closed(request, action)
    return _submit(request, action, _typed_version(request))


def _submit(request: HttpRequest, action: Action, version: int | None) -> HttpResponse:
    try:
        services.submit_action(action=action, version=version, by=request.user)
    except (services.StaleVersion, services.WrongState):
        return render(request, "actions/liaison/changed.html", {"action": action}, status=409)
    messages.success(request, _("Acción enviada a revisión. El instituto responde por correo y aquí mismo."))
    return redirect("liaison_action_detail", pk=action.pk)


@require_safe
def action_detail(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    return render(request, "actions/liaison/detail.html", _detail(request, action))


def _detail(request: HttpRequest, action: Action) -> dict[str, Any]:
    reviews = list(action.reviews.all())
    returned = next((row for row in reviews if row.decision == ReviewDecision.RETURNED), None)
    measured = action.indicators.measured()
    evidence = list(action.evidence.with_subject())
    links = action.links(visible_actions(request.user))
    return {
        "action": action,
        "links": links,
        "relatives": relatives(links.related, partial(_relative_page, action)),
        "measured": [(row, indicator_chart(row)) for row in measured],
        "steps": steps_of(action.milestones.all()),
        "evidence": evidence,
        "story": story(action.follow_ups.all(), evidence, measured, review_steps(reviews)),
        "observation": returned if action.is_returned else None,
        "comments": FieldComment.objects.of(action) if action.is_returned else [],
        "kept_open": _kept_open(reviews),
        "request_key": uuid.uuid4(),
    }


def _kept_open(reviews: list[Review]) -> Review | None:
    """Why the last closing was given back, until it is asked for again."""
    steps = {ReviewDecision.CLOSING, ReviewDecision.CLOSED, ReviewDecision.KEPT_OPEN}
    last = next((row for row in reviews if row.decision in steps), None)
    return last if last and last.decision == ReviewDecision.KEPT_OPEN else None


def _relative_page(action: Action, row: Action) -> str:
    if row.municipality_id == action.municipality_id:
        return reverse("liaison_action_detail", args=[row.pk])
    return reverse("action_detail", args=[row.slug])


@require_http_methods(["GET", "HEAD", "POST"])
def action_delete(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    if not request.user.has_perm("actions.delete_action", action):
        return _closed(request, action)
    if request.method != "POST":
        return render(request, "actions/liaison/delete.html", {"action": action})
    try:
        services.delete_draft(action=action, by=request.user)
    except services.WrongState:
        return render(request, "actions/liaison/changed.html", {"action": action}, status=409)
    messages.success(request, _("Borrador eliminado."))
    return redirect("liaison_action_list")


@require_POST
def action_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin another action from this one. The key of the page that the button stands on makes two presses one copy."""
    action = _find(request, pk)
    copy = services.duplicate_action(
        action=action, by=request.user, request_key=form_key(request.POST.get("request_key"))
    )
    messages.success(request, _("Acción duplicada como borrador nuevo: cambie su título y sus fechas."))
    return redirect("liaison_action_edit", pk=copy.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def follow_up_create(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    if not request.user.has_perm("actions.add_follow_up", action):
        raise PermissionDenied
    form = FollowUpForm(request.POST or None, request.FILES or None, action=action)
    if form.is_valid():
        try:
            services.add_follow_up(action=action, by=request.user, **form.values())
        except services.AlreadySent:
            form.was_sent_before()
            return render(request, "actions/liaison/follow_up.html", {"form": form, "action": action}, status=409)
        messages.success(request, _("Seguimiento guardado."))
        return redirect("liaison_action_detail", pk=action.pk)
    return render(request, "actions/liaison/follow_up.html", {"form": form, "action": action}, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_create(request: HttpRequest, pk: int) -> HttpResponse:
    action = _find(request, pk)
    if not request.user.has_perm("actions.add_evidence", action):
        raise PermissionDenied
    form = EvidenceForm(request.POST or None, request.FILES or None, action=action)
    if form.is_valid():
        given = form.evidence()
        row = services.add_evidence(action=action, evidence=given, by=request.user)
        if (row.title, row.milestone_id, row.reading_id) == (given.title, given.milestone, given.reading):
            messages.success(request, _("Evidencia guardada."))
        else:
            said = _("Esa evidencia ya estaba, como «{title}»: se queda como estaba y no se guardó otra vez.")
            messages.warning(request, said.format(title=row.title))
        return redirect("liaison_action_detail", pk=action.pk)
    return render(request, "actions/liaison/evidence.html", {"form": form, "action": action}, status=_status(form))


@require_POST
def evidence_delete(request: HttpRequest, pk: int, evidence_pk: int) -> HttpResponse:
    action = _find(request, pk)
    evidence = get_object_or_404(action.evidence.select_related("action"), pk=evidence_pk)
    if not request.user.has_perm("actions.delete_evidence", evidence):
        return _closed(request, action)
    try:
        services.remove_evidence(evidence=evidence, by=request.user)
    except services.WrongState:
        return render(request, "actions/liaison/changed.html", {"action": action}, status=409)
    messages.success(request, _("Evidencia eliminada."))
    return redirect("liaison_action_detail", pk=action.pk)


def _typed_version(request: HttpRequest) -> int | None:
    """The version the page was drawn from. Something that is no number is no version: it is never the current one."""
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1


def _status(form: Any) -> int:
    return 422 if form.is_bound else 200
