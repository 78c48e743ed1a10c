"""What a signed-in person sees of their own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.rules import own_registrations
from trainings.rules import own_certificate_code, own_certificates


@require_safe
@never_cache
def my_registrations(request: HttpRequest) -> HttpResponse:
    """Registrations made with an e-mail this account has verified, what comes first, and the person's constancias."""
    registrations = own_registrations(request.user).select_related("event__format", "event__municipality")
    rows = list(registrations.order_by("event__first_day", "event__starts_at", "-pk"))
    certificates = own_certificates(request.user).select_related("person").order_by("-issued_at", "-pk")
    context = {
        "certificates": [(row, own_certificate_code(row)) for row in certificates],
        "coming": [row for row in rows if row.state != "cancelled" and not row.event.is_over],
        "past": [row for row in reversed(rows) if row.state == "cancelled" or row.event.is_over],
    }
    return render(request, "reports/my_registrations.html", context)
