"""The first visit to a new installation: whose it is and who looks after it."""

from copy import copy

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from municipalities.models import Municipality
from network import services
from network.forms import SetUpForm
from network.rules import needs_set_up, opens_set_up
from web import identity


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@never_cache
def set_up(request: HttpRequest, code: str) -> HttpResponse:
    """Where the command ``instalar`` leads. Not there any more once somebody administers the installation."""
    if not needs_set_up():
        raise Http404
    if not opens_set_up(code):
        return render(request, "network/set_up.html", {"form": None}, status=410)
    form = SetUpForm(request.POST if request.method == "POST" else None, instance=copy(identity.current()))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.set_up(
                installation=form.save(commit=False),
                email=data["account_email"],
                name=data["account_name"],
                password=data["password"],
            )
        except services.AlreadySetUp:
            raise Http404 from None
        messages.success(request, _("El portal está listo. Entre con su correo y su contraseña."))
        return redirect("account_login")
    context = {"form": form, "municipalities": Municipality.objects.count()}
    return render(request, "network/set_up.html", context, status=422 if form.is_bound else 200)
