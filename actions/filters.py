"""The filters of the lists of actions, with how many actions stand behind each choice.

The vocabularies are read once and choices are checked in memory. Kind, sector, pathway, state and review are counted by
one grouped query over what the other filters leave, so no list asks for a count of its own.
"""

import datetime
from collections import Counter
from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.db.models import Count
from django.forms import HiddenInput
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from actions.enums import ActionKind, ActionStatus, PostKind, PostState, ReviewState
from actions.models import Action, ActionQuerySet, ExchangePost, ExchangePostQuerySet
from municipalities.models import Municipality, Region
from network.models import SDG, Pathway, Sector
from web.filters import DAY, PublicFilter
from web.search import words_filter

# Query name → the column that it compares; these are the ones that are counted.
COUNTED = {
    "tipo": "kind",
    "sector": "sector__code",
    "camino": "pathway__code",
    "situacion": "status",
    "estado": "review_state",
}


class ActionFilter(PublicFilter):
    """Every filter there is; each list keeps those that make sense in it (``names``).

    A value that does not exist is an error of the form, never silently everything; a name that is no filter is said.
    """

    names: tuple[str, ...] = ()

    q = django_filters.CharFilter(label=_("Palabras"), method="with_words", max_length=80)
    municipio = django_filters.ChoiceFilter(label=_("Municipio"), method="in_municipality", empty_label=_("Todos"))
    region = django_filters.ChoiceFilter(label=_("Región"), method="in_region", empty_label=_("Todas"))
    sector = django_filters.ChoiceFilter(label=_("Sector"), method="counted", empty_label=_("Todos"))
    tipo = django_filters.ChoiceFilter(
        label=_("Tipo"), method="counted", empty_label=_("Todos"), choices=ActionKind.choices
    )
    camino = django_filters.ChoiceFilter(label=_("Camino de entrada"), method="counted", empty_label=_("Todos"))
    ods = django_filters.ChoiceFilter(label=_("ODS"), method="with_sdg", empty_label=_("Todos"))
    situacion = django_filters.ChoiceFilter(
        label=_("Situación"), method="counted", empty_label=_("Todas"), choices=ActionStatus.choices
    )
    estado = django_filters.ChoiceFilter(
        label=_("Revisión"), method="counted", empty_label=_("Todas"), choices=ReviewState.choices
    )
    desde = django_filters.DateFilter(label=_("Publicada o cambiada desde"), method="changed_since", widget=DAY)

    class Meta:
        model = Action
        fields: list[str] = []

    def __init__(self, data: Any, queryset: ActionQuerySet, **kwargs: Any) -> None:
        super().__init__(data, queryset, **kwargs)
        for name in set(self.filters) - set(self.names):
            del self.filters[name]
        if "municipio" in self.names:
            self.municipalities = list(Municipality.objects.only("slug", "name", "region_id", "sort_name"))
            self._offer("municipio", ((row.slug, row.name) for row in self.municipalities))
        if "region" in self.names:
            self.regions = list(Region.objects.all())
            self._offer("region", ((row.slug, row.name) for row in self.regions))
        if "sector" in self.names:
            self._offer("sector", ((row.code, row.label) for row in Sector.objects.all()))
        if "camino" in self.names:
            self._offer("camino", ((row.code, row.label) for row in Pathway.objects.all()))
        if "ods" in self.names:
            self._offer("ods", ((str(row.number), f"{row.number}. {row.label}") for row in SDG.objects.all()))

    def _offer(self, name: str, choices: Any) -> None:
        self.filters[name].extra["choices"] = list(choices)

    def with_words(self, actions: ActionQuerySet, name: str, value: str) -> ActionQuerySet:
        return actions.filter(words_filter(value))

    def in_municipality(self, actions: ActionQuerySet, name: str, value: str) -> ActionQuerySet:
        return actions.filter(municipality__in=[row.pk for row in self.municipalities if row.slug == value])

    def in_region(self, actions: ActionQuerySet, name: str, value: str) -> ActionQuerySet:
        ids = {row.pk for row in self.regions if row.slug == value}
        return actions.filter(municipality__in=[row.pk for row in self.municipalities if row.region_id in ids])

    def with_sdg(self, actions: ActionQuerySet, name: str, value: str) -> ActionQuerySet:
        tied = Action.sdgs.through.objects.filter(sdg__number=int(value)).values("action_id")
        return actions.filter(pk__in=tied)

    def changed_since(self, actions: ActionQuerySet, name: str, value: datetime.date) -> ActionQuerySet:
        return actions.filter(updated_at__gte=_midnight(value))

    def counted(self, actions: ActionQuerySet, name: str, value: str) -> ActionQuerySet:
        return actions.filter(**{COUNTED[name]: value})

    @cached_property
    def since(self) -> datetime.date | None:
        """The day of the filter ``desde``."""
        self.errors  # noqa: B018  (validates the form)
        return self.form.cleaned_data.get("desde")

    @property
    def since_moment(self) -> datetime.datetime | None:
        return _midnight(self.since) if self.since else None

    @cached_property
    def chosen(self) -> dict[str, str]:
        """The counted filters in force."""
        self.errors  # noqa: B018  (validates the form)
        return {name: value for name, value in self.form.cleaned_data.items() if name in COUNTED and value}

    @cached_property
    def _groups(self) -> list[tuple[dict[str, str], int]]:
        """How many actions share each combination of the counted columns, under the other filters."""
        self.errors  # noqa: B018
        rest = self.queryset
        for name, value in self.form.cleaned_data.items():
            if name not in COUNTED:
                rest = self.filters[name].filter(rest, value)
        names = [name for name in COUNTED if name in self.names]
        columns = [COUNTED[name] for name in names]
        rows = rest.order_by().values_list(*columns).annotate(how_many=Count("pk"))
        return [(dict(zip(names, row[:-1], strict=True)), row[-1]) for row in rows]

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """For each counted filter: choice → how many actions it would show, the other filters kept."""
        found: dict[str, Counter[str]] = {name: Counter() for name in COUNTED if name in self.names}
        for group, how_many in self._groups:
            for name, counter in found.items():
                if all(group[other] == value for other, value in self.chosen.items() if other != name):
                    counter[group[name]] += how_many
        return found

    @cached_property
    def total(self) -> int:
        """How many actions all filters together leave."""
        wanted = self.chosen.items()
        return sum(how_many for group, how_many in self._groups if all(group[name] == value for name, value in wanted))

    def form_with_counts(self) -> Any:
        """The form, its counted choices with their numbers: «Energía (12)»."""
        counts = self.counts
        for name, counter in counts.items():
            field = self.form.fields[name]
            field.choices = [
                (value, f"{words} ({counter[value]})") for value, words in self.filters[name].extra["choices"]
            ]
        return self.form

    def paginator(self, actions: ActionQuerySet, per_page: int = 24) -> Paginator:
        return CountedPaginator(actions, per_page, total=self.total)


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


