"""What only administrators do: identity, accounts, versions of the privacy notice."""

from copy import copy
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from rules.contrib.views import permission_required

from network import services
from network.filters import AccountFilter
from network.forms import AccountDecisionForm, InstallationForm, PrivacyNoticeForm
from network.guards import asks_identity
from network.models import User
from network.rules import published_notices, visible_accounts
from web import identity

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("network.change_installation", raise_exception=True)
@never_cache
def settings_edit(request: HttpRequest) -> HttpResponse:
    form = InstallationForm(request.POST if request.method == "POST" else None, instance=copy(identity.current()))
    if request.method == "POST" and form.is_valid():
        services.change_installation(installation=form.save(commit=False), by=cast(User, request.user))
        messages.success(request, _("Se guardaron los ajustes. Ya se ven en todas las páginas."))
        return redirect("settings_edit")
    return render(request, "network/settings_edit.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
@permission_required("network.manage_account", raise_exception=True)
@never_cache
def user_list(request: HttpRequest) -> HttpResponse:
    narrowed = AccountFilter(request.GET, queryset=visible_accounts(request.user).order_by("email"))
    page = Paginator(narrowed.qs, PER_PAGE).get_page(request.GET.get("pagina"))
    return render(request, "network/user_list.html", {"filter": narrowed, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("network.manage_account", raise_exception=True)
@asks_identity
@never_cache
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Role and activity of one account; of the own one, only to be looked at."""
    account = get_object_or_404(visible_accounts(request.user).select_related("person"), pk=pk)
    may_change = request.user.has_perm("network.manage_account", account)
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    form = AccountDecisionForm(request.POST if request.method == "POST" else None, instance=account)
    if request.method == "POST" and form.is_valid():
        services.decide_account(account=account, by=cast(User, request.user), **form.cleaned_data)
        messages.success(request, _("Se guardó la cuenta de %(name)s.") % {"name": account})
        return redirect("staff_user_list")
    context = {
        "account": account,
        "form": form,
        "may_change": may_change,
        "decisions": account.decisions.select_related("decided_by"),
    }
    return render(request, "network/user_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("network.publish_privacy_notice", raise_exception=True)
@never_cache
def notice_create(request: HttpRequest) -> HttpResponse:
    """Publish a new version of the privacy notice, begun from the newest one."""
    newest = published_notices().first()
    initial = {"published_on": timezone.localdate()}
    if newest is not None:
        initial |= {name: getattr(newest, name) for name in ("summary", "text", "summary_en", "text_en")}
    form = PrivacyNoticeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        notice = services.publish_notice(notice=form.save(commit=False), by=cast(User, request.user))
        messages.success(request, _("Se publicó la versión %(version)s del aviso.") % {"version": notice.version})
        return redirect("privacy")
    context = {"form": form, "newest": newest}
    return render(request, "network/notice_create.html", context, status=422 if form.is_bound else 200)
