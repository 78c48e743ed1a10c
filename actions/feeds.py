"""Published actions to follow and to take away, under the very filters of the page. No person is in any of them.

Whoever has the query string of ``/acciones/`` has its actions in every form. With ``desde`` they are those published or
changed since that day; what was withdrawn since is named by its id alone, so that copies can follow.
"""

import datetime
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, rfc3339_date
from django.utils.html import format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from actions.enums import ActionKind, ActionStatus
from actions.filters import PublicActionFilter
from actions.models import Action, ActionQuerySet, Hazard, Withdrawn, withdrawn_since
from actions.rules import published_actions
from network.models import SDG, Pathway
from web import identity
from web.feeds import WrongFilter, public_feed, with_last_modified
from web.tabular import csv_response

Row = dict[str, Any]
# An Atom reader is told of what changed last; the whole is in JSON and CSV.
IN_ATOM = 200
# What a record says: the long texts are on the page it leads to.
OF_A_RECORD = (
    "uid", "slug", "title", "kind", "status", "progress", "starts_on", "ends_on", "last_follow_up_on", "updated_at",
    "published_at", "municipality__slug", "municipality__cvegeo", "municipality__name", "municipality__region__name",
    "sector__code", "sector__name", "sector__name_en", "pathway__code", "pathway__name", "pathway__name_en",
)  # fmt: skip


class ActionsAtom(Atom1Feed):
    """Atom that also says what is gone (RFC 6721)."""

    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), "xmlns:at": "http://purl.org/atompub/tombstones/1.0"}

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        for gone in self.feed["withdrawn"]:
            handler.addQuickElement("at:deleted-entry", "", {"ref": gone.uid.urn, "when": rfc3339_date(gone.at)})


@public_feed
def action_list_atom(request: HttpRequest) -> HttpResponse:
    """The actions as Atom (RFC 4287), what changed last first."""
    filters = _filtered(request)
    name = identity.current().name
    feed = ActionsAtom(
        title=_("{name}: acciones climáticas").format(name=name),
        link=_address("action_list", filters),
        feed_url=_address("action_list_atom", filters),
        description=None,
        language=get_language() or "es",
        author_name=identity.current().institution_name or name,
        withdrawn=_withdrawn(filters),
    )
    statuses = _words(ActionStatus)
    for action in _loaded(filters.qs)[:IN_ATOM]:
        progress = "" if action.progress is None else _("Avance: {percent} %").format(percent=action.progress)
        parts = [f"{action.municipality.name} · {action.sector.label}", statuses[action.status], progress]
        feed.add_item(
            title=_clean(f"{action.municipality.name}: {action.title}"),
            link=f"{settings.SITE_URL}{reverse('action_detail', args=[action.slug])}",
            description=format_html_join("", "<p>{}</p>", [(_clean(part),) for part in parts if part]),
            unique_id=action.uid.urn,
            pubdate=action.published_at,
            updateddate=action.updated_at,
            categories=[action.sector.label, action.pathway.label],
        )
    response = HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="acciones.atom"'
    return with_last_modified(response, _latest_change())


@public_feed
def action_list_json(request: HttpRequest) -> HttpResponse:
    """The actions as JSON: ``{"name", "url", "since", "actions": [...], "withdrawn": [...]}``, what changed last first.

    Each action: ``id`` (UUID, for ever), ``url``, ``title``, ``kind``, ``status``, ``progress`` (per cent, or null),
    ``starts_on``, ``ends_on`` (planned), ``last_follow_up_on``, ``municipality`` (``slug``, ``cvegeo``, ``name``,
    ``region``), ``sector`` and ``pathway`` (``code``, ``name``), ``linked_pathways`` and ``hazards`` (codes), ``sdgs``
    (numbers), ``published`` and ``updated``. ``since`` is the day of the filter ``desde``; ``withdrawn`` has the ``id``
    of each action that left since then, whatever the other filters, and when; null without that filter. A wrong
    filter: 400 and ``{"error"}``.
    """
    try:
        filters = _filtered(request)
    except WrongFilter as wrong:
        return JsonResponse({"error": str(wrong)}, status=400, json_dumps_params={"ensure_ascii": False})
    gone = [{"id": str(row.uid), "when": row.at} for row in _withdrawn(filters)]
    data = {
        "name": identity.current().name,
        "url": _address("action_list", filters),
        "since": filters.since,
        "actions": list(_records(filters.qs)),
        "withdrawn": gone if filters.since else None,
    }
    return with_last_modified(JsonResponse(data, json_dumps_params={"ensure_ascii": False}), _latest_change())


