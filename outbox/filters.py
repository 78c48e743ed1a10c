from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from outbox import registry
from outbox.enums import MessageState
from outbox.models import Message


def _kinds() -> list[tuple[str, str]]:
    return sorted(((kind.name, str(kind.label)) for kind in registry.kinds()), key=lambda choice: choice[1])


class MessageFilter(django_filters.FilterSet):
    """The list of mail by state, kind and words of the address."""

    estado = django_filters.ChoiceFilter(
        field_name="state", label=_("Estado"), choices=MessageState.choices, empty_label=_("Todos")
    )
    tipo = django_filters.ChoiceFilter(field_name="kind", label=_("Tipo"), empty_label=_("Todos"))
    correo = django_filters.CharFilter(label=_("La dirección contiene"), method="by_address")

    class Meta:
        model = Message
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["tipo"].extra["choices"] = _kinds()  # known once every app has registered its own

    def by_address(self, queryset: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        for word in value.split():
            queryset = queryset.filter(to_email__icontains=word)
        return queryset
