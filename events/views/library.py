"""The library: what events offer and what sessions left, as page, CSV and Atom under one set of filters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.text import Truncator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from events.emails import absolute
from events.enums import LibraryKind
from events.forms.library import LibraryFilter
from events.models import EventOrganiser, LibraryItem, LibraryItemQuerySet, SeriesOrganiser
from events.rules import visible_library
from network.enums import OrganisationRole
from web import dates, identity
from web.shared import shared
from web.tabular import csv_response

PAGE = 20
FEED = 100
EXCERPT = 320
ICONS = {
    LibraryKind.RESULTS: "flag",
    LibraryKind.ANSWER: "reply",
    LibraryKind.RECORDING: "video",
    LibraryKind.SLIDES: "chart",
    LibraryKind.MINUTES: "edit",
    LibraryKind.DOCUMENT: "file",
    LibraryKind.REFERENCE: "book",
    LibraryKind.SESSION: "clock",
}
SOURCES = (OrganisationRole.CONVENES, OrganisationRole.ORGANISES)
# What a card reads: an event and its series are many times as much.
OF_A_CARD = (
    "kind", "language", "event__uid", "event__slug", "event__title", "event__title_en", "event__first_day",
    "event__last_day", "event__number_in_series", "event__results_summary", "event__revised_at",
    "event__format__name", "event__format__name_en", "event__series__title", "event__series__title_en",
    "event__pathway__name", "event__pathway__name_en", "material__title", "material__url", "material__has_captions",
    "question__text", "question__answer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """An item of the library with its words ready. ``where`` names the other site that a link leads to."""

    kind: str
    icon: str
    title: str
    lang: str  # of the title, where it is not the page's
    href: str
    where: str
    text: str
    text_lang: str
    language: str
    captions: str
    event: str
    event_lang: str
    event_href: str
    format: str
    series: str
    series_lang: str
    day: str
    source: str
    pathway: str


@dataclass(frozen=True, slots=True)
class Words:
    """What the cards of one answer share: asked for once, not for each of ten thousand."""

    kinds: dict[str, str]
    languages: dict[str, str]
    day: Callable[[date | None, date | None], str]
    page: str  # its language
    before: str  # of the slug, in the address of an event
    after: str


@shared
@login_not_required
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    filters = LibraryFilter(request.GET, queryset=visible_library(request.user))
    is_valid = filters.is_valid()
    page = _paginated(filters, request.GET.get("pagina")) if is_valid else None
    query = f"?{filters.query_string}" if filters.query_string else ""
    context = {
        "filter": filters,
        "form": filters.form_with_counts() if is_valid else filters.form,
        "is_valid": is_valid,
        "is_filtered": bool(filters.chosen),
        "page": page,
        "total": filters.total if is_valid else 0,
        "cards": cards(page.object_list) if page else [],
        "csv": reverse("library_csv") + query,
        "atom": reverse("library_atom") + query,
    }
    return render(request, "events/library.html", context, status=200 if is_valid else 400)


@login_not_required
@require_safe
@cache_control(public=True, max_age=300)
def library_csv(request: HttpRequest) -> HttpResponse:
    """Everything that the filters leave, one thing a line."""
    filters = LibraryFilter(request.GET, queryset=visible_library(request.user))
    if wrong := _wrong(filters):
        return wrong
    head = (
        _("Tipo"), _("Título"), _("Texto"), _("Idioma"), _("Subtítulos"), _("Evento"), _("Formato"), _("Ciclo"),
        _("Fecha"), _("Camino"), _("Fuente"), _("Dirección"), _("Página del evento"),
    )  # fmt: skip
    rows = (
        (
            card.kind, card.title, card.text, card.language, card.captions, card.event, card.format, card.series,
            item.event.first_day, card.pathway, card.source, card.href if card.where else absolute(card.href),
            absolute(card.event_href),
        )
        for item, card in _with_cards(_loaded(filters.qs), excerpt=0)
    )  # fmt: skip
    return csv_response("biblioteca.csv", head, rows)


@login_not_required
@require_safe
@cache_control(public=True, max_age=300)
@conditional_page
def library_atom(request: HttpRequest) -> HttpResponse:
    """The newest hundred that the filters leave (RFC 4287). An entry keeps its id for as long as the thing exists."""
    filters = LibraryFilter(request.GET, queryset=visible_library(request.user))
    if wrong := _wrong(filters):
        return wrong
    query = f"?{filters.query_string}" if filters.query_string else ""
    feed = Atom1Feed(
        title=_("Biblioteca: {network}").format(network=identity.current().name),
        link=absolute(reverse("library") + query),
        feed_url=absolute(reverse("library_atom") + query),
        description=_("Lo que dejan las sesiones de la red."),
        language=get_language() or "es",
        author_name=identity.current().institution_name,
    )
    for item, card in _with_cards(_loaded(filters.qs)[:FEED], excerpt=EXCERPT):
        feed.add_item(
            title=f"{card.kind}: {card.title}",
            link=card.href if card.where else absolute(card.href),
            description=escape(" · ".join(filter(None, [card.text, card.event, card.day]))),  # readers take it for HTML
            unique_id=f"urn:uuid:{item.event.uid}#{_key(item)}",
            updateddate=item.event.revised_at,
            categories=[card.kind, card.pathway],
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def cards(items: Iterable[LibraryItem]) -> list[Card]:
    return [card for _item, card in _with_cards(items, excerpt=EXCERPT)]


def _with_cards(items: Iterable[LibraryItem], *, excerpt: int) -> Iterable[tuple[LibraryItem, Card]]:
    """Needs what :func:`_loaded` loads. ``excerpt``: at most so many characters of a text, 0 for the whole, as the
    CSV has it, which says its day itself."""
    before, after = reverse("event_detail", args=["slug"]).rsplit("slug", 1)
    kinds, languages = {kind: str(kind.label) for kind in LibraryKind}, {"es": _("Español"), "en": _("Inglés")}
    words = Words(kinds, languages, cache(_day), (get_language() or "es")[:2], before, after)
    return ((item, _card(item, excerpt, words)) for item in items)


def _day(first: date | None, last: date | None) -> str:
    return dates.day_range_label(first, last) if first else _("Fecha por confirmar")


def _card(item: LibraryItem, excerpt: int, words: Words) -> Card:
    event, material, question = item.event, item.material, item.question
    page = f"{words.before}{event.slug}{words.after}"
    title, href, where, text = event.label, f"{page}#resultados", "", ""
    if material:
        title = material.title
        href = material.url or reverse("material_file", args=[event.slug, material.pk])
        where = (urlsplit(material.url).hostname or "").removeprefix("www.")
    elif question:
        title, href, text = question.text, f"{page}#preguntas", question.answer
    elif item.kind == LibraryKind.RESULTS:
        text = event.results_summary
    language = item.language if material else "en" if event.title_en and title == event.title_en else "es"
    captions = ""
    if material and item.kind == LibraryKind.RECORDING:
        captions = _("con subtítulos") if material.has_captions else _("sin subtítulos")
    organisers = event.sources or (event.series.sources if event.series else [])
    return Card(
        kind=words.kinds[item.kind],
        icon=ICONS[LibraryKind(item.kind)],
        title=title,
        lang=language if language != words.page else "",
        href=href,
        where=where,
        text=Truncator(" ".join(text.split())).chars(excerpt) if excerpt else text,
        text_lang="es" if words.page != "es" else "",
        language=words.languages[item.language] if material else "",
        captions=captions,
        event=event.label,
        event_lang="es" if words.page != "es" and not event.title_en else "",
        event_href=page,
        format=event.numbered_name,
        series=event.series.label if event.series else "",
        series_lang="es" if words.page != "es" and event.series and not event.series.title_en else "",
        day=words.day(event.first_day, event.last_day) if excerpt else "",
        source=", ".join(dict.fromkeys(str(row.organisation) for row in organisers)),
        pathway=event.pathway.label,
    )


def _loaded(items: LibraryItemQuerySet) -> LibraryItemQuerySet:
    found = items.select_related("event__format", "event__series", "event__pathway", "material", "question")
    named = ("role", "organisation__name", "organisation__acronym")
    of_event = EventOrganiser.objects.filter(role__in=SOURCES).select_related("organisation").only("event", *named)
    of_series = SeriesOrganiser.objects.filter(role__in=SOURCES).select_related("organisation").only("series", *named)
    return (
        found.only(*OF_A_CARD)
        .newest_first()
        .prefetch_related(
            Prefetch("event__organisers", of_event, to_attr="sources"),
            Prefetch("event__series__organisers", of_series, to_attr="sources"),
        )
    )


class _Counted(Paginator):
    """The filters have counted already."""

    def __init__(self, items: Any, *, total: int) -> None:
        super().__init__(items, PAGE)
        self._total = total

    @cached_property
    def count(self) -> int:
        return self._total


def _paginated(filters: LibraryFilter, number: str | None) -> Page:
    return _Counted(_loaded(filters.qs), total=filters.total).get_page(number)


def _key(item: LibraryItem) -> str:
    if item.material_id:
        return f"material-{item.material_id}"
    return f"answer-{item.question_id}" if item.question_id else item.kind


def _wrong(filters: LibraryFilter) -> HttpResponse | None:
    """The answer to a query that names a filter or a value that does not exist."""
    if not filters.refusal:
        return None
    return HttpResponse(f"{filters.refusal}\n", status=400, content_type="text/plain; charset=utf-8")
