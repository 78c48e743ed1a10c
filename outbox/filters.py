from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox import registry
from outbox.enums import MessageState
from outbox.models import Message, Preference, Suppression


def _kinds() -> list[tuple[str, str]]:
    return sorted(((kind.name, str(kind.label)) for kind in registry.kinds()), key=lambda choice: choice[1])


# Words and kinds are looked for in messages not older than this, unless a day is named: there may be a million.
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
LOOKED_BACK = timedelta(days=90)


class MessageFilter(django_filters.FilterSet):
    """The list of mail by state, kind, address or words of it, and days."""

    estado = django_filters.ChoiceFilter(
        field_name="state", label=_("Estado"), choices=MessageState.choices, empty_label=_("Todos")
    )
    tipo = django_filters.ChoiceFilter(field_name="kind", label=_("Tipo"), empty_label=_("Todos"))
    correo = django_filters.CharFilter(label=_("Dirección o parte de ella"), method="by_address")
    desde = django_filters.DateFilter(label=_("Desde"), widget=DAY, method="from_day")
    hasta = django_filters.DateFilter(label=_("Hasta"), widget=DAY, method="to_day")
    envio = django_filters.CharFilter(field_name="mailing", label=_("Envío"), widget=forms.HiddenInput)  # by a link

    class Meta:
        model = Message
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["tipo"].extra["choices"] = _kinds()  # known once every app has registered its own

    def filter_queryset(self, queryset: QuerySet[Message]) -> QuerySet[Message]:
        found = super().filter_queryset(queryset)
        return found.filter(due_at__gte=timezone.now() - LOOKED_BACK) if self.looks_back_only_so_far else found

    @property
    def looks_back_only_so_far(self) -> bool:
        given = self.form.cleaned_data
        address = given.get("correo") or ""
        return bool((address and not _is_whole(address)) or given.get("tipo")) and not given.get("desde")

    def by_address(self, queryset: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        if _is_whole(value):
            return queryset.filter(pk__in=Message.objects.to_address(value).values("pk"))
        for word in value.split():
            queryset = queryset.filter(to_email__icontains=word)
        return queryset

    def from_day(self, queryset: QuerySet[Message], name: str, value: date) -> QuerySet[Message]:
        return queryset.filter(due_at__gte=_midnight(value))

    def to_day(self, queryset: QuerySet[Message], name: str, value: date) -> QuerySet[Message]:
        return queryset.filter(due_at__lt=_midnight(value + timedelta(days=1)))


class SuppressionFilter(django_filters.FilterSet):
    correo = django_filters.CharFilter(
        field_name="email", lookup_expr="icontains", label=_("Dirección o parte de ella")
    )

    class Meta:
        model = Suppression
        fields: list[str] = []


class PreferenceFilter(django_filters.FilterSet):
    correo = django_filters.CharFilter(
        field_name="email", lookup_expr="icontains", label=_("Dirección o parte de ella")
    )

    class Meta:
        model = Preference
        fields: list[str] = []


def _is_whole(address: str) -> bool:
    """A whole address is found by its index, however old the message."""
    try:
        validate_email(address.strip())
    except ValidationError:
        return False
    return True


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
