"""What constancias look like and say: their templates, with logos, signatories and a preview."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trainings.documents.certificates import PLACEHOLDERS, SHIPPED_TEXT, preview_pdf
from trainings.forms import CertificateTemplateForm, LogoForm, SignatoryForm
from trainings.models import MAX_LOGOS, MAX_SIGNATORIES, CertificateTemplate
from trainings.rules import certificate_templates
from trainings.services import certificate_templates as services

issuing = permission_required("trainings.issue_certificate", raise_exception=True)


@require_safe
@issuing
def template_list(request: HttpRequest) -> HttpResponse:
    found = certificate_templates(request.user).order_by("-is_active", "name")
    return render(request, "trainings/staff/certificate_template_list.html", {"templates": found})


@require_http_methods(["GET", "HEAD", "POST"])
@issuing
def template_create(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@issuing
def template_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, _found(request, pk))


def _edit(request: HttpRequest, template: CertificateTemplate | None) -> HttpResponse:
    initial = {} if template else {"text": SHIPPED_TEXT}
    form = CertificateTemplateForm(request.POST or None, instance=template, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = services.save_template(template=template, **form.cleaned_data, by=request.user)
        messages.success(request, _("Se guardó la plantilla. Las constancias ya expedidas no cambian."))
        return redirect("staff_certificate_template_edit", saved.pk)
    return _page(request, template, form=form)


def _page(request: HttpRequest, template: CertificateTemplate | None, **forms: BaseForm) -> HttpResponse:
    """The whole page; a form that was sent and refused stands in it with what was typed."""
    shown: dict[str, Any] = {"form": CertificateTemplateForm(instance=template)}
    if template:
        shown |= {"logo_form": LogoForm(prefix="logo"), "signatory_form": SignatoryForm(prefix="firma")}
        logos, signatories = template.logos.all(), template.signatories.all()
        shown |= {"logos": logos, "signatories": signatories}
        shown |= {"logos_left": MAX_LOGOS - len(logos), "signatories_left": MAX_SIGNATORIES - len(signatories)}
    context = {"template": template, "placeholders": PLACEHOLDERS.items()} | shown | forms
    status = 422 if any(form.is_bound for form in forms.values()) else 200
    return render(request, "trainings/staff/certificate_template_form.html", context, status=status)


@require_safe
@issuing
def template_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The PDF of an invented person, in the browser."""
    response = HttpResponse(preview_pdf(_found(request, pk)), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="constancia-de-ejemplo.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@issuing
def logo_add(request: HttpRequest, pk: int) -> HttpResponse:
    template = _found(request, pk)
    form = LogoForm(request.POST, request.FILES, prefix="logo")
    if not form.is_valid():
        return _page(request, template, logo_form=form)
    return _done(request, template, services.add_logo, **form.cleaned_data)


@require_POST
@issuing
def logo_remove(request: HttpRequest, pk: int, logo_pk: int) -> HttpResponse:
    template = _found(request, pk)
    services.remove_logo(logo=get_object_or_404(template.logos, pk=logo_pk), by=request.user)
    return redirect("staff_certificate_template_edit", pk)


@require_POST
@issuing
def signatory_add(request: HttpRequest, pk: int) -> HttpResponse:
    template = _found(request, pk)
    form = SignatoryForm(request.POST, request.FILES, prefix="firma")
    if not form.is_valid():
        return _page(request, template, signatory_form=form)
    return _done(request, template, services.add_signatory, **form.cleaned_data)


@require_POST
@issuing
def signatory_remove(request: HttpRequest, pk: int, signatory_pk: int) -> HttpResponse:
    template = _found(request, pk)
    services.remove_signatory(signatory=get_object_or_404(template.signatories, pk=signatory_pk), by=request.user)
    return redirect("staff_certificate_template_edit", pk)


def _done(request: HttpRequest, template: CertificateTemplate, service: Any, **values: Any) -> HttpResponse:
    try:
        service(template=template, **values, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("staff_certificate_template_edit", template.pk)


def _found(request: HttpRequest, pk: int) -> CertificateTemplate:
    return get_object_or_404(certificate_templates(request.user), pk=pk)
