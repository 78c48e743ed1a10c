"""The own registrations without an account: type the e-mail, get a link by mail, see the list."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from events.rules import registrations_by_own_list
from events.services.registration import queue_own_registrations


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("Correo electrónico"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("El que escribió al inscribirse."),
    )  # fmt: skip


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """The answer is the same whether the address is known or not."""
    form = AddressForm(request.POST or None)
    email = ""
    if form.is_valid():
        email = form.cleaned_data["email"]
        queue_own_registrations(email=email, language=(get_language() or "es")[:2])
    context = {"form": form, "email": email, "is_over": False}
    status = 422 if form.is_bound and not email else 200
    return render(request, "events/own_registrations_link.html", context, status=status)


@login_not_required
@require_safe
@never_cache
def listed(request: HttpRequest, code: str) -> HttpResponse:
    """What the address has that is still alive, what comes next first; where the link does not serve, a new one."""
    found = registrations_by_own_list(code)
    by_day = (F("event__first_day").asc(nulls_last=True), "event__starts_at", "-pk")
    rows = list(found.live().select_related("event__format").order_by(*by_day))
    rows = [row for row in rows if not row.event.is_over]
    if rows or found.exists():
        response = render(request, "events/own_registrations.html", {"rows": rows})
    else:
        context = {"form": AddressForm(), "email": "", "is_over": True}
        response = render(request, "events/own_registrations_link.html", context, status=404)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
