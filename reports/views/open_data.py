"""Open data for people: what there is, what each column means, and the files."""

from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from municipalities.figures import any_boundaries
from reports.datasets import BY_SLUG, DATASETS, DataSet, Shape, WrongQuery, last_changes, parameters, row_counts
from reports.datasets.catalogue import catalogue
from reports.datasets.files import GEOJSON, IN_MEMORY, TABLES, Format, Written, dump, file_address, write
from web import identity
from web.shared import shared


def for_every_site(view: Any) -> Any:
    """Read by programs of other sites too; there is nothing in it that a cookie would change."""

    @wraps(view)
    def open_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return open_view


@shared
@login_not_required
@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    """Every data set with its files. Few queries, however much there is."""
    changes, counts, has_territory = last_changes(), row_counts(), any_boundaries()
    rows = [
        {
            "dataset": dataset,
            "changed": changes.get(dataset.slug),
            "count": counts.get(dataset.slug),
            "files": _files(dataset, has_territory),
        }
        for dataset in DATASETS
    ]
    context = {
        "datasets": [row for row in rows if not row["dataset"].is_vocabulary],
        "vocabularies": [row for row in rows if row["dataset"].is_vocabulary],
        "licence_name": settings.DATA_LICENCE_NAME,
        "licence_url": settings.DATA_LICENCE_URL,
    }
    return render(request, "reports/open_data.html", context)


@shared
@login_not_required
@require_safe
def dataset_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One data set: its dictionary, its filters and its files."""
    dataset = _known(slug)
    context = {
        "dataset": dataset,
        "changed": last_changes().get(slug),
        "files": _files(dataset, any_boundaries()),
        "filters": [(name, field.label) for name, field in parameters(dataset).items()],
        "licence_name": settings.DATA_LICENCE_NAME,
        "licence_url": settings.DATA_LICENCE_URL,
        "api": f"{settings.SITE_URL}/api/v1/{dataset.slug}/",
    }
    return render(request, "reports/dataset_detail.html", context)


@login_not_required
@for_every_site
@require_safe
def dataset_file(request: HttpRequest, slug: str, extension: str) -> HttpResponse:
    """The rows that the filters of the query leave, as a file. What did not change is not sent again."""
    dataset, form, shape = _form(slug, extension)
    try:
        narrowed = dataset.narrowed(request.GET.dict())
    except WrongQuery as wrong:
        return HttpResponse(f"{wrong}\n", status=400, content_type="text/plain; charset=utf-8")
    written = write(narrowed, form, last_changes().get(dataset.slug), shape)
    return _answer(request, written, form, f"{slug}.{extension}")


def _sent(written: Written, filename: str) -> HttpResponse | FileResponse:
    """A short file at once, a long one piece by piece."""
    if written.length > IN_MEMORY:
        return FileResponse(written.file, filename=filename)
    with written.file as file:
        return HttpResponse(file.read())


def _answer(request: HttpRequest, written: Written, form: Format, filename: str) -> HttpResponse:
    etag = f'"{written.sha256}"'
    response: Any = get_conditional_response(request, etag=etag)
    if response is None:
        response = _sent(written, filename)
        response["Content-Disposition"] = content_disposition_header(form.is_download, filename) or "inline"
        response["Content-Type"] = f"{form.media_type}; charset=utf-8" if form.extension == "csv" else form.media_type
        response["Content-Length"] = str(written.length)
        response["X-Content-Type-Options"] = "nosniff"
        response["ETag"] = etag
    else:
        written.file.close()
    response["Link"] = f'<{settings.DATA_LICENCE_URL}>; rel="license"'
    patch_cache_control(response, public=True, max_age=300)
    return response


@login_not_required
@for_every_site
@require_safe
@cache_control(public=True, max_age=300)
@conditional_page
def data_catalogue_json(request: HttpRequest) -> HttpResponse:
    """The catalogue as other portals harvest it (DCAT, JSON-LD)."""
    has_territory = any_boundaries()
    shapes = {dataset: tuple(_shapes(dataset, has_territory)) for dataset in DATASETS}
    content = dump(catalogue(shapes, identity.current(), last_changes()), indent=1)
    return HttpResponse(content, content_type="application/ld+json")


def _known(slug: str) -> DataSet:
    if slug not in BY_SLUG:
        raise Http404
    return BY_SLUG[slug]


def _form(slug: str, extension: str) -> tuple[DataSet, Format, Shape | None]:
    """What an address of a file names; 404 where there is no such thing."""
    if extension != GEOJSON.extension:
        if extension not in TABLES:
            raise Http404
        return _known(slug), TABLES[extension], None
    for dataset in DATASETS:
        for shape in dataset.shapes:
            if slug == dataset.slug + shape.suffix:
                return dataset, GEOJSON, shape
    raise Http404


def _shapes(dataset: DataSet, has_territory: bool) -> list[Shape]:
    """The geometries there are: the territory only where its polygons were loaded."""
    return [shape for shape in dataset.shapes if has_territory or shape.suffix != "-territorio"]


def _files(dataset: DataSet, has_territory: bool) -> list[tuple[str, str]]:
    """(what it is called, address) of each file."""
    tables = [(form.name, file_address(dataset, form)) for form in TABLES.values()]
    shapes = _shapes(dataset, has_territory)
    return tables + [
        (f"GeoJSON: {shape.title}" if len(shapes) > 1 else "GeoJSON", file_address(dataset, GEOJSON, shape))
        for shape in shapes
    ]
