"""The staff's directory: every municipality with who represents it, and the page that accompanies one of them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Max, Q, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rules.contrib.views import permission_required

from actions.rules import reviewable_actions
from events.rules import visible_registrations
from municipalities.maps import Category, Tile, TileMap, tile_map
from municipalities.models import Municipality, Region
from network.enums import ProgrammeState
from network.figures import EXPIRED, NONE, SUPLENTE_ONLY, TITULAR, UNKNOWN, Standing, standings
from network.forms import CommunicationForm
from network.guards import personal_file
from network.models import ClimateProgramme, Person
from network.rules import (
    programme_statuses,
    visible_communications,
    visible_designations,
    visible_municipalities,
    visible_programmes,
)
from reports.forms import STANDINGS, DirectoryFilter
from trainings.rules import managed_accompaniments, visible_enrolments
from web.search import fold
from web.tabular import csv_response, xlsx_response

TONES = {TITULAR: "ok", SUPLENTE_ONLY: "info", EXPIRED: "warn", NONE: "danger"}
LEVELS = {TITULAR: "3", SUPLENTE_ONLY: "info", EXPIRED: "warn", NONE: "0"}
PROGRAMME_LEVELS = {
    ProgrammeState.PUBLISHED: "3", ProgrammeState.PREPARATION: "info", ProgrammeState.EXPIRED: "warn",
    ProgrammeState.NONE: "1", UNKNOWN: "0",
}  # fmt: skip
# So many of each kind stand on the page of a municipality; the rest is behind a link.
SHOWN = 8
PER_PAGE = 25
VIEWS = ("lista", "mapa", "programas")
keeps_directory = permission_required("network.keep_directory", raise_exception=True)


@dataclass(frozen=True)
class Row:
    """One municipality with all that the list, the maps and the files say of it."""

    place: Municipality
    href: str
    standing: Standing
    programme: ClimateProgramme | None
    last_contact: dt.date | None
    pending: int
    actions: int

    @property
    def words(self) -> str:
        return str(STANDINGS[self.standing.state])

    @property
    def tone(self) -> str:
        return TONES[self.standing.state]

    @property
    def programme_key(self) -> str:
        return self.programme.shown_state if self.programme else UNKNOWN

    @property
    def programme_words(self) -> str:
        return str(self.programme.shown_state.label) if self.programme else _("Sin dato")

    @property
    def programme_tone(self) -> str:
        return self.programme.shown_state.tone if self.programme else "neutral"

    @property
    def people(self) -> list[Person]:
        rows = [self.standing.titular] if self.standing.titular else []
        return [row.person for row in (*rows, *self.standing.suplentes)]

    def has(self, words: Sequence[str]) -> bool:
        """Every word stands in the names of the municipality, its people or its office."""
        office = contact.office if (contact := getattr(self.place, "contact", None)) else ""
        names = [self.place.name, self.place.alternative_name, self.place.seat, office]
        text = fold(" ".join([*names, *(person.name for person in self.people)]))
        return all(word in text for word in words)


@require_safe
@keeps_directory
@never_cache
def municipality_list(request: HttpRequest) -> HttpResponse:
    """As a list, or all of them as a map coloured by designation or by programme."""
    form, rows = _narrowed(request)
    view = request.GET.get("vista", VIEWS[0])
    context: dict[str, Any] = {"form": form, "rows": rows, "view": view if view in VIEWS else VIEWS[0]}
    if context["view"] == VIEWS[0]:
        context["page"] = Paginator(rows, PER_PAGE).get_page(request.GET.get("pagina"))
    else:
        context["map"] = _map(rows, by_programme=context["view"] == "programas")
    return render(request, "reports/staff/municipality_list.html", context)


@require_safe
@keeps_directory
@personal_file("directory")
@never_cache
def municipality_list_csv(request: HttpRequest) -> HttpResponse:
    _form, rows = _narrowed(request)
    return csv_response(_("municipios.csv"), _head(), _cells(rows))


@require_safe
@keeps_directory
@personal_file("directory")
@never_cache
def municipality_list_xlsx(request: HttpRequest) -> HttpResponse:
    _form, rows = _narrowed(request)
    return xlsx_response(_("municipios.xlsx"), [(_("Municipios"), _head(), _cells(rows))])


@require_safe
@keeps_directory
@never_cache
def municipality_file(request: HttpRequest, slug: str) -> HttpResponse:
    """What the institute knows of one municipality and does with it."""
    user = request.user
    place = get_object_or_404(visible_municipalities(user).select_related("contact", "office"), slug=slug)
    log = visible_communications(user).filter(municipality=place)
    programmes = list(visible_programmes(user).filter(municipality=place).select_related("instrument", "created_by"))
    designations = list(visible_designations(user).filter(municipality=place).select_related("person"))
    current = sorted((row for row in designations if row.is_current), key=lambda row: row.kind, reverse=True)
    pending = Count("pk", filter=~Q(next_step="") & Q(done_at__isnull=True))
    said = list(log.select_related("created_by").annotate(all=Window(Count("pk")), pending=Window(pending))[:SHOWN])
    context = {
        "municipality": place,
        "contact": getattr(place, "contact", None),
        "office": getattr(place, "office", None),
        "current": current,
        "earlier": [row for row in designations if not row.is_current],
        "programmes": programmes,
        "programme": programmes[0] if programmes else None,
        "log": said,
        "log_counts": {"all": said[0].all, "pending": said[0].pending} if said else {"all": 0, "pending": 0},
        "log_form": CommunicationForm(),
        "actions": reviewable_actions(user).filter(municipality=place).select_related("sector")[: SHOWN + 1],
        "accompaniments": managed_accompaniments(user).filter(municipality=place).for_lists()[:SHOWN],
        "trainings": visible_enrolments(user)
        .live()
        .filter(municipality=place)
        .order_by()
        .values("training", "training__title")
        .annotate(people=Count("pk"), last=Max("pk"))
        .order_by("-last")[:SHOWN],
        "registrations": visible_registrations(user)
        .live()
        .filter(municipality=place)
        .order_by()
        .values("event", "event__title", "event__first_day")
        .annotate(people=Count("pk"))
        .order_by("-event__first_day")[:SHOWN],
        "shown": SHOWN,
    }
    return render(request, "reports/staff/municipality_file.html", context)


def _narrowed(request: HttpRequest) -> tuple[DirectoryFilter, list[Row]]:
    rows = _rows(request)
    form = DirectoryFilter(request.GET, regions=list(Region.objects.all()))
    form.is_valid()  # a choice that does not exist narrows nothing and says so at its field
    wanted = form.cleaned_data
    words = fold(wanted.get("q") or "").split()[:8]
    return form, [
        row
        for row in rows
        if (not wanted.get("zona") or str(row.place.region.zone_number) == wanted["zona"])
        and (not wanted.get("region") or row.place.region.slug == wanted["region"])
        and (not wanted.get("designacion") or row.standing.state == wanted["designacion"])
        and (not wanted.get("programa") or row.programme_key == wanted["programa"])
        and row.has(words)
    ]


def _rows(request: HttpRequest) -> list[Row]:
    user = request.user
    standing = standings()
    programmes = {row.municipality_id: row for row in programme_statuses()}
    pending = Count("pk", filter=~Q(next_step="") & Q(done_at__isnull=True))
    log = visible_communications(user).order_by().values_list("municipality")
    said = {pk: (last, steps) for pk, last, steps in log.annotate(last=Max("happened_on"), steps=pending)}
    found = reviewable_actions(user).order_by().values_list("municipality").annotate(count=Count("pk"))
    actions: dict[int, int] = dict(found)
    address = reverse("staff_municipality_detail", args=["x"]).replace("/x/", "/{}/")
    return [
        Row(
            place,
            address.format(place.slug),
            standing.get(place.pk) or Standing(NONE, None, (), ""),
            programmes.get(place.pk),
            *said.get(place.pk, (None, 0)),
            actions.get(place.pk, 0),
        )
        for place in visible_municipalities(user).select_related("contact", "office")
    ]


def _map(rows: Sequence[Row], *, by_programme: bool) -> TileMap:
    if by_programme:
        named = [*ProgrammeState.choices, (UNKNOWN, _("Sin dato"))]
        categories = [
            Category(key, str(label), PROGRAMME_LEVELS[key], f"?vista=programas&programa={key}") for key, label in named
        ]
    else:
        categories = [
            Category(key, str(label), LEVELS[key], f"?vista=mapa&designacion={key}") for key, label in STANDINGS.items()
        ]
    tiles = [
        Tile(
            row.place.name,
            row.place.tile_column,
            row.place.tile_row,
            row.programme_key if by_programme else row.standing.state,
            row.programme_words if by_programme else _said(row),
            row.href,
        )
        for row in rows
    ]
    return tile_map("mapa", _("Mapa de los municipios"), tiles, categories)


def _said(row: Row) -> str:
    return f"{row.words} ({row.standing.reason})" if row.standing.reason else row.words


def _head() -> list[str]:
    return [
        _("Clave INEGI"), _("Municipio"), _("Región"), _("Zona"), _("Designación"), _("Razón"),
        _("Titular"), _("Cargo"), _("Correo"), _("Teléfono"), _("Desde"), _("Hasta"),
        _("Suplente"), _("Cargo del suplente"), _("Correo del suplente"), _("Teléfono del suplente"),
        _("Oficina"), _("Dirección"), _("Teléfono de la oficina"), _("Correo de la oficina"), _("Sitio web"),
        _("Programa climático"), _("Año del programa"), _("Programa vigente hasta"),
        _("Último contacto"), _("Pasos pendientes"), _("Acciones"),
    ]  # fmt: skip


def _cells(rows: Sequence[Row]) -> list[list[Any]]:
    """One line for each municipality; unknown is an empty cell."""
    lines = []
    for row in rows:
        place, titular = row.place, row.standing.titular
        contact, office = getattr(place, "contact", None), getattr(place, "office", None)
        suplentes: list[Person | None] = [designation.person for designation in row.standing.suplentes]
        lines.append([
            place.cvegeo, place.name, place.region.name, place.region.zone, row.words, row.standing.reason,
            *_person(titular.person if titular else None),
            titular.starts_on if titular else None, titular.ends_on if titular else None,
            *("; ".join(filter(None, values)) for values in zip(*map(_person, suplentes or [None]), strict=True)),
            *((contact.office, contact.address, contact.phone) if contact else ("", "", "")),
            office.email if office else "", contact.website if contact else "",
            row.programme_words if row.programme else "",
            row.programme.year if row.programme else None, row.programme.valid_until if row.programme else None,
            row.last_contact, row.pending, row.actions,
        ])  # fmt: skip
    return lines


def _person(person: Person | None) -> tuple[str, str, str, str]:
    return (person.name, person.position, person.email, person.phone) if person else ("", "", "", "")