class CountedPaginator(Paginator):
    """A paginator that was told how many rows there are."""

    def __init__(self, object_list: Any, per_page: int, *, total: int) -> None:
        super().__init__(object_list, per_page)
        self._total = total

    @property
    def count(self) -> int:
        return self._total


class PublicActionFilter(ActionFilter):
    names = ("q", "municipio", "region", "sector", "tipo", "camino", "ods", "situacion", "desde")
    besides = frozenset({"vista", "pagina"})


# Names that the work lists, their boards and their calendars have for something else.
OF_WORK_LISTS = frozenset({"pagina", "vista", "columna", "marcar", "tablero", "mes"})


class LiaisonActionFilter(ActionFilter):
    names = ("q", "estado", "sector", "situacion")
    besides = OF_WORK_LISTS


class StaffActionFilter(ActionFilter):
    """The state of review is chosen by tabs."""

    names = ("q", "estado", "municipio", "region", "sector", "camino", "situacion")
    besides = OF_WORK_LISTS

    def form_with_counts(self) -> Any:
        form = super().form_with_counts()
        form.fields["estado"].widget = HiddenInput()
        return form


class ExchangeFilter(django_filters.FilterSet):
    """The exchange board. Without a state it shows what is open."""

    MINE, ALL = "propias", "todas"

    q = django_filters.CharFilter(label=_("Palabras"), method="with_words", max_length=80)
    tipo = django_filters.ChoiceFilter(
        label=_("Qué es"), field_name="kind", empty_label=_("Ofertas y búsquedas"), choices=PostKind.choices
    )
    sector = django_filters.ChoiceFilter(label=_("Sector"), field_name="sector__code", empty_label=_("Todos"))
    camino = django_filters.ChoiceFilter(label=_("Camino"), field_name="pathway__code", empty_label=_("Todos"))
    region = django_filters.ChoiceFilter(
        label=_("Región"), field_name="municipality__region__slug", empty_label=_("Todas")
    )
    estado = django_filters.ChoiceFilter(label=_("Estado"), method="in_state", empty_label=_("Abiertas"))

    class Meta:
        model = ExchangePost
        fields: list[str] = []

    def __init__(self, data: Any, queryset: ExchangePostQuerySet, own: ExchangePostQuerySet, *, staff: bool) -> None:
        super().__init__(data, queryset)
        self.own = own
        states = [(PostState.MATCHED.value, _("Concretadas")), (self.MINE, _("De mi municipio"))]
        if staff:
            states = [states[0], (self.ALL, _("Todas, también vencidas, retiradas y ocultas"))]
        self.filters["estado"].extra["choices"] = states
        self.filters["sector"].extra["choices"] = [(row.code, row.label) for row in Sector.objects.all()]
        self.filters["camino"].extra["choices"] = [(row.code, row.label) for row in Pathway.objects.all()]
        self.filters["region"].extra["choices"] = [(row.slug, row.name) for row in Region.objects.all()]

    def with_words(self, posts: ExchangePostQuerySet, name: str, value: str) -> ExchangePostQuerySet:
        return posts.filter(words_filter(value))

    def in_state(self, posts: ExchangePostQuerySet, name: str, value: str) -> ExchangePostQuerySet:
        if value == PostState.MATCHED:
            return posts.matched()
        return posts.filter(pk__in=self.own.values("pk")) if value == self.MINE else posts

    @property
    def qs(self) -> ExchangePostQuerySet:
        found: ExchangePostQuerySet = super().qs
        if not self.form.is_valid():
            return found.none()
        return found if self.form.cleaned_data.get("estado") else found.open()
