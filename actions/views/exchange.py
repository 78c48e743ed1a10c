"""The exchange board, for liaisons and the institute: posts, matches and what came of them. Nothing here is public."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions import registry, services
from actions.enums import PostKind
from actions.figures import exchange_csv_head, exchange_csv_rows, exchange_figures
from actions.filters import ExchangeFilter
from actions.forms import HideForm, MatchForm, OutcomeForm, PostForm
from actions.models import ExchangeOutcome, ExchangePost
from actions.rules import municipal_actions, municipal_posts, published_actions, visible_posts, visible_threads
from actions.views.hints import hints_for
from municipalities.models import Municipality
from web.tabular import csv_response

network_only = permission_required("actions.use_exchange", raise_exception=True)
staff_only = permission_required("actions.moderate_exchange", raise_exception=True)


def find_post(request: HttpRequest, pk: int) -> ExchangePost:
    return get_object_or_404(visible_posts(request.user).for_lists(), pk=pk)


def refuse_without(request: HttpRequest, permission: str, thing: Any) -> None:
    if not request.user.has_perm(permission, thing):
        raise PermissionDenied


def changed(request: HttpRequest, post: ExchangePost) -> HttpResponse:
    """Somebody was faster: nothing was stored, and the post is as the page now shows it."""
    post.refresh_from_db()
    return render(request, "actions/exchange/changed.html", {"post": post}, status=409)


@require_safe
@network_only
def board(request: HttpRequest) -> HttpResponse:
    staff = request.user.is_staff_member
    found = ExchangeFilter(request.GET, visible_posts(request.user), municipal_posts(request.user), staff=staff)
    page = Paginator(found.qs.for_lists(), 24).get_page(request.GET.get("pagina"))
    context = {
        "page": page,
        "filter": found,
        "figures": exchange_figures(),
        "hints": hints_for(request.user) if request.user.liaison_municipality and not found.form.changed_data else [],
        "place": request.user.liaison_municipality,
    }
    return render(request, "actions/exchange/board.html", context)


@require_safe
@staff_only
def exchange_csv(request: HttpRequest) -> HttpResponse:
    return csv_response(_("intercambio.csv"), exchange_csv_head(), exchange_csv_rows())


@require_http_methods(["GET", "HEAD", "POST"])
def post_create(request: HttpRequest) -> HttpResponse:
    refuse_without(request, "actions.add_post", None)
    municipality: Municipality = request.user.liaison_municipality  # type: ignore[assignment]
    kind = request.GET.get("tipo", "")
    kind = kind if kind in PostKind.values else ""
    form = PostForm(request.POST or None, actions=municipal_actions(request.user).published(), kind=kind)
    if form.is_valid():
        key = form.cleaned_data["request_key"]
        try:
            post = services.save_post(
                post=None, municipality=municipality, values=form.values(), by=request.user, request_key=key
            )
        except services.TooMany:
            form.add_error(None, _("Su municipio ya tiene muchas publicaciones abiertas: retire alguna primero."))
            return render(request, "actions/exchange/post_form.html", {"form": form, "post": None}, status=429)
        except services.AlreadySent:
            form.was_sent_before()
            return render(request, "actions/exchange/post_form.html", {"form": form, "post": None}, status=409)
        messages.success(request, _("Publicado. Quien quiera le escribe por aquí, y se le avisa por correo."))
        return redirect("exchange_post", pk=post.pk)
    return render(request, "actions/exchange/post_form.html", {"form": form, "post": None}, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
def post_edit(request: HttpRequest, pk: int) -> HttpResponse:
    post = find_post(request, pk)
    refuse_without(request, "actions.change_post", post)
    form = PostForm(request.POST or None, actions=municipal_actions(request.user).published(), post=post)
    if form.is_valid():
        version = form.cleaned_data["version"]
        try:
            services.save_post(
                post=post, municipality=post.municipality, values=form.values(), by=request.user, version=version
            )
        except (services.StaleVersion, services.WrongState):
            return changed(request, post)
        messages.success(request, _("Cambios guardados."))
        return redirect("exchange_post", pk=post.pk)
    return render(request, "actions/exchange/post_form.html", {"form": form, "post": post}, status=_status(form))


@require_safe
@network_only
def post_detail(request: HttpRequest, pk: int) -> HttpResponse:
    post = find_post(request, pk)
    return render(request, "actions/exchange/post.html", _detail(request, post, OutcomeForm(request=request)))


def _detail(request: HttpRequest, post: ExchangePost, outcome_form: OutcomeForm) -> dict[str, Any]:
    place = request.user.liaison_municipality
    threads = visible_threads(request.user).filter(post=post).select_related("municipality", "post")
    return {
        "post": post,
        "own": place is not None and place.pk == post.municipality_id,
        "place": place,
        # One that is no longer public is not shown, though the post still names it.
        "action": published_actions().filter(exchange_posts=post).first(),
        "threads": list(threads),
        "outcomes": [(row, _address(request, row)) for row in post.outcomes.select_related("private_to")],
        "outcome_form": outcome_form,
        "can_write": request.user.has_perm("actions.write_about_post", post),
        "can_match": request.user.has_perm("actions.match_post", post),
        "can_change": request.user.has_perm("actions.change_post", post),
        "can_add_outcome": request.user.has_perm("actions.add_outcome", post),
        "can_moderate": request.user.has_perm("actions.moderate_exchange"),
    }


def _address(request: HttpRequest, outcome: ExchangeOutcome) -> str:
    """Where this reader finds what came of it; empty where it is another municipality's own matter."""
    known = registry.source(outcome.kind)
    place = request.user.liaison_municipality
    foreign = outcome.private_to_id is not None and not (
        request.user.is_staff_member or (place is not None and place.pk == outcome.private_to_id)
    )
    return "" if known is None or foreign else reverse(known.page(request.user), args=[outcome.key])


