"""One's own account, besides what allauth's pages do."""

from typing import cast

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from network import services
from network.forms import PreferencesForm
from network.models import User
from network.rules import is_liaison, is_staff_member


@require_safe
@never_cache
def after_login(request: HttpRequest) -> HttpResponse:
    """Where a person's work is, in the language of the account."""
    user = cast(User, request.user)
    if is_staff_member(user):
        name = "staff_home"
    elif is_liaison(user):
        name = "liaison_home"
        if settings.SECOND_FACTOR_REQUIRED and not is_mfa_enabled(user):
            text = _("Puede proteger su cuenta con una llave de acceso: Mi cuenta, Verificación en dos pasos.")
            messages.info(request, text)
    else:
        name = "my_registrations"
    with translation.override(user.language):
        return redirect(name)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def preferences(request: HttpRequest) -> HttpResponse:
    """Name and language. The answer is in the language just chosen."""
    user = cast(User, request.user)
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=user)
    if request.method == "POST" and form.is_valid():
        services.change_preferences(user=user, **form.cleaned_data)
        with translation.override(user.language):
            messages.success(request, _("Se guardaron sus preferencias."))
            return redirect(reverse("account_preferences"))
    return render(request, "network/preferences.html", {"form": form}, status=422 if form.is_bound else 200)
