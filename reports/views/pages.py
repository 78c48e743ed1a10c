"""Public pages that read across apps: home, the network, the municipalities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from actions.figures import sector_profiles
from actions.rules import published_actions
from events.models import Attendance, Event, EventOrganiser, SeriesOrganiser
from events.rules import visible_events
from municipalities.figures import Place, look_alikes, of_municipality, places, state
from municipalities.maps import Category, Tile, TileMap, ornament, tile_map
from municipalities.models import Municipality
from network.enums import OrganisationRole
from network.figures import NONE, SUPLENTE_ONLY, TITULAR, coverage_figures
from network.models import Designation, Pathway
from network.rules import programme_statuses, visible_municipalities
from reports.filters import MunicipalityFilter, with_coverage
from reports.models import DeclaredResult
from trainings.figures import accompaniment_hours, public_hours
from web import identity
from web.shared import shared

DATA_FORMS = ("CSV", "XLSX", "JSON", "GeoJSON")
MAP_LAYERS = ("enlace", "asistencia", "acciones")


@dataclass(frozen=True)
class HomeMap:
    """The map of the home page with the same facts as rows: (name, address, what is said)."""

    layer: str
    map: TileMap
    rows: Sequence[tuple[str, str, str]]


@shared
@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The network in one sentence, what comes next, the map, four figures, latest results. At most ten queries."""
    layer = request.GET.get("mapa", MAP_LAYERS[0])
    if layer not in MAP_LAYERS:
        raise Http404
    territory, installation = places(), identity.of(request)
    coverage = coverage_figures(state(""), territory)
    attended = _attendances_by_municipality()
    actions = _actions_by_municipality()
    events = visible_events(request.user).public().select_related("format", "municipality", "series")
    return render(
        request,
        "reports/home.html",
        {
            "upcoming": events.published().upcoming()[:3],
            "latest_results": events.held().exclude(results_summary="").order_by("-first_day", "-pk")[:3],
            "held": Event.objects.held().count(),
            "attendances": sum(attended.values()),
            "action_total": sum(actions.values()),
            "coverage": coverage,
            "home_map": _home_map(layer, territory, dict(coverage.states), attended, actions),
            "ornament": ornament(
                [(place.column, place.row) for place in territory],
                primary=installation.primary_light,
                accent=installation.accent,
            ),
        },
    )


def _attendances_by_municipality() -> dict[int | None, int]:
    return dict(Attendance.objects.order_by().values_list("municipality").annotate(count=Count("pk")))


def _actions_by_municipality() -> dict[int, int]:
    return dict(published_actions().order_by().values_list("municipality").annotate(count=Count("pk")))


def _home_map(
    layer: str,
    territory: Sequence[Place],
    coverage: Mapping[str, str],
    attended: Mapping[int | None, int],
    actions: Mapping[int, int],
) -> HomeMap:
    if layer == "enlace":
        categories = [
            Category(TITULAR, _("Con titular"), "3"),
            Category(SUPLENTE_ONLY, _("Solo suplente"), "info"),
            Category(NONE, _("Sin designación"), "warn"),
        ]
        words = {category.key: category.label for category in categories}
        said = {place.pk: (coverage[place.code], words[coverage[place.code]]) for place in territory}
    elif layer == "asistencia":
        steps = [(0, _("Sin asistencias")), (1, _("1 a 4 asistencias")), (5, _("5 a 9")), (10, _("10 o más"))]
        categories = [Category(str(level), label, str(level)) for level, (_least, label) in enumerate(steps)]
        said = {}
        for place in territory:
            count = attended.get(place.pk, 0)
            value = ngettext("%(count)s asistencia", "%(count)s asistencias", count) % {"count": count}
            said[place.pk] = (_step(count, [least for least, _label in steps]), value)
    else:
        steps = [(0, _("Sin acciones")), (1, _("1 acción")), (2, _("2 acciones")), (3, _("3 o más"))]
        categories = [Category(str(level), label, str(level)) for level, (_least, label) in enumerate(steps)]
        said = {}
        for place in territory:
            count = actions.get(place.pk, 0)
            value = ngettext("%(count)s acción", "%(count)s acciones", count) % {"count": count}
            said[place.pk] = (_step(count, [least for least, _label in steps]), value)
    address = _municipality_address()
    tiles = [
        Tile(place.name, place.column, place.row, said[place.pk][0], said[place.pk][1], address.format(place.slug))
        for place in territory
    ]
    drawn = tile_map("mapa", _("Mapa de los municipios"), tiles, categories)
    return HomeMap(layer, drawn, [(tile.name, tile.href, tile.value) for tile in tiles])


def _step(count: int, least: Sequence[int]) -> str:
    """The last step whose least value the count reaches."""
    return str(max(index for index, value in enumerate(least) if count >= value))


def _municipality_address() -> str:
    """The address of a municipality's page with ``{}`` for its slug: resolved once, not once a row."""
    return reverse("municipality_detail", args=["x"]).replace("/x/", "/{}/")


@shared
@login_not_required
@require_safe
def about_network(request: HttpRequest) -> HttpResponse:
    """What the network is, for whom, whom to ask, what it does and what came of it (document 003)."""
    coverage = coverage_figures(state(""), places())
    return render(
        request,
        "reports/about_network.html",
        {
            "coverage": coverage,
            "pathways": Pathway.objects.all(),
            "declared": DeclaredResult.objects.select_related("organisation"),
            "held": Event.objects.held().count(),
            "attendances": Attendance.objects.count(),
            "partners": _partners(),
        },
    )


