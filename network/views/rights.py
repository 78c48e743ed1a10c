"""The rights over personal data: what anybody may ask, and the own page of a request. A GET shows, a POST acts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from network import services
from network.enums import ArcoKind, ArcoState
from network.forms import ArcoCompletionForm, ArcoForm
from network.models import ArcoRequest, RightsDeadlines
from network.rules import arco_requests_by_link, arco_requests_to_confirm, published_notices
from web.uploads import protected_file_response

WAITS_FOR_PERSON = {ArcoState.IDENTITY, ArcoState.INCOMPLETE}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def rights(request: HttpRequest) -> HttpResponse:
    """What the rights are, and the form. What was sent waits for the link in the mail, and nothing else happens."""
    notice = published_notices().first()
    form = ArcoForm(request.POST if request.method == "POST" else None, request.FILES or None, notice=notice)
    sent_to = ""
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            services.ask(
                kind=ArcoKind(typed["kind"]),
                name=" ".join(typed["name"].split()),
                email=typed["email"],
                asks=typed["asks"],
                represents=typed["represents"],
                file=typed["file"],
                notice=notice,
                language=(get_language() or "es")[:2],
                form_key=form.form_key,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            sent_to = typed["email"]
    context = {"form": form, "notice": notice, "sent_to": sent_to, "deadlines": RightsDeadlines.current()}
    return render(request, "network/rights.html", context, status=422 if form.is_bound and not sent_to else 200)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def rights_confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The link in the mail that proves the address. Opening it shows, the button acts: mail scanners open links too."""
    found = arco_requests_to_confirm(code).first()
    if found is None:
        return _private(render(request, "network/rights_confirm.html", {"request_row": None}, status=404))
    if request.method == "POST":
        found = services.confirm(request=found)
    if found.state != ArcoState.UNCONFIRMED:
        return redirect("rights_status", token=found.token)
    return _private(render(request, "network/rights_confirm.html", {"request_row": found}))


@login_not_required
@require_safe
@never_cache
def rights_status(request: HttpRequest, token: str) -> HttpResponse:
    """Where the request is, for whoever holds its link."""
    return _status(request, _by_link(token), ArcoCompletionForm())


@login_not_required
@require_POST
@never_cache
def rights_complete(request: HttpRequest, token: str) -> HttpResponse:
    """The person sends what was missing."""
    found = _by_link(token)
    form = ArcoCompletionForm(request.POST, request.FILES)
    if not form.is_valid():
        return _status(request, found, form, status=422)
    try:
        services.complete(request=found, **form.cleaned_data)
    except services.WrongMove:
        messages.warning(request, _("Ya no faltaba nada: vea cómo está ahora su solicitud."))
    else:
        messages.success(request, _("Recibimos lo que envió. El plazo para responderle empieza hoy."))
    return redirect("rights_status", token=token)


@login_not_required
@require_safe
@never_cache
def rights_file(request: HttpRequest, token: str, pk: int) -> HttpResponse | FileResponse:
    """A file of the request, for whoever holds its link."""
    found = _by_link(token)
    step = get_object_or_404(found.steps.exclude(file=""), pk=pk)
    return protected_file_response(step.file, f"{found.folio}-{step.pk}")


def _by_link(token: str) -> ArcoRequest:
    return get_object_or_404(arco_requests_by_link(token))


def _status(request: HttpRequest, found: ArcoRequest, form: ArcoCompletionForm, *, status: int = 200) -> HttpResponse:
    if found.redacted_at:
        raise Http404
    context = {
        "request_row": found,
        "steps": list(found.steps.exclude(state=ArcoState.UNCONFIRMED)),
        "form": form if found.state in WAITS_FOR_PERSON else None,
    }
    return _private(render(request, "network/rights_status.html", context, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
