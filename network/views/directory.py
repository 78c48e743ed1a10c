"""What staff write of a municipality: its office, its climate programme and the log. Its page is in ``reports``."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rules.contrib.views import permission_required

from municipalities.models import Municipality
from network import services
from network.filters import CommunicationFilter
from network.forms import CommunicationForm, ContactForm, ProgrammeForm
from network.guards import personal_file
from network.models import User
from network.rules import (
    published_programmes,
    visible_communications,
    visible_municipalities,
    visible_programmes,
)
from network.services import ChangedMeanwhile
from web.tabular import csv_response
from web.uploads import protected_file_response

PER_PAGE = 50
keeps_directory = permission_required("network.keep_directory", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_directory
@never_cache
def contact_edit(request: HttpRequest, slug: str) -> HttpResponse:
    place = _place(request, slug)
    contact = getattr(place, "contact", None)
    form = ContactForm(request.POST if request.method == "POST" else None, municipality=place, contact=contact)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_contact(
                municipality=place,
                values=form.cleaned_data,
                version=form.cleaned_data["version"],
                by=cast(User, request.user),
            )
        except ChangedMeanwhile:
            return _changed(request, place, "contact")
        messages.success(request, _("Se guardó el contacto de la oficina."))
        return redirect("staff_municipality_detail", slug)
    return _form(request, place, form, "contact")


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_directory
@never_cache
def programme_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """A change of the programme's state is a new row: the earlier ones stay as its history."""
    place = _place(request, slug)
    latest = visible_programmes(request.user).filter(municipality=place).first()
    form = ProgrammeForm(request.POST if request.method == "POST" else None, request.FILES or None, latest=latest)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.record_programme(
                municipality=place,
                values=data,
                file=data["file"],
                keep_file=not data.get("remove_file"),
                after=data["after"],
                by=cast(User, request.user),
            )
        except ChangedMeanwhile:
            return _changed(request, place, "programme")
        messages.success(request, _("Se anotó el estado del programa."))
        return redirect("staff_municipality_detail", slug)
    return _form(request, place, form, "programme", latest=latest)


@require_safe
@keeps_directory
@never_cache
def programme_file(request: HttpRequest, slug: str, pk: int) -> FileResponse:
    row = get_object_or_404(visible_programmes(request.user).exclude(file="").filter(municipality__slug=slug), pk=pk)
    return protected_file_response(row.file, f"programa-{slug}-{row.number}")


@login_not_required
@require_safe
def programme_public_file(request: HttpRequest, slug: str) -> FileResponse:
    """The document of a published programme, to everybody."""
    row = get_object_or_404(published_programmes(), municipality__slug=slug)
    return protected_file_response(row.file, f"programa-climatico-{slug}")


@require_safe
@keeps_directory
@never_cache
def communication_list(request: HttpRequest) -> HttpResponse:
    """The log of all municipalities, the newest first; what is pending, the oldest day first."""
    visible = visible_communications(request.user)
    narrowed = CommunicationFilter(
        request.GET, queryset=visible.select_related("municipality", "created_by", "done_by")
    )
    if request.GET.get("formato") == "csv":
        return _csv(request, narrowed)
    context = {
        "filter": narrowed,
        "page": Paginator(narrowed.qs, PER_PAGE).get_page(request.GET.get("pagina")),
        "pending": visible.pending().count(),
    }
    return render(request, "network/directory/communication_list.html", context)


