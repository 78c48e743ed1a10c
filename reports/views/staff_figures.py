"""The institute's figures: exact, of any scope and period, each number with the rows behind it."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from municipalities.figures import Place, places
from reports import documents, tables
from reports.figures import Figures, compared_figures, exact_figures, headline_of
from reports.forms import ResultsFilter, programmes
from web.tabular import csv_response, xlsx_response
from web.templatetags.components import thousands

PER_PAGE = 50
staff_only = permission_required("reports.view_figures", raise_exception=True)


def _asked(request: HttpRequest) -> tuple[tuple[Place, ...], ResultsFilter]:
    at = places()
    return at, ResultsFilter(request.GET, places=at, among=programmes(request.user))


def _query(form: ResultsFilter) -> dict[str, str]:
    """Scope and period as the address carries them."""
    return {name: str(form.data[name]) for name in form.fields if form.data.get(name)}


def _counted(form: ResultsFilter, at: tuple[Place, ...]) -> tuple[Figures, tuple[tables.Section, ...]]:
    """The figures and their tables; with the period before, of as many days, where the period has both ends."""
    scope, period, query = form.scope, form.period, _query(form)
    common: Any = {"places": at, "registered": form.among.registered}
    before, previous = period.before, None
    if before is None:
        figures = exact_figures(scope, period, with_declared=False, **common)
    else:
        figures, earlier = compared_figures(scope, period, before, **common)
        days = {"desde": str(before.starts_on), "hasta": str(before.ends_on)}
        previous = (headline_of(figures), earlier, tables.linker({**query, **days}))
    return figures, tables.sections(figures, at, tables.linker(query), previous=previous)


@require_safe
@staff_only
def figures(request: HttpRequest) -> HttpResponse:
    """Every number is a link to its rows."""
    at, form = _asked(request)
    if not form.is_valid():
        return render(request, "reports/staff/figures.html", {"form": form, "figures": None}, status=422)
    counted, sections = _counted(form, at)
    before = form.period.before
    context = {
        "form": form,
        "figures": counted,
        "tiles": tables.tiles(counted, tables.linker(_query(form))),
        "sections": sections,
        "period": documents.period_in_words(counted.starts_on, counted.ends_on),
        "before": documents.period_in_words(before.starts_on, before.ends_on) if before else "",
        "query": request.GET.urlencode(),
        "periods": _periods(counted.counted_on),
    }
    return render(request, "reports/staff/figures.html", context)


def _periods(today: dt.date) -> list[tuple[str, str]]:
    """Periods that are often asked for, as the query says them."""
    year = today.replace(month=1, day=1)
    quarter = today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1)
    last = year.replace(year=year.year - 1)
    return [
        (_("Este trimestre"), f"desde={quarter}&hasta={today}"),
        (_("Este año"), f"desde={year}&hasta={today}"),
        (_("El año pasado"), f"desde={last}&hasta={last.replace(month=12, day=31)}"),
    ]


@require_safe
@staff_only
def figures_csv(request: HttpRequest) -> HttpResponse:
    at, form = _asked(request)
    if not form.is_valid():
        return render(request, "reports/staff/figures.html", {"form": form, "figures": None}, status=422)
    _figures, sections = _counted(form, at)
    return csv_response(_("cifras.csv"), tables.flat_head(), _absolute(request, tables.flat(sections)))


@require_safe
@staff_only
def figures_xlsx(request: HttpRequest) -> HttpResponse:
    at, form = _asked(request)
    if not form.is_valid():
        return render(request, "reports/staff/figures.html", {"form": form, "figures": None}, status=422)
    _figures, sections = _counted(form, at)
    head = tables.flat_head()
    sheets = [(section.title[:31], head, _absolute(request, tables.flat([section]))) for section in sections]
    return xlsx_response(_("cifras.xlsx"), sheets)


def _absolute(request: HttpRequest, lines: Iterable[list[Any]]) -> list[list[Any]]:
    return [[*line[:-1], request.build_absolute_uri(line[-1])] for line in lines]


@require_safe
@staff_only
def rows(request: HttpRequest, what: str) -> HttpResponse:
    """The rows behind one number, with their total."""
    at, form = _asked(request)
    if not form.is_valid():
        raise Http404
    cell = {name: value for name, value in request.GET.items() if name not in form.fields and name != "pagina"}
    asked = tables.Asked(form.scope, form.period, at, form.among.registered, cell)
    try:
        behind = tables.rows_behind(what, asked)
    except tables.NoSuchRows:
        raise Http404 from None
    page = Paginator(behind.rows, PER_PAGE).get_page(request.GET.get("pagina"))
    lines = [
        {"address": behind.address(row), "cells": list(zip(behind.heads, map(_shown, behind.cells(row)), strict=True))}
        for row in page.object_list
    ]
    context = {
        "behind": behind,
        "page": page,
        "lines": lines,
        "scope": form.scope,
        "period": documents.period_in_words(form.period.starts_on, form.period.ends_on),
        "query": urlencode(_query(form)),
    }
    return render(request, "reports/staff/figure_rows.html", context)


def _shown(text: object) -> str:
    if isinstance(text, dt.date):
        return date_format(text, "j b Y")
    return thousands(text) if isinstance(text, (int, Decimal)) or text is None else str(text)
