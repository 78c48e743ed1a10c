"""The page of an account's own calendar. Looking makes nothing; a POST makes, replaces or withdraws the address."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from events.emails import absolute
from events.rules import own_personal_feed
from events.services.personal import renew_personal_feed, withdraw_personal_feed


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def personal_feed(request: HttpRequest) -> HttpResponse:
    """``accion``: ``quitar`` withdraws the address, anything else makes a new one."""
    feed = own_personal_feed(request.user)
    if request.method == "POST":
        if request.POST.get("accion") == "quitar":
            withdraw_personal_feed(by=request.user)
            messages.success(request, _("La dirección se quitó: quien la tenía ya no ve su calendario."))
        else:
            renew_personal_feed(by=request.user)
            text = _("La dirección es nueva: la anterior ya no funciona.") if feed else _("Su dirección está lista.")
            messages.success(request, text)
        return redirect("personal_feed")
    address = absolute(reverse("personal_ics", args=[feed.token])) if feed else ""
    context = {"feed": feed, "address": address, "webcal": "webcal://" + address.partition("://")[2]}
    return render(request, "events/personal_feed.html", context)
