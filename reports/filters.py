"""The filters of the municipalities: one set for page, data and API."""

from functools import cached_property
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, Region
from network.enums import ProgrammeState
from network.figures import NONE, SUPLENTE_ONLY, TITULAR
from network.models import Designation
from network.rules import programme_statuses
from web.filters import PublicFilter
from web.search import words_filter

CONDITIONS = {
    TITULAR: {"has_titular": True},
    SUPLENTE_ONLY: {"has_titular": False, "has_any": True},
    NONE: {"has_any": False},
}


def with_coverage(municipalities: QuerySet[Municipality]) -> QuerySet[Municipality]:
    """Each with ``has_titular`` and ``has_any``: designations in force today."""
    here = Designation.objects.in_force().filter(municipality=OuterRef("pk"))
    return municipalities.annotate(has_titular=Exists(here.titulares()), has_any=Exists(here))


class MunicipalityFilter(PublicFilter):
    """Of rows of :func:`with_coverage`. A value that does not exist is an error of the form."""

    q = django_filters.CharFilter(label=_("Nombre o cabecera"), method="by_words", max_length=80)
    region = django_filters.ChoiceFilter(label=_("Región"), field_name="region__slug", empty_label=_("Todas"))
    enlace = django_filters.ChoiceFilter(
        label=_("Designación"),
        method="by_coverage",
        empty_label=_("Todas"),
        choices=[
            (TITULAR, _("Con titular")),
            (SUPLENTE_ONLY, _("Solo suplente")),
            (NONE, _("Sin designación")),
        ],
    )
    programa = django_filters.ChoiceFilter(
        label=_("Programa climático"), method="by_programme", choices=ProgrammeState.choices, empty_label=_("Todos")
    )

    class Meta:
        model = Municipality
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        regions = Region.objects.values_list("slug", "name")
        self.filters["region"].extra["choices"] = list(regions)

    def by_words(self, rows: QuerySet[Municipality], name: str, value: str) -> QuerySet[Municipality]:
        return rows.filter(words_filter(value))

    def by_coverage(self, rows: QuerySet[Municipality], name: str, value: str) -> QuerySet[Municipality]:
        return rows.filter(**CONDITIONS[value])

    def by_programme(self, rows: QuerySet[Municipality], name: str, value: str) -> QuerySet[Municipality]:
        return rows.filter(pk__in=[pk for pk, state in self.programmes.items() if state == value])

    @cached_property
    def programmes(self) -> dict[int, ProgrammeState]:
        """Municipality → where it is with its programme today. One query."""
        return {row.municipality_id: row.shown_state for row in programme_statuses()}