@personal_file("log")
def _csv(request: HttpRequest, narrowed: CommunicationFilter) -> HttpResponse:
    head = [
        _("Municipio"), _("Fecha"), _("Medio"), _("Con quién"), _("Asunto"), _("Qué se trató"), _("Siguiente paso"),
        _("Para cuándo"), _("Hecho"),
    ]  # fmt: skip
    rows = (
        [
            row.municipality.name, row.happened_on, row.get_kind_display(), row.counterpart, row.subject, row.summary,
            row.next_step, row.due_on, (_("Sí") if row.done_at else _("No")) if row.next_step else "",
        ]
        for row in narrowed.qs
    )  # fmt: skip
    return csv_response(_("bitacora.csv"), head, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_directory
@never_cache
def communication_create(request: HttpRequest, slug: str) -> HttpResponse:
    place = _place(request, slug)
    form = CommunicationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.log_communication(
                municipality=place,
                values=form.cleaned_data,
                request_key=form.cleaned_data["request_key"],
                by=cast(User, request.user),
            )
        except ChangedMeanwhile:
            form.was_sent_before()
            return _form(request, place, form, "communication", status=409)
        messages.success(request, _("Quedó en la bitácora."))
        return redirect(f"{reverse('staff_municipality_detail', args=[slug])}#bitacora")
    return _form(request, place, form, "communication")


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_directory
@never_cache
def communication_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(
        visible_communications(request.user).select_related("municipality__region", "created_by", "edited_by"), pk=pk
    )
    form = CommunicationForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_communication(
                communication=row,
                values=form.cleaned_data,
                version=form.cleaned_data["version"],
                by=cast(User, request.user),
            )
        except ChangedMeanwhile:
            return _changed(request, row.municipality, "communication", pk=pk)
        messages.success(request, _("Se corrigió la bitácora."))
        return redirect(f"{reverse('staff_municipality_detail', args=[row.municipality.slug])}#bitacora")
    return _form(request, row.municipality, form, "communication", communication=row)


@require_POST
@keeps_directory
def communication_done(request: HttpRequest, pk: int) -> HttpResponse:
    """The next step was done; sent with ``undo``, it was not after all."""
    row = get_object_or_404(visible_communications(request.user).select_related("municipality"), pk=pk)
    done = "undo" not in request.POST
    services.finish_step(communication=row, done=done, by=cast(User, request.user))
    messages.success(request, _("El paso quedó hecho.") if done else _("El paso vuelve a estar pendiente."))
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return HttpResponseRedirect(back)
    return redirect(f"{reverse('staff_municipality_detail', args=[row.municipality.slug])}#bitacora")


def _place(request: HttpRequest, slug: str) -> Municipality:
    return get_object_or_404(_places(request), slug=slug)


def _places(request: HttpRequest) -> QuerySet[Municipality]:
    return visible_municipalities(request.user).select_related("contact", "office")


def _form(
    request: HttpRequest, place: Municipality, form: Any, what: str, *, status: int = 422, **context: Any
) -> HttpResponse:
    """``status`` of a form that was sent."""
    context |= {"municipality": place, "form": form}
    return render(request, f"network/directory/{what}.html", context, status=status if form.is_bound else 200)


def _changed(request: HttpRequest, place: Municipality, what: str, pk: int = 0) -> HttpResponse:
    """409: somebody else saved since the form was read. The page shows both: what is stored now and what was typed."""
    fresh = _places(request).filter(pk=place.pk)[0]
    if what == "contact":
        now: Any = ContactForm(municipality=fresh, contact=getattr(fresh, "contact", None))
    elif what == "programme":
        now = ProgrammeForm(latest=visible_programmes(request.user).filter(municipality=place).first())
    else:
        now = CommunicationForm(instance=visible_communications(request.user).get(pk=pk))
    typed = request.POST
    both = [
        (field.label, _words(field, field.value()), _words(field, typed.get(field.html_name, "")))
        for field in now
        if not field.is_hidden and field.name not in {"file", "remove_file"}
    ]
    context = {"municipality": fresh, "form": now, "both": both, "changed": True}
    return render(request, "network/directory/changed.html", context, status=409)


def _words(field: Any, value: Any) -> Any:
    """A value as it is read: of a choice its label."""
    for choice, label in getattr(field.field, "choices", []):
        if str(choice) == str(value):
            return label
    return "" if value is None else value
