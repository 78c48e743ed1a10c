"""Letting people into an event: requests to approve or refuse, and invitations."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from events.enums import RegistrationState
from events.forms.admission import InvitationsForm, RefusalForm
from events.models import Event, Registration
from events.rules import visible_registrations
from events.services.registration import (
    RegistrationRefused,
    approve_registration,
    invite,
    refuse_registration,
    why_no_invitations,
)
from events.views.staff import managed_event

PAGE = 50
see_people = permission_required("events.view_registrations", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@see_people
@never_cache
def admission(request: HttpRequest, pk: int) -> HttpResponse:
    """Requests to decide on, then who is invited. Sending the form invites."""
    event = managed_event(request, pk)
    form = InvitationsForm(request.POST or None)
    if form.is_valid():
        try:
            return _invite(request, event, form)
        except ValidationError as error:
            form.add_error(None, error)
    requests = visible_registrations(request.user).filter(event=event, state=RegistrationState.REQUESTED)
    context = {
        "event": event,
        "form": form,
        "closed": why_no_invitations(event),
        "requests": requests.select_related("municipality")[:PAGE],
        "request_count": requests.count(),
        "page": Paginator(event.invitations.select_related("registration"), PAGE).get_page(request.GET.get("pagina")),
    }
    return render(request, "events/staff/admission.html", context, status=422 if form.is_bound else 200)


def _invite(request: HttpRequest, event: Event, form: InvitationsForm) -> HttpResponse:
    addresses = form.cleaned_data["addresses"]
    new = invite(event=event, addresses=addresses, by=request.user)
    known = len(addresses) - new + form.repeated
    text = ngettext("{n} persona invitada.", "{n} personas invitadas.", new).format(n=new)
    if known:
        text += " " + ngettext(
            "{n} correo estaba repetido o ya invitado: no se le escribe otra vez.",
            "{n} correos estaban repetidos o ya invitados: no se les escribe otra vez.",
            known,
        ).format(n=known)
    messages.success(request, text)
    return redirect("staff_event_admission", event.pk)


@require_POST
@see_people
def registration_approve(request: HttpRequest, pk: int, registration_pk: int) -> HttpResponse:
    registration = _request(request, pk, registration_pk)
    try:
        stored = approve_registration(registration=registration, by=request.user)
    except RegistrationRefused as refused:
        messages.error(request, _("No se puede aprobar: {why}.").format(why=refused.status.label.lower()))
    else:
        if stored.state == RegistrationState.WAITING:
            text = _("Se aprobó a {name}, que quedó en la lista de espera.")
        elif stored.state == RegistrationState.CONFIRMED:
            text = _("Se aprobó a {name}, con lugar confirmado.")
        else:
            text = _("La inscripción de {name} ya no espera aprobación.")
        messages.success(request, text.format(name=stored.name))
    return redirect("staff_event_admission", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@see_people
@never_cache
def registration_refuse(request: HttpRequest, pk: int, registration_pk: int) -> HttpResponse:
    registration = _request(request, pk, registration_pk)
    if registration.state != RegistrationState.REQUESTED:
        messages.error(request, _("La inscripción de {name} ya no espera aprobación.").format(name=registration.name))
        return redirect("staff_event_admission", pk)
    form = RefusalForm(request.POST or None)
    if form.is_valid():
        refuse_registration(registration=registration, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("No se aprobó la inscripción de {name}.").format(name=registration.name))
        return redirect("staff_event_admission", pk)
    context = {"event": registration.event, "registration": registration, "form": form}
    return render(request, "events/staff/registration_refuse.html", context, status=422 if form.is_bound else 200)


def _request(request: HttpRequest, pk: int, registration_pk: int) -> Registration:
    event = managed_event(request, pk)
    rows = visible_registrations(request.user).filter(event=event)
    return get_object_or_404(rows.select_related("event__format", "event__series"), pk=registration_pk)
