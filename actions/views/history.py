"""The history of an action: what changed from version to version, and an earlier version brought back as a new one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from actions import services
from actions.enums import ReviewState
from actions.forms import RestoreForm
from actions.models import Action
from actions.rules import published_actions, reviewable_actions, visible_actions
from actions.views.changes import entries, public_entries, versions_of
from actions.views.liaison import _closed, _find, _typed_version
from actions.views.staff import staff_only

PER_PAGE = 20
# So many public versions are looked at: two years of monthly follow-ups, and some corrections.
MOST_PUBLIC = 40


@require_safe
def liaison_history(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk), "liaison")


@require_safe
@staff_only
def staff_history(request: HttpRequest, pk: int) -> HttpResponse:
    """To the institute the history begins when it was sent first: what a draft said before is the municipality's."""
    found = reviewable_actions(request.user).select_related("municipality")
    return _page(request, get_object_or_404(found, pk=pk), "staff")


def _page(request: HttpRequest, action: Action, side: str) -> HttpResponse:
    versions = versions_of(action)
    if side == "staff":
        versions = versions.exclude(review_state=ReviewState.DRAFT)
    page = Paginator(versions, PER_PAGE).get_page(request.GET.get("pagina"))
    start = max(page.start_index() - 1, 0)
    rows = list(versions[start : page.end_index() + 1])
    shown, before = rows[: page.end_index() - start], rows[page.end_index() - start :]
    context = {
        "action": action,
        "side": side,
        "page": page,
        "entries": entries(
            action,
            shown,
            before[0] if before else None,
            visible_actions(request.user),
            request.user,
            newest=not page.has_previous(),
        ),
        "current": shown[0].history_id if shown and not page.has_previous() else None,
        "restorable": side == "liaison" and request.user.has_perm("actions.change_action", action),
    }
    return render(request, "actions/history.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def action_restore(request: HttpRequest, pk: int, version_pk: int) -> HttpResponse:
    """Show what would change back; the button stores it as a new version."""
    action = _find(request, pk)
    earlier = get_object_or_404(action.history.all(), history_id=version_pk)
    if not request.user.has_perm("actions.change_action", action):
        return _closed(request, action)
    day = date_format(timezone.localtime(earlier.history_date), "DATETIME_FORMAT")
    turn = _typed_version(request) if request.method == "POST" else action.version
    form = _restored(request, action, earlier, turn)
    if request.method != "POST" or not form.is_valid():
        return _restore_page(request, action, day, form, 422 if request.method == "POST" else 200)
    try:
        reason = _("Restaurada la versión del %(day)s") % {"day": day}
        services.save_action(
            action=action, municipality=action.municipality, by=request.user, reason=reason, **form.values()
        )
    except services.StaleVersion:
        action = _find(request, pk)
        form = _restored(request, action, earlier, action.version)
        form.is_valid()
        return _restore_page(request, action, day, form, 409)
    except services.WrongState:
        return _closed(request, action)
    messages.success(request, _("Versión restaurada. La de antes sigue en la historia."))
    return redirect("liaison_action_history", pk=action.pk)


def _restored(request: HttpRequest, action: Action, earlier: Any, version: int | None) -> RestoreForm:
    return RestoreForm(action=action, visible=visible_actions(request.user), earlier=earlier, version=version or 0)


def _restore_page(request: HttpRequest, action: Action, day: str, form: RestoreForm, status: int) -> HttpResponse:
    wrong = not form.is_valid()
    context = {
        "action": action,
        "day": day,
        "form": form,
        "problems": [(form[name].label, words) for name, words in form.errors.items() if name in form.fields],
        "differences": [] if wrong else form.differences(),
        "changed": status == 409,
    }
    return render(request, "actions/liaison/restore.html", context, status=status)


@login_not_required
@require_safe
def public_changes(request: HttpRequest, slug: str) -> HttpResponse:
    action = get_object_or_404(published_actions().select_related("municipality"), slug=slug)
    versions = versions_of(action).filter(review_state=ReviewState.PUBLISHED)
    rows = list(versions[: MOST_PUBLIC + 1])
    told = public_entries(rows, published_actions())
    if len(rows) > MOST_PUBLIC:
        told.pop()  # the oldest of them is not the first one that was published
    return render(request, "actions/changes.html", {"action": action, "entries": told})
