"""The words of the portal's mails, changed by staff: list, editor with a preview, test, versions."""

from dataclasses import dataclass
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outbox import registry, services, tables, texts
from outbox.forms import TextForm
from outbox.models import MailText
from outbox.registry import Text, TextKind
from outbox.rules import visible_texts
from web.mailhtml import in_scheme

# The preview holds the mail itself, whose styles are written into it: no script, no form, no other address.
PREVIEW_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

# More than these are kept, and shown by their number.
VERSIONS = 30


@dataclass(frozen=True, slots=True)
class Chosen:
    """The text that an address names: a kind, one of its variants (empty: all of them) and a language."""

    kind: TextKind
    variant: str
    label: str
    language: str
    versions: QuerySet[MailText]

    @property
    def rows(self) -> dict[texts.Key, MailText]:
        return texts.written(self.kind.name)


def _chosen(request: HttpRequest, key: str, language: str) -> Chosen:
    if not request.user.has_perm("outbox.edit_text"):
        raise PermissionDenied
    name, _colon, variant = key.partition(":")
    kind = registry.text(name)
    if kind is None or language not in dict(settings.LANGUAGES):
        raise Http404
    labels = {"": "", **dict(kind.variants() if kind.variants else [])}
    if variant not in labels:
        raise Http404
    versions = visible_texts(request.user).filter(name=name, variant=variant, language=language)
    return Chosen(kind, variant, labels[variant], language, versions)


@require_safe
@never_cache
def staff_text_list(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("outbox.edit_text"):
        raise PermissionDenied
    rows = tables.text_rows(visible_texts(request.user).newest())
    return render(request, "outbox/staff_text_list.html", {"rows": rows, "languages": settings.LANGUAGES})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@csp_update({"frame-src": [SELF]})
def staff_text_edit(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """``?version=`` shows an older version, 0 the original, to be saved again as the newest."""
    chosen = _chosen(request, key, language)
    if request.method != "POST":
        return _edit(request, chosen, _stored_form(request, chosen))
    form = TextForm(request.POST, kind=chosen.kind)
    if not form.is_valid():
        return _edit(request, chosen, form, status=422)
    try:
        services.save_text(
            kind=chosen.kind,
            variant=chosen.variant,
            language=language,
            version=form.cleaned_data["version"],
            subject=form.text.subject,
            body=form.text.body,
            cause=_by(request),
        )
    except services.StaleText as stale:
        form.go_on_from(stale.version)
        return _edit(request, chosen, form, status=409, stored=stale.text)
    messages.success(request, _("Se guardó el texto: lo llevan los mensajes que salgan desde ahora."))
    return redirect("staff_text_edit", key, language)


@require_POST
@never_cache
@csp_update({"frame-src": [SELF]})
def staff_text_test(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """Send what is typed to the person who types it; the page stays as it was, nothing is saved."""
    chosen = _chosen(request, key, language)
    form = TextForm(request.POST, kind=chosen.kind)
    if not form.is_valid():
        return _edit(request, chosen, form, status=422)
    address = request.user.email
    services.send_test(
        kind=chosen.kind,
        text=form.text,
        language=language,
        key=form.cleaned_data["key"],
        to_email=address,
        cause=_by(request),
    )
    form.renew_key()
    said = _("La prueba va en camino a {address}. El texto todavía no se ha guardado.").format(address=address)
    messages.success(request, said)
    return _edit(request, chosen, form)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@xframe_options_sameorigin
def staff_text_preview(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """The mail of an invented person: with the words that are sent (POST), else with those that are stored."""
    chosen = _chosen(request, key, language)
    form = TextForm(request.POST, kind=chosen.kind) if request.method == "POST" else None
    context: dict[str, Any] = {"form": form, "mail": None}
    if form is None or form.is_valid():
        with translation.override(language):
            mail = chosen.kind.compose(form.text if form else _stored(request, chosen))
        context |= {"mail": mail, "light": in_scheme(mail.html, "light"), "dark": in_scheme(mail.html, "dark")}
    response = render(request, "outbox/staff_text_preview.html", context, status=200 if context["mail"] else 422)
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    return response


def _stored(request: HttpRequest, chosen: Chosen) -> Text:
    """The words that count now, or those of the version that the address asks for."""
    asked = request.GET.get("version", "")
    if not asked:
        return texts.choose(chosen.kind, chosen.rows, chosen.language, chosen.variant)
    row = get_object_or_404(chosen.versions, version=asked) if asked.isdecimal() and int(asked) else None
    if row is not None and not row.is_original:
        return Text(row.subject, row.body)
    return texts.without_own(chosen.kind, chosen.rows, chosen.language, chosen.variant)


def _stored_form(request: HttpRequest, chosen: Chosen) -> TextForm:
    newest = chosen.rows.get((chosen.variant, chosen.language))
    return TextForm(kind=chosen.kind, version=newest.version if newest else 0, text=_stored(request, chosen))


def _edit(
    request: HttpRequest, chosen: Chosen, form: TextForm, *, status: int = 200, stored: Text | None = None
) -> HttpResponse:
    """``stored``: what somebody else saved meanwhile."""
    with translation.override(chosen.language):
        sample = chosen.kind.sample()
    versions = tables.versions(chosen.versions.order_by("-version")[:VERSIONS])
    asked = request.GET.get("version", "")
    context = {
        "chosen": chosen,
        "key": f"{chosen.kind.name}:{chosen.variant}" if chosen.variant else chosen.kind.name,
        "language_name": dict(settings.LANGUAGES)[chosen.language],
        "languages": settings.LANGUAGES,
        "form": form,
        "stored": stored,
        "placeholders": [(name, label, sample[name]) for name, label in chosen.kind.placeholders.items()],
        "facts": texts.FACTS,
        "facts_label": chosen.kind.facts,
        "versions": versions,
        "is_own": bool(versions) and not versions[0].is_original,
        "asked": asked,
    }
    return render(request, "outbox/staff_text_edit.html", context, status=status)


def _by(request: HttpRequest) -> str:
    return f"account {request.user.pk}"
