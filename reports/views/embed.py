"""Figures of the results for other sites: each a light page for an iframe, and the page that gives the code."""

from dataclasses import dataclass
from urllib.parse import urlencode

from csp.constants import NONE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import conditional_page, require_safe

from municipalities.figures import places
from reports import documents
from reports.figures import public_figures
from reports.forms import ResultsFilter, programmes
from web import identity

# All that the frame may do: open a link in a tab of its own. No scripts, no forms, no way to the page around it.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
FRAMED_ANYWHERE = {"frame-ancestors": ["*"], "script-src": [NONE], "connect-src": [NONE], "form-action": [NONE]}


@dataclass(frozen=True)
class Figure:
    """A figure that other sites may show. ``name``: of the picture among :class:`reports.documents.Pictures`."""

    name: str
    title: str | Promise
    height: int
    is_map: bool = False


FIGURES = {
    "cobertura": Figure("coverage", _("Municipios con embajador o embajadora"), 760, is_map=True),
    "asistencias": Figure("attendance", _("Asistencias por municipio de la persona"), 760, is_map=True),
    "formatos": Figure("formats", _("Eventos celebrados por formato y modalidad"), 520),
    "caminos": Figure("pathways", _("Eventos por camino de entrada"), 420),
    "sexo": Figure("sexes", _("Asistencias por sexo"), 420),
    "acciones": Figure("actions", _("Acciones por camino de entrada"), 420),
}


# The frame's policy stands outside what answers 304: a browser takes over the headers of that answer too.
@login_not_required
@xframe_options_exempt
@csp_replace(FRAMED_ANYWHERE)
@require_safe
@cache_control(public=True, max_age=300)
@conditional_page
def figure_embed(request: HttpRequest, name: str) -> HttpResponse:
    """One figure with its table, its day and the way to the page it is from, under the filters of the results."""
    if name not in FIGURES:
        raise Http404
    figure, at = FIGURES[name], places()
    form = ResultsFilter(request.GET, places=at, among=programmes(AnonymousUser()))
    source = reverse("results") + (f"?{request.GET.urlencode()}" if request.GET else "")
    if not form.is_valid():
        return render(request, "reports/embed.html", {"figure": figure, "form": form, "source": source}, status=400)
    figures = public_figures(form.scope, form.period, places=at, registered=form.among.registered)
    context = {
        "figure": figure,
        "picture": getattr(documents.pictures(figures, at, linked=False), figure.name),
        "figures": figures,
        "period": documents.period_in_words(figures.starts_on, figures.ends_on),
        "source": source,
    }
    return render(request, "reports/embed.html", context)


@login_not_required
@require_safe
def figure_embed_code(request: HttpRequest) -> HttpResponse:
    """The code of every figure, under the filters of the query."""
    form = ResultsFilter(request.GET, places=places(), among=programmes(request.user))
    chosen = {name: request.GET[name] for name in form.fields if request.GET.get(name)} if form.is_valid() else {}
    query = f"?{urlencode(chosen)}" if chosen else ""
    rows = []
    for name, figure in FIGURES.items():
        path = reverse("figure_embed", args=[name]) + query
        code = format_html(
            '<iframe src="{}" title="{}" width="100%" height="{}" loading="lazy" sandbox="{}"'
            ' style="border:0"></iframe>',
            f"{settings.SITE_URL}{path}",
            f"{figure.title}: {identity.current().name}",
            figure.height,
            SANDBOX,
        )
        rows.append({"name": name, "figure": figure, "path": path, "code": str(code)})
    return render(
        request, "reports/embed_code.html", {"form": form, "rows": rows}, status=200 if form.is_valid() else 400
    )
