"""Pages that anybody may open: legal texts and the acceptance of an invitation."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from network import services
from network.enums import InvitationState
from network.forms import NewPasswordForm
from network.models import Invitation
from network.rules import account_of, open_invitations, published_notices


@login_not_required
@require_safe
def privacy(request: HttpRequest, version: str = "") -> HttpResponse:
    """The privacy notice: the newest version, or the one that a consent points to."""
    notices = list(published_notices())
    if version:
        notice = next((row for row in notices if row.version == version), None)
        if notice is None:
            raise Http404
    else:
        notice = notices[0] if notices else None
    return render(
        request,
        "network/privacy.html",
        {
            "notice": notice,
            "is_newest": bool(notices) and notice == notices[0],
            "others": [row for row in notices if row != notice],
        },
    )


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "network/accessibility.html")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """What an invitation leads to. Opening it changes nothing (mail scanners open links); sending the form does."""
    invitation = get_object_or_404(open_invitations().signed(token))
    designation = invitation.designation
    if invitation.state != InvitationState.PENDING or not designation.is_open or designation.is_expired:
        return _gone(request, invitation)
    account = account_of(invitation.email)
    try:
        if account is None:
            return _open_account(request, invitation)
        return _link_account(request, invitation, signed_in=request.user == account)
    except services.InvitationGone:
        invitation.refresh_from_db()
        return _gone(request, invitation)
    except services.AccountTaken:
        return _page(request, invitation, state="refused", status=409)


def _open_account(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Nobody has an account with this e-mail: one field, the password."""
    if request.user.is_authenticated:
        return _page(request, invitation, state="other-account")
    form = NewPasswordForm(
        request.POST if request.method == "POST" else None,
        email=invitation.email,
        name=invitation.designation.person.name,
    )
    if request.method == "POST" and form.is_valid():
        user = services.accept_with_new_account(
            invitation=invitation,
            password=form.cleaned_data["password"],
            language=get_language() or "es",
            notice=form.shown,
        )
        login(request, user, backend=f"{AuthenticationBackend.__module__}.{AuthenticationBackend.__qualname__}")
        return _welcome(request, invitation)
    return _page(request, invitation, state="new-account", status=422 if form.is_bound else 200, form=form)


def _link_account(request: HttpRequest, invitation: Invitation, *, signed_in: bool) -> HttpResponse:
    """There is an account: whoever signs in to it may link it with a click."""
    if not signed_in:
        return _page(request, invitation, state="other-account" if request.user.is_authenticated else "sign-in")
    if request.method == "POST":
        services.accept_with_account(invitation=invitation, user=request.user)
        return _welcome(request, invitation)
    return _page(request, invitation, state="link")


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    place = invitation.designation.municipality.name
    messages.success(request, _("Le damos la bienvenida: ya puede trabajar en %(place)s.") % {"place": place})
    return redirect("after_login")


def _gone(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    accepted = invitation.state == InvitationState.ACCEPTED
    return _page(request, invitation, state="accepted" if accepted else "gone", status=410)


def _page(
    request: HttpRequest, invitation: Invitation, *, state: str, status: int = 200, form: NewPasswordForm | None = None
) -> HttpResponse:
    context = {"invitation": invitation, "designation": invitation.designation, "page_state": state, "form": form}
    return render(request, "network/invitation_accept.html", context, status=status)