def _partners() -> list[tuple[str, list[str]]]:
    """Institutions by the role they have in public events and in series, as (role, names)."""
    events = EventOrganiser.objects.filter(event__in=Event.objects.public())
    found = sorted(
        {
            (str(role), str(name))
            for rows in (events, SeriesOrganiser.objects.all())
            for role, name in rows.order_by().values_list("role", "organisation__name").distinct()
        }
    )
    return [
        (str(label), [name for role, name in found if role == value])
        for value, label in OrganisationRole.choices
        if any(role == value for role, _name in found)
    ]


@shared
@login_not_required
@require_safe
def municipality_list(request: HttpRequest) -> HttpResponse:
    """All of them on one page: 125 rows are read at a glance and found by words. The filters are those of the data set;
    a value that does not exist is a 400."""
    chosen = MunicipalityFilter(request.GET, queryset=with_coverage(visible_municipalities(request.user)))
    actions, attended = _actions_by_municipality(), _attendances_by_municipality()
    words = {TITULAR: _("Titular"), SUPLENTE_ONLY: _("Solo suplente"), NONE: _("Sin designación")}
    tones = {TITULAR: "ok", SUPLENTE_ONLY: "info", NONE: "warn"}
    address = _municipality_address()
    since = dict(Designation.objects.in_force().titulares().order_by().values_list("municipality", "starts_on"))
    table = []
    for row in [] if chosen.problems else chosen.qs:
        standing = TITULAR if row.has_titular else SUPLENTE_ONLY if row.has_any else NONE
        table.append(
            {
                "name": row.name,
                "href": address.format(row.slug),
                "region": row.region.name,
                "population": row.population,
                "coverage": words[standing],
                "tone": tones[standing],
                "since": since.get(row.pk),
                "programme": chosen.programmes.get(row.pk),
                "actions": actions.get(row.pk, 0),
                "attendances": attended.get(row.pk, 0),
            }
        )
    context = {"filter": chosen, "rows": table, "files": _same_as_data(chosen)}
    return render(request, "reports/municipality_list.html", context, status=400 if chosen.problems else 200)


def _same_as_data(chosen: MunicipalityFilter) -> list[tuple[str, str]]:
    """(form, address) of the data set under the same filters."""
    query = f"?{chosen.query_string}" if chosen.query_string else ""
    return [(name, f"{reverse('dataset_file', args=['municipios', name.lower()])}{query}") for name in DATA_FORMS]


@shared
@login_not_required
@require_safe
def municipality_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One municipality: where it is, who answers for climate (by office), what it does, who its neighbours are."""
    attendances = Attendance.objects.filter(municipality=OuterRef("pk")).order_by().values("municipality")
    found = visible_municipalities(request.user).select_related("contact").prefetch_related("metropolitan_zones")
    municipality = get_object_or_404(
        found.annotate(
            attended=Subquery(attendances.annotate(how_many=Count("pk")).values("how_many")),
            attended_events=Subquery(attendances.annotate(how_many=Count("event", distinct=True)).values("how_many")),
        ),
        slug=slug,
    )
    others = list(visible_municipalities(request.user).exclude(pk=municipality.pk).order_by("sort_name"))
    designations = list(
        Designation.objects.in_force().filter(municipality=municipality).select_related("person").order_by("-kind")
    )
    actions = list(published_actions().filter(municipality=municipality).select_related("pathway", "sector"))
    events = visible_events(request.user).public().filter(municipality=municipality).select_related("format")
    return render(
        request,
        "reports/municipality_detail.html",
        {
            "municipality": municipality,
            "vulnerability": vulnerability_words(municipality.vulnerability_level),
            "titular": next((row for row in designations if row.kind == "titular"), None),
            "suplente": next((row for row in designations if row.kind == "suplente"), None),
            "actions": actions,
            "upcoming": events.published().upcoming()[:5],
            "held": events.held().order_by("-first_day", "-pk")[:5],
            "attendances": vars(municipality)["attended"] or 0,
            "sessions": vars(municipality)["attended_events"] or 0,
            "accompaniment": next(iter(public_hours(accompaniment_hours(of_municipality(municipality)))), None),
            "programme": programme_statuses().filter(municipality=municipality).first(),
            "contact": getattr(municipality, "contact", None),
            "neighbours": _neighbours(municipality, others),
            "look_alikes": look_alikes(municipality, others, sector_profiles()),
        },
    )


def vulnerability_words(level: int | None) -> str:
    """INECC's level said in words; its levels are nested, 3 the most vulnerable."""
    return {
        1: _("Vulnerable al cambio climático (nivel 1 de 3)"),
        2: _("Muy vulnerable al cambio climático (nivel 2 de 3)"),
        3: _("Entre los más vulnerables del país (nivel 3 de 3)"),
    }.get(level or 0, _("El INECC no le asigna nivel"))


def _neighbours(municipality: Municipality, others: Sequence[Municipality]) -> Sequence[Municipality]:
    """Those whose tiles touch this one's on the hexagon grid (odd rows stand half a tile to the right)."""
    column, row = municipality.tile_column, municipality.tile_row
    shift = row % 2
    around = [
        (column - 1, row),
        (column + 1, row),
        (column - 1 + shift, row - 1),
        (column + shift, row - 1),
        (column - 1 + shift, row + 1),
        (column + shift, row + 1),
    ]
    return [other for other in others if (other.tile_column, other.tile_row) in around]
