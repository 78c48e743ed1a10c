"""The filters of the calendar: one set for month, list and feed, so that a feed is exactly what was seen."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import CharField, IntegerField, Q, QuerySet, Value
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.models import Event, EventQuerySet, Format, Series
from municipalities.models import Municipality, Region
from network.enums import Modality
from network.models import Pathway
from web.search import fold, words_filter

Choices = list[tuple[str, str]]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What can be chosen in the filters, in the language of the page."""

    formats: Choices
    pathways: Choices
    regions: Choices
    municipalities: Choices
    series: Choices


def vocabulary() -> Vocabulary:
    """All choices of all filters in one query."""

    def rows(queryset: QuerySet[Any], kind: str, order: str | None, key: str, name: str, name_en: str | None) -> Any:
        return queryset.order_by().values_list(
            Value(kind, CharField()),
            order or Value(0, IntegerField()),
            key,
            name,
            name_en or Value("", CharField()),
        )

    parts = [
        rows(Format.objects.filter(is_individual=False), "formats", "order", "code", "name", "name_en"),
        rows(Pathway.objects.all(), "pathways", "order", "code", "name", "name_en"),
        rows(Region.objects.all(), "regions", "number", "slug", "name", None),
        rows(Municipality.objects.all(), "municipalities", None, "slug", "name", None),
        rows(Series.objects.all(), "series", None, "slug", "title", "title_en"),
    ]
    english = (get_language() or "es").startswith("en")
    found: dict[str, list[tuple[int, str, str]]] = {}
    for kind, order, key, name, name_en in parts[0].union(*parts[1:], all=True):
        found.setdefault(kind, []).append((order, (english and name_en) or name, key))
    kinds = ("formats", "pathways", "regions", "municipalities", "series")
    return Vocabulary(**{kind: _sorted(found.get(kind, [])) for kind in kinds})


def _sorted(rows: list[tuple[int, str, str]]) -> Choices:
    return [(key, name) for _order, name, key in sorted(rows, key=lambda row: (row[0], fold(row[1])))]


class EventFilter(django_filters.FilterSet):
    """The calendar's filters. A value that does not exist is an error of the form, never silently everything."""

    q = django_filters.CharFilter(method="by_words", label=_("Palabras"), max_length=120)
    formato = django_filters.ChoiceFilter(field_name="format__code", label=_("Formato"), empty_label=_("Todos"))
    modalidad = django_filters.ChoiceFilter(
        field_name="modality", label=_("Modalidad"), choices=Modality.choices, empty_label=_("Todas")
    )
    camino = django_filters.ChoiceFilter(method="by_pathway", label=_("Camino"), empty_label=_("Todos"))
    region = django_filters.ChoiceFilter(
        field_name="municipality__region__slug", label=_("Región"), empty_label=_("Todas")
    )
    municipio = django_filters.ChoiceFilter(
        field_name="municipality__slug", label=_("Municipio"), empty_label=_("Todos")
    )
    ciclo = django_filters.ChoiceFilter(field_name="series__slug", label=_("Ciclo"), empty_label=_("Todos"))
    desde = django_filters.DateFilter(method="from_day", label=_("Desde"), widget=DAY)
    hasta = django_filters.DateFilter(method="to_day", label=_("Hasta"), widget=DAY)

    class Meta:
        model = Event
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = vocabulary()
        self.filters["formato"].extra["choices"] = words.formats
        self.filters["camino"].extra["choices"] = words.pathways
        self.filters["region"].extra["choices"] = words.regions
        self.filters["municipio"].extra["choices"] = words.municipalities
        self.filters["ciclo"].extra["choices"] = words.series

    @property
    def names_in_force(self) -> list[str]:
        """The filters that something valid was asked of."""
        self.form.is_valid()
        return [name for name, value in self.form.cleaned_data.items() if value]

    @property
    def query_string(self) -> str:
        """The filters alone, without the view, the month or the page: what is subscribed to."""
        return urlencode([(name, self.data[name]) for name in self.filters if self.data.get(name)])

    def by_words(self, queryset: EventQuerySet, name: str, value: str) -> EventQuerySet:
        return queryset.filter(words_filter(value))

    def by_pathway(self, queryset: EventQuerySet, name: str, value: str) -> EventQuerySet:
        """The entry pathway or a linked one."""
        linked = Event.linked_pathways.through.objects.filter(pathway__code=value).values("event_id")
        return queryset.filter(Q(pathway__code=value) | Q(pk__in=linked))

    def from_day(self, queryset: EventQuerySet, name: str, value: date) -> EventQuerySet:
        return queryset.filter(Q(last_day__gte=value) | Q(last_day__isnull=True, first_day__gte=value))

    def to_day(self, queryset: EventQuerySet, name: str, value: date) -> EventQuerySet:
        return queryset.filter(first_day__lte=value)