@public_feed
def action_list_csv(request: HttpRequest) -> HttpResponse:
    """The actions as CSV; the columns are the fields of :func:`action_list_json`. What left is a line with its id."""
    head = [
        _("Identificador"), _("Estado"), _("Municipio"), _("Clave INEGI"), _("Región"), _("Título"), _("Tipo"),
        _("Sector"), _("Camino de entrada"), _("Caminos vinculados"), _("ODS"), _("Amenazas"), _("Situación"),
        _("Avance (%)"), _("Inicia"), _("Termina (plan)"), _("Último seguimiento"), _("Página"), _("Publicada"),
        _("Actualizada"),
    ]  # fmt: skip
    filters = _filtered(request)
    kinds, statuses = _words(ActionKind), _words(ActionStatus)
    published, withdrawn = _("publicada"), _("retirada")
    rows = [_cells(row, published, kinds[row["kind"]], statuses[row["status"]]) for row in _records(filters.qs)]
    empty = [None] * (len(head) - 3)
    rows += [[str(gone.uid), withdrawn, *empty, gone.at] for gone in _withdrawn(filters)]
    return with_last_modified(csv_response("acciones.csv", head, rows), _latest_change())


def _filtered(request: HttpRequest) -> PublicActionFilter:
    filters = PublicActionFilter(request.GET, queryset=published_actions())
    if filters.refusal:
        raise WrongFilter(filters.refusal)
    return filters


def _withdrawn(filters: PublicActionFilter) -> list[Withdrawn]:
    return withdrawn_since(filters.since_moment) if filters.since_moment else []


def _address(name: str, filters: PublicActionFilter) -> str:
    query = f"?{filters.query_string}" if filters.query_string else ""
    return f"{settings.SITE_URL}{reverse(name)}{query}"


def _latest_change() -> datetime.datetime | None:
    """When any action last changed: one that was withdrawn is not in the feed any more, but changed it."""
    return Action.objects.order_by("-updated_at").values_list("updated_at", flat=True).first()


def _loaded(actions: ActionQuerySet) -> ActionQuerySet:
    found = actions.select_related("municipality__region", "sector", "pathway").only(*OF_A_RECORD)
    return found.order_by("-updated_at", "-pk")


def _records(actions: ActionQuerySet) -> Iterator[Row]:
    before, after = f"{settings.SITE_URL}{reverse('action_detail', args=['slug'])}".rsplit("slug", 1)
    links = (
        Prefetch("linked_pathways", Pathway.objects.only("code"), to_attr="linked"),
        Prefetch("sdgs", SDG.objects.only("number"), to_attr="goals"),
        Prefetch("hazards", Hazard.objects.only("code"), to_attr="threats"),
    )
    for action in _loaded(actions).prefetch_related(*links):
        yield _record(action, f"{before}{action.slug}{after}")


def _record(action: Any, url: str) -> Row:
    place = action.municipality
    return {
        "id": str(action.uid),
        "url": url,
        "title": action.title,
        "kind": action.kind,
        "status": action.status,
        "progress": action.progress,
        "starts_on": action.starts_on,
        "ends_on": action.ends_on,
        "last_follow_up_on": action.last_follow_up_on,
        "municipality": {
            "slug": place.slug, "cvegeo": place.cvegeo, "name": place.name, "region": place.region.name,
        },
        "sector": {"code": action.sector.code, "name": action.sector.label},
        "pathway": {"code": action.pathway.code, "name": action.pathway.label},
        "linked_pathways": [row.code for row in action.linked],
        "sdgs": [row.number for row in action.goals],
        "hazards": [row.code for row in action.threats],
        "published": action.published_at,
        "updated": action.updated_at,
    }  # fmt: skip


def _cells(row: Row, state: str, kind: str, status: str) -> list[Any]:
    place = row["municipality"]
    return [
        row["id"], state, place["name"], place["cvegeo"], place["region"], row["title"], kind, row["sector"]["name"],
        row["pathway"]["name"], " ".join(row["linked_pathways"]), " ".join(map(str, row["sdgs"])),
        " ".join(row["hazards"]), status, row["progress"], row["starts_on"], row["ends_on"],
        row["last_follow_up_on"], row["url"], row["published"], row["updated"],
    ]  # fmt: skip


def _words(choices: Any) -> dict[str, str]:
    """As text once: each lazy one would be translated again in every row."""
    return {value: str(label) for value, label in choices.choices}


def _clean(text: str) -> str:
    """Without what XML cannot hold, in one line."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
