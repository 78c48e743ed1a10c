"""The filters of the library, with how many things stand behind each choice."""

from collections import Counter
from functools import cached_property
from typing import Any

import django_filters
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from events.enums import LibraryKind
from events.filters import vocabulary
from events.models import LibraryItem, LibraryItemQuerySet
from events.rules import visible_series
from network.models import Sector
from web.filters import PublicFilter
from web.search import fold, words_filter

Choices = list[tuple[str, Any]]
# Query name → the column that it compares.
COLUMNS = {
    "tipo": "kind",
    "formato": "event__format__code",
    "ciclo": "event__series__slug",
    "anio": "event__first_day__year",
    "idioma": "language",
}
# Query name → the marks it compares (see LibraryItem.marks): the start of the mark, empty where the value has it.
MARKS = {"tema": "", "camino": "p:"}


class LibraryFilter(PublicFilter):
    """One set for page, CSV and Atom. A value that does not exist is an error, never silently everything."""

    besides = frozenset({"pagina"})

    q = django_filters.CharFilter(method="by_words", label=_("Palabras"), max_length=120)
    tema = django_filters.ChoiceFilter(method="by_mark", label=_("Tema"), empty_label=_("Todos"))
    tipo = django_filters.ChoiceFilter(
        method="by_column", label=_("Tipo"), choices=LibraryKind.choices, empty_label=_("Todos")
    )
    camino = django_filters.ChoiceFilter(method="by_mark", label=_("Camino"), empty_label=_("Todos"))
    formato = django_filters.ChoiceFilter(method="by_column", label=_("Formato"), empty_label=_("Todos"))
    ciclo = django_filters.ChoiceFilter(method="by_column", label=_("Ciclo"), empty_label=_("Todos"))
    anio = django_filters.ChoiceFilter(method="by_column", label=_("Año"), empty_label=_("Todos"))
    idioma = django_filters.ChoiceFilter(
        method="by_column",
        label=_("Idioma"),
        choices=[("es", _("Español")), ("en", _("Inglés"))],
        empty_label=_("Todos"),
    )

    class Meta:
        model = LibraryItem
        fields: list[str] = []

    def __init__(self, data: Any, *, queryset: LibraryItemQuerySet) -> None:
        super().__init__(data, queryset=queryset)
        words = vocabulary()
        sectors = [(f"s:{sector.code}", sector.label) for sector in Sector.objects.all()]
        years = queryset.exclude(event__first_day=None).dates("event__first_day", "year", order="DESC")
        self._offer("tema", [(str(_("Temas de los ciclos")), self._topics()), (str(_("Sectores")), sectors)])
        self._offer("camino", words.pathways)
        self._offer("formato", words.formats)
        self._offer("ciclo", words.series)
        self._offer("anio", [(str(day.year), str(day.year)) for day in years])

    def _offer(self, name: str, choices: Choices) -> None:
        self.filters[name].extra["choices"] = choices

    @staticmethod
    def _topics() -> Choices:
        """The topics of the series that the public sees."""
        named: dict[str, str] = {}
        for series in visible_series(AnonymousUser()).only("topics").order_by("pk"):
            for topic in series.topic_list:
                named.setdefault(f"t:{slugify(topic)}", topic[:1].upper() + topic[1:])
        return sorted(named.items(), key=lambda row: fold(row[1]))

    def by_words(self, items: LibraryItemQuerySet, name: str, value: str) -> LibraryItemQuerySet:
        return items.filter(words_filter(value))

    def by_column(self, items: LibraryItemQuerySet, name: str, value: str) -> LibraryItemQuerySet:
        return items.filter(**{COLUMNS[name]: value})

    def by_mark(self, items: LibraryItemQuerySet, name: str, value: str) -> LibraryItemQuerySet:
        return items.filter(Q(marks__contains=f"|{MARKS[name]}{value}|"))

    @cached_property
    def chosen(self) -> dict[str, str]:
        """The filters in force, as far as their values exist."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    def _without(self, *names: str) -> LibraryItemQuerySet:
        """What all filters but these leave."""
        items = self.queryset
        for name, value in self.chosen.items():
            if name not in names:
                items = self.filters[name].filter(items, value)
        return items.order_by()

    @cached_property
    def _groups(self) -> list[tuple[dict[str, str], int]]:
        """How many items share each combination of the columns, under the other filters."""
        rows = self._without(*COLUMNS).values_list(*COLUMNS.values()).annotate(how_many=Count("pk"))
        return [(dict(zip(COLUMNS, map(str, row[:-1]), strict=True)), row[-1]) for row in rows]

    def _fits(self, group: dict[str, str], *, besides: str = "") -> bool:
        return all(group[name] == self.chosen[name] for name in COLUMNS if name in self.chosen and name != besides)

    @cached_property
    def total(self) -> int:
        return sum(how_many for group, how_many in self._groups if self._fits(group))

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """For each filter: choice → how many items it would show, the other filters kept."""
        found: dict[str, Counter[str]] = {name: Counter() for name in (*COLUMNS, *MARKS)}
        for group, how_many in self._groups:
            for name in COLUMNS:
                if self._fits(group, besides=name):
                    found[name][group[name]] += how_many
        for name, start in MARKS.items():
            for marks, how_many in self._without(name).values_list("marks").annotate(how_many=Count("pk")):
                for mark in filter(None, marks.split("|")):
                    if mark.startswith(start):
                        found[name][mark.removeprefix(start)] += how_many
        return found

    def form_with_counts(self) -> Any:
        """The form, its choices with their numbers: «Agua (12)»; nothing behind one is said as (0)."""
        for name, counter in self.counts.items():
            self.form.fields[name].choices = [
                (value, _counted(words, counter) if isinstance(words, list) else f"{words} ({counter[value]})")
                for value, words in self.filters[name].extra["choices"]
            ]
        return self.form


def _counted(group: Choices, counter: Counter[str]) -> Choices:
    return [(value, f"{words} ({counter[value]})") for value, words in group]
