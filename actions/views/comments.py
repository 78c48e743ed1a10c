"""Comments among liaisons on published actions, and the institute's queue of them. The public sees none of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from actions import services
from actions.enums import CommentState
from actions.forms import CommentForm, ModerationForm, ReportForm
from actions.models import Action, ActionComment
from actions.rules import published_actions, visible_comments
from actions.views.exchange import network_only, refuse_without

staff_only = permission_required("actions.moderate_exchange", raise_exception=True)


def _page_of(action: Action) -> HttpResponse:
    return redirect("action_comments", slug=action.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@network_only
def action_comments(request: HttpRequest, slug: str) -> HttpResponse:
    """What municipalities say about a published action, and the place to say something."""
    action = get_object_or_404(published_actions().select_related("municipality", "sector"), slug=slug)
    place = request.user.liaison_municipality
    form, status = CommentForm(request.POST or None), 200
    if form.is_bound:
        refuse_without(request, "actions.add_comment", None)
        status = 422
    if form.is_valid() and place is not None:
        given = form.cleaned_data
        try:
            services.add_comment(
                action=action, municipality=place, text=given["text"], by=request.user, request_key=given["request_key"]
            )
        except services.TooMany:
            form.add_error(None, _("Se escribió mucho desde su cuenta en la última hora. Espere un poco y envíelo."))
            status = 429
        except services.AlreadySent:
            form.was_sent_before()
            status = 409
        except services.WrongState:
            return render(request, "actions/exchange/comment_gone.html", {"action": action}, status=409)
        else:
            messages.success(request, _("Comentario enviado. La red lo lee cuando el instituto lo apruebe."))
            return _page_of(action)
    comments = visible_comments(request.user).filter(action=action).select_related("municipality")
    context = {
        "action": action,
        "comments": [(row, request.user.has_perm("actions.change_comment", row)) for row in comments],
        "form": form,
        "place": place,
    }
    return render(request, "actions/exchange/comments.html", context, status=status)


def _find(request: HttpRequest, pk: int) -> ActionComment:
    return get_object_or_404(visible_comments(request.user).select_related("action", "municipality"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def comment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    comment = _find(request, pk)
    refuse_without(request, "actions.change_comment", comment)
    form = CommentForm(request.POST or None, initial={"text": comment.text})
    if form.is_valid():
        try:
            services.edit_comment(comment=comment, text=form.cleaned_data["text"])
        except services.WrongState:
            return render(request, "actions/exchange/comment_gone.html", {"action": comment.action}, status=409)
        messages.success(request, _("Comentario corregido. El instituto lo lee otra vez antes de mostrarlo a la red."))
        return _page_of(comment.action)
    return render(request, "actions/exchange/comment_edit.html", _of(comment, form), status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def comment_report(request: HttpRequest, pk: int) -> HttpResponse:
    comment = _find(request, pk)
    refuse_without(request, "actions.report_comment", comment)
    form, place = ReportForm(request.POST or None), request.user.liaison_municipality
    if form.is_valid() and place is not None:
        services.report_comment(
            comment=comment, municipality=place, reason=form.cleaned_data["reason"], by=request.user
        )
        messages.success(request, _("Gracias. El instituto lo revisa."))
        return _page_of(comment.action)
    return render(request, "actions/exchange/comment_report.html", _of(comment, form), status=_status(form))


@require_safe
@staff_only
def comment_list(request: HttpRequest) -> HttpResponse:
    """What waits for the institute: new ones and reported ones, the oldest first; or all of a state."""
    states = {state.value: state.label for state in CommentState if state != CommentState.WAITING}
    state = request.GET.get("estado", "")
    found = visible_comments(request.user).select_related("action", "municipality")
    if state in states:
        found = found.filter(state=state).order_by("-decided_at", "-pk")
    else:
        state, found = "", found.to_moderate().order_by("created_at", "pk")
    page = Paginator(found.prefetch_related("reports__municipality"), 20).get_page(request.GET.get("pagina"))
    context = {"page": page, "state": state, "tabs": list(states.items())}
    return render(request, "actions/exchange/comment_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def comment_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """One comment with its reports, to be approved or hidden."""
    comment = _find(request, pk)
    form = ModerationForm(request.POST or None, initial={"edited_at": _moment(comment)})
    if not form.is_valid():
        return render(request, "actions/exchange/comment_decide.html", _of(comment, form), status=_status(form))
    if form.cleaned_data["decision"] == ModerationForm.APPROVE:
        return _approve(request, comment, form)
    services.hide_comment(comment=comment, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, _("Comentario oculto. Su municipio lee el motivo."))
    return redirect("staff_comment_list")


def _approve(request: HttpRequest, comment: ActionComment, form: ModerationForm) -> HttpResponse:
    try:
        if form.cleaned_data["edited_at"] != _moment(comment):
            raise services.WrongState
        services.approve_comment(comment=comment, read_at=comment.edited_at, by=request.user)
    except services.WrongState:
        comment.refresh_from_db()
        form = ModerationForm(initial={"edited_at": _moment(comment)})
        context = _of(comment, form) | {"changed": True}
        return render(request, "actions/exchange/comment_decide.html", context, status=409)
    messages.success(request, _("Comentario aprobado: ya lo lee toda la red."))
    return redirect("staff_comment_list")


def _moment(comment: ActionComment) -> str:
    return comment.edited_at.isoformat() if comment.edited_at else ""


def _of(comment: ActionComment, form: Any) -> dict[str, Any]:
    return {"comment": comment, "action": comment.action, "form": form}


def _status(form: Any) -> int:
    return 422 if form.is_bound else 200
