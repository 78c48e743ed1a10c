"""The institute's desk: what waits for review first, then every action that was ever sent."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from actions import services
from actions.enums import ActionList, ReviewDecision, ReviewState
from actions.filters import StaffActionFilter
from actions.forms import ObserveForm, ReviewForm
from actions.models import Action
from actions.reminders import told_about
from actions.rules import reviewable_actions, visible_actions
from actions.views.lists import default_view, list_context, own_views
from actions.views.relatives import relatives
from actions.views.story import indicator_chart, review_steps, steps_of, story

staff_only = permission_required("actions.review_actions", raise_exception=True)


@require_safe
@staff_only
def action_list(request: HttpRequest) -> HttpResponse:
    views = own_views(request, ActionList.STAFF)
    if opened := default_view(request, views):
        return opened
    actions = StaffActionFilter(request.GET, queryset=reviewable_actions(request.user))
    if actions.problems:
        context: dict[str, Any] = {"form": actions.form, "total": 0, "page": None}
    else:
        rows = actions.qs.select_related("municipality__region").for_lists().queue_first()
        page = actions.paginator(rows).get_page(request.GET.get("pagina"))
        context = {"form": actions.form_with_counts(), "total": actions.total, "page": page}
        context["tabs"] = [
            (value, words, actions.counts["estado"][value])
            for value, words in ReviewState.choices
            if value != ReviewState.DRAFT
        ]
    context |= {"filter": actions, "state": actions.chosen.get("estado", ""), "all_marked": "marcar" in request.GET}
    shown = context["page"].object_list if context["page"] else []
    context |= list_context(request, ActionList.STAFF, shown, views)
    return render(request, "actions/staff/list.html", context, status=400 if actions.problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def action_detail(request: HttpRequest, pk: int) -> HttpResponse:
    found = reviewable_actions(request.user).select_related(
        "municipality__region", "sector", "pathway", "instrument", "agreement__event"
    )
    action = get_object_or_404(found, pk=pk)
    if request.method != "POST":
        return render(
            request,
            "actions/staff/detail.html",
            _detail(request, action, ReviewForm(initial={"version": action.version})),
        )
    if not request.user.has_perm("actions.review_action", action):
        raise PermissionDenied
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return render(request, "actions/staff/detail.html", _detail(request, action, form), status=422)
    try:
        words = _decide(request, action, form.cleaned_data)
    except (services.StaleVersion, services.WrongState):
        action.refresh_from_db()
        form.take_version(action.version)
        return render(request, "actions/staff/detail.html", _detail(request, action, form, changed=True), status=409)
    messages.success(request, words)
    return redirect("staff_action_detail", pk=action.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def action_observe(request: HttpRequest, pk: int) -> HttpResponse:
    """Return an action with a comment beside each field that needs one."""
    found = reviewable_actions(request.user).select_related("municipality", "sector", "pathway")
    action = get_object_or_404(found, pk=pk)
    if not request.user.has_perm("actions.review_action", action):
        raise PermissionDenied
    form = ObserveForm(request.POST or None, visible=visible_actions(request.user), action=action)
    context = {"action": action, "form": form, "changed": False}
    if not form.is_valid():
        return render(request, "actions/staff/observe.html", context, status=422 if form.is_bound else 200)
    try:
        services.return_action(
            action=action,
            comment=form.general(),
            on_fields=form.observations(),
            version=form.cleaned_data["version"],
            by=request.user,
        )
    except (services.StaleVersion, services.WrongState):
        action.refresh_from_db()
        form.take_version(action.version)
        return render(request, "actions/staff/observe.html", context | {"changed": True}, status=409)
    messages.success(request, _("Acción devuelta. El municipio recibe los comentarios por correo."))
    return redirect("staff_action_detail", pk=action.pk)


def _decide(request: HttpRequest, action: Action, given: dict[str, Any]) -> str:
    """Do what was decided; returns what to say of it."""
    turn: Any = {"action": action, "version": given["version"], "by": request.user}
    if given["decision"] == ReviewDecision.RETURNED:
        services.return_action(comment=given["comment"], **turn)
        return _("Acción devuelta. El municipio recibe el comentario por correo.")
    if given["decision"] == ReviewDecision.PUBLISHED:
        services.publish_action(**turn)
        return _("Acción publicada. Se avisa al municipio por correo.")
    if given["decision"] == ReviewDecision.WITHDRAWN:
        services.unpublish_action(comment=given["comment"], **turn)
        return _("La acción dejó de ser pública. El municipio recibe el motivo por correo.")
    if given["decision"] == ReviewDecision.CLOSED:
        services.accept_closing(comment=given["comment"], **turn)
        return _("Cierre aceptado: la acción queda concluida. Se avisa al municipio por correo.")
    if given["decision"] == ReviewDecision.KEPT_OPEN:
        services.keep_open(comment=given["comment"], **turn)
        return _("Cierre devuelto. El municipio recibe el comentario por correo.")
    services.validate_action(comment=given["comment"], publish=given["publish"], **turn)
    if given["publish"]:
        return _("Acción validada. Ya es pública y se avisa al municipio por correo.")
    return _(
        "Acción validada. Todavía no es pública: puede publicarla cuando quiera. Se avisa al municipio por correo."
    )


def _detail(request: HttpRequest, action: Action, form: ReviewForm, *, changed: bool = False) -> dict[str, Any]:
    measured = action.indicators.measured()
    evidence = list(action.evidence.with_subject())
    steps = review_steps(action.reviews.select_related("created_by"), with_names=True)
    links = action.links(reviewable_actions(request.user))
    return {
        "action": action,
        "form": form,
        "changed": changed,
        "asked": form.data.get("decision", "") if form.is_bound else "",
        "links": links,
        "relatives": relatives(links.related, lambda row: reverse("staff_action_detail", args=[row.pk])),
        "told": told_about(action),
        "estimates": action.emission_estimates.all(),
        "measured": [(row, indicator_chart(row)) for row in measured],
        "steps": steps_of(action.milestones.all()),
        "evidence": evidence,
        "story": story(action.follow_ups.all(), evidence, measured, steps),
    }