@require_POST
def post_close(request: HttpRequest, pk: int) -> HttpResponse:
    post = find_post(request, pk)
    refuse_without(request, "actions.change_post", post)
    try:
        services.close_post(post=post, by=request.user)
    except services.WrongState:
        return changed(request, post)
    messages.success(request, _("Retirada del tablero. Al editarla con otra fecha vuelve a publicarse."))
    return redirect("exchange_post", pk=post.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def post_match(request: HttpRequest, pk: int) -> HttpResponse:
    post = find_post(request, pk)
    if not request.user.has_perm("actions.match_post", post):
        refuse_without(request, "actions.reopen_post", post)
        return changed(request, post)
    wrote = Municipality.objects.filter(exchange_threads__post=post).only("name", "sort_name")
    form = MatchForm(request.POST or None, post=post, first=wrote, chosen=request.GET.get("con", ""))
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.match_post(post=post, by=request.user, **given)
        except (services.StaleVersion, services.WrongState):
            return changed(request, post)
        messages.success(request, _("Marcada como concretada. Se avisa por correo al otro municipio."))
        return redirect("exchange_post", pk=post.pk)
    return render(request, "actions/exchange/match.html", {"form": form, "post": post}, status=_status(form))


@require_POST
def match_undo(request: HttpRequest, pk: int) -> HttpResponse:
    post = find_post(request, pk)
    refuse_without(request, "actions.reopen_post", post)
    try:
        services.undo_match(post=post, by=request.user)
    except services.WrongState:
        return changed(request, post)
    messages.success(request, _("Se deshizo. La publicación vuelve al tablero hasta su fecha."))
    return redirect("exchange_post", pk=post.pk)


@require_POST
def outcome_add(request: HttpRequest, pk: int) -> HttpResponse:
    post = find_post(request, pk)
    refuse_without(request, "actions.add_outcome", post)
    form = OutcomeForm(request.POST, request=request)
    if not form.is_valid():
        return render(request, "actions/exchange/post.html", _detail(request, post, form), status=422)
    kind, thing = form.cleaned_data["address"]
    try:
        services.add_outcome(post=post, kind=kind, thing=thing, by=request.user)
    except services.WrongState:
        return changed(request, post)
    messages.success(request, _("Enlazado: cuenta entre lo que salió del intercambio."))
    return redirect("exchange_post", pk=post.pk)


@require_POST
def outcome_remove(request: HttpRequest, pk: int, outcome_pk: int) -> HttpResponse:
    post = find_post(request, pk)
    refuse_without(request, "actions.add_outcome", post)
    services.remove_outcome(outcome=get_object_or_404(post.outcomes, pk=outcome_pk))
    messages.success(request, _("Enlace quitado."))
    return redirect("exchange_post", pk=post.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def post_hide(request: HttpRequest, pk: int) -> HttpResponse:
    post = find_post(request, pk)
    form = HideForm(request.POST or None)
    if form.is_valid():
        services.hide_post(post=post, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("Oculta. Su municipio lee el motivo."))
        return redirect("exchange_post", pk=post.pk)
    return render(request, "actions/exchange/hide.html", {"form": form, "post": post}, status=_status(form))


@require_POST
@staff_only
def post_unhide(request: HttpRequest, pk: int) -> HttpResponse:
    post = find_post(request, pk)
    services.unhide_post(post=post, by=request.user)
    messages.success(request, _("Visible de nuevo."))
    return redirect("exchange_post", pk=post.pk)


def _status(form: Any) -> int:
    return 422 if form.is_bound else 200
