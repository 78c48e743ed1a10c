"""The open interface: every data set, a page at a time, and one row; read-only, for everybody."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router

from reports.datasets import DATASETS, DataSet, WrongQuery
from reports.datasets.files import about, dump
from reports.datasets.openapi import LARGEST, OF_A_REPORT, PAGE
from reports.documents import printed
from reports.models import SUBJECTS, IssuedReport
from reports.rules import public_reports

router = Router()
OF_A_PAGE = frozenset({"cursor", "limite", "lang"})
OF_ALL = frozenset({"lang"})


def _answer(body: dict[str, Any], *, after: str = "") -> HttpResponse:
    response = HttpResponse(dump(body), content_type="application/json")
    links = [f'<{settings.DATA_LICENCE_URL}>; rel="license"', f'<{reverse("api:openapi-json")}>; rel="service-desc"']
    if after:
        links.append(f'<{after}>; rel="next"')
    response["Link"] = ", ".join(links)
    return response


def rows(request: HttpRequest, dataset: DataSet) -> HttpResponse:
    """A page of the rows that the filters leave, in the order of a key that never changes."""
    asked = request.GET.dict()
    if dataset.computed:
        batch = dataset.narrowed(asked, besides=OF_ALL).batch()
    else:
        after, size = _cursor(dataset, asked.get("cursor")), _size(asked.get("limite"))
        batch = dataset.narrowed(asked, besides=OF_A_PAGE).batch(after, size)
    following = None
    if batch.after is not None:
        query = urlencode(asked | {"cursor": signing.dumps([dataset.slug, batch.after], salt="reports.api")})
        following = f"{settings.SITE_URL}{request.path}?{query}"
    return _answer(
        {"datos": [dataset.record(row) for row in batch.rows], "siguiente": following}, after=following or ""
    )


def row(request: HttpRequest, dataset: DataSet, value: str) -> HttpResponse:
    """One row, with what is said of one alone. Of the query it takes the language only."""
    narrowed = dataset.narrowed({})
    if unknown := set(request.GET) - OF_ALL:
        dataset.narrowed(dict.fromkeys(unknown, ""), besides=OF_ALL)
    try:
        found = narrowed.one(value)
    except (ValueError, OverflowError):  # a number was to be there
        found = None
    if found is None:
        raise Http404
    return _answer(dataset.record(found, whole=True))


def report(request: HttpRequest, folio: str) -> HttpResponse:
    """The public figures of an issued report of whatever kind, as they were frozen: the rows of its CSV."""
    found: IssuedReport = get_object_or_404(public_reports().select_related(*SUBJECTS), folio=folio)
    body = {
        "folio": found.folio,
        "version": found.version,
        "titulo": found.title,
        "ambito": found.subject_label or None,
        "desde": found.starts_on,
        "hasta": found.ends_on,
        "sha256": found.sha256,
        "emitido": found.finished_at,
        "datos": [
            dict(zip(OF_A_REPORT, map(_cell, row), strict=True)) for row in printed.figures_rows(found, public=True)
        ],
    }
    response = _answer(body)
    response["X-Robots-Tag"] = "noindex"
    return response


def _cell(value: str | int | Decimal) -> str | int | float | None:
    """As JSON says it: an empty cell is unknown."""
    if isinstance(value, Decimal):
        return float(value)
    return None if value == "" else value


def index(request: HttpRequest) -> HttpResponse:
    """What there is."""
    base = f"{settings.SITE_URL}{request.path}"
    return _answer(
        {
            "conjuntos": {
                dataset.slug: about(dataset, None) | {"direccion": f"{base}{dataset.slug}/"} for dataset in DATASETS
            },
            "descripcion": f"{base}openapi.json",
            "documentacion": f"{base}docs",
        }
    )


def _cursor(dataset: DataSet, text: str | None) -> Any:
    """The key after which the page begins; null for the first one."""
    if text is None:
        return None
    try:
        slug, after = signing.loads(text, salt="reports.api")
    except (signing.BadSignature, ValueError):
        slug, after = "", None
    if slug != dataset.slug:
        raise WrongQuery({"cursor": [_("El cursor no es de este conjunto: tome el de «siguiente».")]})
    return after


def _size(text: str | None) -> int:
    if text is None:
        return PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= LARGEST):
        raise WrongQuery({"limite": [_("El límite va de 1 a {n}.").format(n=LARGEST)]})
    return int(text)


def _offer(dataset: DataSet) -> None:
    """The addresses of a data set."""

    def of_rows(request: HttpRequest) -> HttpResponse:
        return rows(request, dataset)

    def of_row(request: HttpRequest, value: str) -> HttpResponse:
        return row(request, dataset, value)

    _get(f"/{dataset.slug}/", of_rows, dataset.slug)
    if dataset.by:
        _get(f"/{dataset.slug}/{{slug:value}}/", of_row, f"{dataset.slug}-detail")


def _get(path: str, view: Callable[..., HttpResponse], name: str) -> None:
    router.get(path, url_name=name, operation_id=name)(view)


for _dataset in DATASETS:
    _offer(_dataset)
_get("/informes/{slug:folio}/", report, "report")
