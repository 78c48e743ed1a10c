"""The constancias of a training: who earned one, issuing them, and what to do when one is wrong."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from network.enums import Act
from network.guards import asks_identity, personal_file
from network.rules import visible_people
from network.services import audit
from trainings.completion import completions
from trainings.documents.certificates import issued_day
from trainings.documents.packed import packed
from trainings.forms import IssueForm, ReplaceForm, RevokeForm
from trainings.models import Certificate, Training
from trainings.rules import certificate_templates, managed_certificates, visible_trainings
from trainings.services import certificates as services
from trainings.views.certificates import certificate_file

PAGE = 50
issuing = permission_required("trainings.issue_certificate", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@issuing
def certificate_list(request: HttpRequest, pk: int) -> HttpResponse:
    training = _training(request, pk)
    templates = list(certificate_templates(request.user).filter(is_active=True))
    form = IssueForm(request.POST or None, templates=templates, initial={"key": uuid.uuid4(), "notify": True})
    if request.method == "POST" and form.is_valid():
        batch = services.issue_certificates(training=training, **form.cleaned_data, by=request.user)
        if batch is None:
            messages.info(request, _("No hay a quién expedir: nadie más cumplió el requisito."))
        else:
            n = batch.certificates.count()
            text = ngettext("Se expide {n} constancia.", "Se expiden {n} constancias.", n).format(n=n)
            messages.success(request, text)
        return redirect("staff_certificate_list", pk)
    context = _standing(request, training) | {"training": training, "form": form, "has_template": bool(templates)}
    return render(request, "trainings/staff/certificate_list.html", context, status=422 if form.is_bound else 200)


def _standing(request: HttpRequest, training: Training) -> dict[str, Any]:
    """Who has one, who is to get one, and who is not and why: numbers of all, rows of one page each."""
    found = managed_certificates(request.user).filter(training=training)
    issued = list(found.without_words())
    had = {row.person_id for row in issued}
    people = completions(training)
    others = sorted((one for one in people if one.person_id not in had), key=lambda one: not one.met)
    waiting = Paginator(others, PAGE).get_page(request.GET.get("personas"))
    names = dict(
        visible_people(request.user).filter(pk__in=[one.person_id for one in waiting]).values_list("pk", "name")
    )
    pages = Paginator(found.order_by("-issued_at", "-pk"), PAGE)
    pages.count = len(issued)
    return {
        "page": pages.get_page(request.GET.get("pagina")),
        "people": len(people),
        "met": sum(one.met for one in people),
        "new": sum(one.met for one in others),
        "waiting": waiting,
        "waiting_rows": [(names.get(one.person_id, "—"), one) for one in waiting],
        "progress": services.progress_among(issued),
    }


@require_safe
@issuing
def certificate_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress bar alone, asked for every two seconds; once all is printed the page loads anew."""
    training = _training(request, pk)
    progress = services.progress_of(training)
    context = {"training": training, "progress": progress}
    response = render(request, "trainings/staff/_certificate_progress.html", context)
    if not progress.is_unfinished:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@issuing
def certificate_retry(request: HttpRequest, pk: int) -> HttpResponse:
    services.retry_batch(training=_training(request, pk))
    messages.success(request, _("Se intenta de nuevo con las que faltaban."))
    return redirect("staff_certificate_list", pk)


@require_safe
@issuing
@personal_file("certificates")
def certificate_zip(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """All in force with their PDF, sent as they are read."""
    training = _training(request, pk)
    found = managed_certificates(request.user).filter(training=training).printed().in_force()
    response = StreamingHttpResponse(packed(found.order_by("pk")), content_type="application/zip")
    name = _("constancias-%(slug)s.zip") % {"slug": training.slug[:80] or training.pk}
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


# --- One of them


@require_safe
@issuing
def certificate_detail(request: HttpRequest, folio: str) -> HttpResponse:
    found = _managed(request, folio)
    context = {"certificate": found, "said": found.snapshot, "day": issued_day(found)}
    return render(request, "trainings/staff/certificate_detail.html", context)


@require_safe
@issuing
@asks_identity
def staff_certificate_file(request: HttpRequest, folio: str) -> FileResponse:
    """Also of one that no longer holds, as long as the file is there: the institute must know what it had printed."""
    found = _managed(request, folio)
    if not found.file:
        raise Http404
    response = certificate_file(found)
    if request.method == "GET":
        audit.record(Act.FILE_READ, by=request.user, of=found, file="certificate")
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@issuing
def certificate_revoke(request: HttpRequest, folio: str) -> HttpResponse:
    found = _managed(request, folio)
    form = RevokeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.revoke_certificate(certificate=found, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, _("La constancia está revocada: su página pública ya lo dice."))
        return redirect("staff_certificate_detail", folio)
    return _form(request, "revoke", found, form)


@require_http_methods(["GET", "HEAD", "POST"])
@issuing
def certificate_replace(request: HttpRequest, folio: str) -> HttpResponse:
    found = _managed(request, folio)
    form = ReplaceForm(request.POST or None, certificate=found)
    if request.method == "POST" and form.is_valid():
        try:
            new = services.replace_certificate(certificate=found, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("staff_certificate_detail", folio)
        messages.success(request, _("Se expide la constancia nueva. La página de la anterior lleva a ella."))
        return redirect("staff_certificate_detail", new.folio)
    return _form(request, "replace", found, form)


def _form(request: HttpRequest, verb: str, found: Certificate, form: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    context = {"certificate": found, "form": form}
    return render(request, f"trainings/staff/certificate_{verb}.html", context, status=status)


def _training(request: HttpRequest, pk: int) -> Training:
    return get_object_or_404(visible_trainings(request.user).select_related("format"), pk=pk)


def _managed(request: HttpRequest, folio: str) -> Certificate:
    related = ("training", "replaced_by", "replaces", "issued_by", "ended_by")
    return get_object_or_404(managed_certificates(request.user).select_related(*related), folio=folio)
