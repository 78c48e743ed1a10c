"""What the lists of the staff can be narrowed by. The names are those of the query string."""

from typing import Any

import django_filters
from django import forms
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality, Region
from network.enums import (
    Act,
    ArcoKind,
    ArcoState,
    CommunicationKind,
    DesignationKind,
    DesignationState,
    PersonCategory,
    Role,
)
from network.models import (
    ArcoRequest,
    ArcoRequestQuerySet,
    AuditEntry,
    Communication,
    CommunicationQuerySet,
    Designation,
    DesignationQuerySet,
    Person,
    PersonQuerySet,
    User,
)
from web.search import matching, words_filter

EXPIRED = "expired"
WITHOUT_SCAN = "without-scan"


def words_filter_field(label: Any) -> django_filters.CharFilter:
    return django_filters.CharFilter(
        label=label, method="by_words", widget=forms.TextInput(attrs={"type": "search", "maxlength": 100})
    )


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class DesignationFilter(django_filters.FilterSet):
    q = words_filter_field(_("Municipio, persona u oficio"))
    region = django_filters.ModelChoiceFilter(
        label=_("Región"), field_name="municipality__region", queryset=Region.objects.all(), empty_label=_("Todas")
    )
    tipo = django_filters.ChoiceFilter(
        label=_("Tipo"), field_name="kind", choices=DesignationKind.choices, empty_label=_("Titulares y suplentes")
    )
    estado = django_filters.ChoiceFilter(
        label=_("Estado"),
        method="by_state",
        choices=[
            *DesignationState.choices,
            (EXPIRED, _("Vencida, sin concluir")),
            (WITHOUT_SCAN, _("Vigente, sin oficio escaneado")),
        ],
        empty_label=_("Todos"),
    )

    class Meta:
        model = Designation
        fields: list[str] = []

    def by_words(self, rows: DesignationQuerySet, name: str, value: str) -> DesignationQuerySet:
        return rows.matching(value)

    def by_state(self, rows: DesignationQuerySet, name: str, value: str) -> DesignationQuerySet:
        if value == EXPIRED:
            return rows.expired()
        if value == WITHOUT_SCAN:
            return rows.without_scan()
        return rows.in_force() if value == DesignationState.IN_FORCE else rows.filter(state=value)


class PersonFilter(django_filters.FilterSet):
    q = words_filter_field(_("Nombre, correo o institución"))
    municipio = django_filters.ModelChoiceFilter(
        label=_("Municipio"),
        field_name="municipality",
        queryset=Municipality.objects.order_by("sort_name"),
        empty_label=_("Todos"),
    )
    tipo = django_filters.ChoiceFilter(
        label=_("Tipo de persona"), field_name="category", choices=PersonCategory.choices, empty_label=_("Todos")
    )

    class Meta:
        model = Person
        fields: list[str] = []

    def by_words(self, rows: PersonQuerySet, name: str, value: str) -> PersonQuerySet:
        return rows.matching(value)


class VacancyFilter(django_filters.FilterSet):
    q = words_filter_field(_("Municipio"))
    region = django_filters.ModelChoiceFilter(
        label=_("Región"), field_name="region", queryset=Region.objects.all(), empty_label=_("Todas")
    )

    class Meta:
        model = Municipality
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Municipality], name: str, value: str) -> QuerySet[Municipality]:
        return rows.filter(words_filter(value))


class AccountFilter(django_filters.FilterSet):
    q = words_filter_field(_("Nombre o correo"))
    papel = django_filters.ChoiceFilter(
        label=_("Papel"), field_name="role", choices=Role.choices, empty_label=_("Todos")
    )
    activa = django_filters.ChoiceFilter(
        label=_("Estado"),
        method="by_activity",
        choices=[("si", _("Activa")), ("no", _("Cerrada"))],
        empty_label=_("Todas"),
    )

    class Meta:
        model = User
        fields: list[str] = []

    def by_words(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return matching(rows, value, "name", "email")

    def by_activity(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(is_active=value == "si")


class ArcoFilter(django_filters.FilterSet):
    q = words_filter_field(_("Folio, nombre o correo"))
    derecho = django_filters.ChoiceFilter(
        label=_("Derecho"), field_name="kind", choices=ArcoKind.choices, empty_label=_("Todos")
    )
    estado = django_filters.ChoiceFilter(
        label=_("Estado"),
        method="by_state",
        choices=[("abiertas", _("Abiertas")), ("vencidas", _("Vencidas")), *ArcoState.choices[1:]],
        empty_label=_("Todos"),
    )

    class Meta:
        model = ArcoRequest
        fields: list[str] = []

    def by_words(self, rows: ArcoRequestQuerySet, name: str, value: str) -> ArcoRequestQuerySet:
        return rows.matching(value)

    def by_state(self, rows: ArcoRequestQuerySet, name: str, value: str) -> ArcoRequestQuerySet:
        if value == "vencidas":
            return rows.overdue()
        return rows.open() if value == "abiertas" else rows.filter(state=value)


class CommunicationFilter(django_filters.FilterSet):
    q = words_filter_field(_("Municipio, asunto o texto"))
    municipio = django_filters.ModelChoiceFilter(
        label=_("Municipio"),
        field_name="municipality",
        queryset=Municipality.objects.order_by("sort_name"),
        to_field_name="slug",
        empty_label=_("Todos"),
    )
    medio = django_filters.ChoiceFilter(
        label=_("Medio"), field_name="kind", choices=CommunicationKind.choices, empty_label=_("Todos")
    )
    paso = django_filters.ChoiceFilter(
        label=_("Siguiente paso"),
        method="by_step",
        choices=[("pendiente", _("Pendiente")), ("vencido", _("Vencido")), ("hecho", _("Hecho"))],
        empty_label=_("Todos"),
    )
    desde = django_filters.DateFilter(label=_("Desde"), field_name="happened_on", lookup_expr="gte", widget=day_input())
    hasta = django_filters.DateFilter(label=_("Hasta"), field_name="happened_on", lookup_expr="lte", widget=day_input())

    class Meta:
        model = Communication
        fields: list[str] = []

    def by_words(self, rows: CommunicationQuerySet, name: str, value: str) -> CommunicationQuerySet:
        return rows.matching(value)

    def by_step(self, rows: CommunicationQuerySet, name: str, value: str) -> CommunicationQuerySet:
        if value == "hecho":
            return rows.filter(done_at__isnull=False)
        found = rows.overdue() if value == "vencido" else rows.pending()
        return found.order_by(F("due_on").asc(nulls_last=True), "pk")


class AuditFilter(django_filters.FilterSet):
    acto = django_filters.ChoiceFilter(label=_("Acto"), field_name="act", choices=Act.choices, empty_label=_("Todos"))
    cuenta = django_filters.NumberFilter(label=_("Número de cuenta"), field_name="actor", min_value=1)
    objeto = django_filters.NumberFilter(label=_("Número del objeto"), field_name="row", min_value=1)
    desde = django_filters.DateFilter(label=_("Desde"), field_name="at", lookup_expr="date__gte", widget=day_input())
    hasta = django_filters.DateFilter(label=_("Hasta"), field_name="at", lookup_expr="date__lte", widget=day_input())

    class Meta:
        model = AuditEntry
        fields: list[str] = []
