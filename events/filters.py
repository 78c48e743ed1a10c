"""The filters of the calendar: one set for month, list and feed, so that a feed is exactly what was seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from typing import Any

import django_filters
from django.contrib.auth.models import AnonymousUser
from django.db.models import CharField, Count, F, IntegerField, Q, QuerySet, Value
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.models import Event, EventQuerySet, Format
from events.rules import visible_series
from municipalities.models import Municipality, Region
from network.enums import Modality
from network.models import Pathway, Sector
from web import dates
from web.filters import DAY, PeriodForm, PublicFilter
from web.search import fold, words_filter

Choices = list[tuple[str, str]]
# Filter → the column that its choices are values of.
COUNTED = {
    "formato": "format__code", "tema": "sectors__code", "camino": "pathway__code", "modalidad": "modality",
    "region": "municipality__region__slug", "municipio": "municipality__slug", "ciclo": "series__slug",
}  # fmt: skip
# Filter → the vocabulary of its choices.
VOCABULARIES = {
    "formato": "formats", "tema": "sectors", "camino": "pathways", "region": "regions", "municipio": "municipalities",
    "ciclo": "series",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What can be chosen in the filters, in the language of the page."""

    formats: Choices
    sectors: Choices
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
        rows(Sector.objects.all(), "sectors", None, "code", "name", "name_en"),
        rows(Pathway.objects.all(), "pathways", "order", "code", "name", "name_en"),
        rows(Region.objects.all(), "regions", "number", "slug", "name", None),
        rows(Municipality.objects.all(), "municipalities", None, "slug", "name", None),
        rows(visible_series(AnonymousUser()), "series", None, "slug", "title", "title_en"),
    ]
    english = (get_language() or "es").startswith("en")
    found: dict[str, list[tuple[int, str, str]]] = {}
    for kind, order, key, name, name_en in parts[0].union(*parts[1:], all=True):
        found.setdefault(kind, []).append((order, (english and name_en) or name, key))
    kinds = ("formats", "sectors", "pathways", "regions", "municipalities", "series")
    return Vocabulary(**{kind: _sorted(found.get(kind, [])) for kind in kinds})


def _counts(events: EventQuerySet, name: str, column: str) -> Any:
    """(name, value of the column, how many events)."""
    rows = events.annotate(kind=Value(name, CharField()), key=F(column)).values("kind", "key")
    return rows.annotate(count=Count("pk")).values_list("kind", "key", "count")


def _of_kind(words: Callable[[], Vocabulary], kind: str) -> Choices:
    return getattr(words(), kind)


_folded = lru_cache(maxsize=2000)(fold)  # the same names with every page


def _sorted(rows: list[tuple[int, str, str]]) -> Choices:
    return [(key, name) for _order, name, key in sorted(rows, key=lambda row: (row[0], _folded(row[1])))]


@dataclass(frozen=True, slots=True)
class Later:
    """Choices that are asked for when somebody needs them: a feed without such a filter asks for none."""

    find: Callable[[], Choices]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.find())

    def __len__(self) -> int:
        return len(self.find())


class EventFilter(PublicFilter):
    """The calendar's filters. A value that does not exist is an error of the form, never silently everything."""

    besides = frozenset({"vista", "mes", "semana", "anio", "cuando", "pagina"})

    q = django_filters.CharFilter(method="by_words", label=_("Palabras"), max_length=120)
    formato = django_filters.ChoiceFilter(field_name="format__code", label=_("Formato"), empty_label=_("Todos"))
    tema = django_filters.ChoiceFilter(method="by_sector", label=_("Tema"), empty_label=_("Todos"))
    camino = django_filters.ChoiceFilter(method="by_pathway", label=_("Camino"), empty_label=_("Todos"))
    modalidad = django_filters.ChoiceFilter(
        field_name="modality", label=_("Modalidad"), choices=Modality.choices, empty_label=_("Todas")
    )
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
        form = PeriodForm

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = cache(lambda: vocabulary())
        for name, kind in VOCABULARIES.items():
            self.filters[name].extra["choices"] = Later(partial(_of_kind, words, kind))

    @property
    def names_in_force(self) -> list[str]:
        """The filters that something valid was asked of."""
        self.form.is_valid()
        return [name for name, value in self.form.cleaned_data.items() if value]

    @property
    def in_words(self) -> list[str]:
        """The filters in force as a calendar's name says them."""
        found = []
        for name in self.names_in_force:
            field, value = self.form.fields[name], self.form.cleaned_data[name]
            if isinstance(value, date):
                found.append(f"{str(field.label).lower()} {dates.day_label(value, weekday=False)}")
            else:
                words = str(dict(getattr(field, "choices", ())).get(value, value))
                found.append(words.split(" (")[0] if name == "formato" else words)
        return found

    def count_choices(self, within: Callable[[EventQuerySet], EventQuerySet]) -> None:
        """Say beside each choice how many events it would show: under every other filter, ``within`` what is looked at.

        One query however many choices and events there are.
        """
        self.form.is_valid()
        columns = [*COUNTED.items(), ("camino", "linked_pathways__code")]
        parts = [_counts(within(self._without(name)), name, column) for name, column in columns]
        found: dict[tuple[str, str], int] = {}
        for name, key, count in parts[0].union(*parts[1:], all=True):
            found[name, key] = found.get((name, key), 0) + count
        for name in COUNTED:
            field = self.form.fields[name]
            # On the widget alone: the chip of a filter in force says its name, not its count.
            field.widget.choices = [
                (key, f"{words} ({found.get((name, str(key)), 0)})" if key else words) for key, words in field.choices
            ]

    def _without(self, left_out: str) -> EventQuerySet:
        """The events under all filters but one."""
        events = self.queryset.order_by()
        for name, value in self.form.cleaned_data.items():
            if name != left_out:
                events = self.filters[name].filter(events, value)
        return events

    def by_words(self, queryset: EventQuerySet, name: str, value: str) -> EventQuerySet:
        return queryset.filter(words_filter(value))

    def by_sector(self, queryset: EventQuerySet, name: str, value: str) -> EventQuerySet:
        return queryset.filter(pk__in=Event.sectors.through.objects.filter(sector__code=value).values("event_id"))

    def by_pathway(self, queryset: EventQuerySet, name: str, value: str) -> EventQuerySet:
        """The entry pathway or a linked one."""
        linked = Event.linked_pathways.through.objects.filter(pathway__code=value).values("event_id")
        return queryset.filter(Q(pathway__code=value) | Q(pk__in=linked))

    def from_day(self, queryset: EventQuerySet, name: str, value: date) -> EventQuerySet:
        return queryset.filter(Q(last_day__gte=value) | Q(last_day__isnull=True, first_day__gte=value))

    def to_day(self, queryset: EventQuerySet, name: str, value: date) -> EventQuerySet:
        return queryset.filter(first_day__lte=value)
