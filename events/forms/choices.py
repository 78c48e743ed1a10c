"""What the staff's forms offer to choose from, each list asked of the database once."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db.models import CharField, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, ExtractYear
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.models import Event, Format, Series
from municipalities.models import Municipality
from network.enums import Role
from network.models import SDG, Organisation, Pathway, Sector, User
from web.dates import ZONE_NAMES
from web.search import fold

Choices = list[tuple[Any, Any]]


def vocabulary(*, besides: Event | None = None, keep: Iterable[int | None] = ()) -> dict[str, Choices]:
    """Every list that the forms offer, in one query: formats, series, pathways, sectors, goals, municipalities,
    institutions and the events of the last three years, with those of ``keep`` and without ``besides``."""
    blank = Value("", output_field=CharField())
    recent = Q(first_day__gte=timezone.localdate() - timedelta(days=3 * 366)) | Q(first_day__isnull=True)
    events = Event.objects.filter(recent | Q(pk__in=[pk for pk in keep if pk]))
    kept_user = besides.responsible_id if besides else None
    # Accompaniment and instrument review are kinds of session of an accompaniment, never events.
    of_events = Q(is_individual=False) | Q(pk=besides.format_id if besides else None)
    if besides is not None:
        events = events.exclude(pk=besides.pk)
    sources: dict[str, tuple[QuerySet[Any], str, Any, Any]] = {
        "format": (Format.objects.filter(of_events), "name", F("name_en"), F("order")),
        "series": (Series.objects.all(), "title", F("title_en"), F("pk")),
        "pathway": (Pathway.objects.all(), "name", F("name_en"), F("order")),
        "sector": (Sector.objects.all(), "name", F("name_en"), F("order")),
        "sdg": (SDG.objects.all(), "name", F("name_en"), F("number")),
        "municipality": (Municipality.objects.all(), "name", blank, Value(0)),
        "organisation": (Organisation.objects.all(), "name", F("acronym"), Value(0)),
        "staff": (
            User.objects.filter(Q(role__in=[Role.STAFF, Role.ADMIN], is_active=True) | Q(pk=kept_user)),
            "name",
            F("email"),
            Value(0),
        ),
        "event": (
            events,
            "title",
            blank,
            Coalesce(ExtractYear("first_day"), 0),
        ),
    }
    queries = [
        rows.order_by().values_list(
            Value(kind, output_field=CharField()), "pk", name, Cast(other, CharField()), Cast(position, IntegerField())
        )
        for kind, (rows, name, other, position) in sources.items()
    ]
    found: dict[str, list[tuple[int, str, str, int]]] = {kind: [] for kind in sources}
    for kind, pk, name, other, position in queries[0].union(*queries[1:], all=True):
        found[kind].append((pk, name, other or "", position))
    return {kind: [(pk, label) for pk, label in _labelled(kind, rows)] for kind, rows in found.items()}


def _labelled(kind: str, rows: list[tuple[int, str, str, int]]) -> Iterable[tuple[int, str]]:
    english = (get_language() or "es").startswith("en")
    if kind in {"series", "event"}:
        rows.sort(key=lambda row: (-row[3], fold(row[1])))
    elif kind in {"municipality", "organisation", "staff"}:
        rows.sort(key=lambda row: fold(row[1]))
    else:
        rows.sort(key=lambda row: row[3])
    for pk, name, other, position in rows:
        if kind == "organisation":
            yield pk, f"{name} ({other})" if other else name
        elif kind == "staff":
            yield pk, name or other
        elif kind == "sdg":
            yield pk, f"{position}. {other if english and other else name}"
        elif kind == "event":
            yield pk, f"{name} ({position})" if position else name
        else:
            yield pk, other if english and other else name


def zone_choices(*stored: str) -> Choices:
    """The zones that the network uses, by name, then those of the Americas and Europe."""
    named = [(zone, f"{capfirst(label)} ({_city(zone)})") for zone, label in ZONE_NAMES.items()]
    others = {zone for zone in available_timezones() if zone.startswith(("America/", "Europe/"))} | {
        z for z in stored if z
    }
    return [
        (_("Las más usadas"), named),
        (_("Otras"), [(zone, zone.replace("_", " ")) for zone in sorted(others - set(ZONE_NAMES))]),
    ]


def _city(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def offer(field: forms.Field, choices: Choices, *, empty: Any = None) -> None:
    """Give a field of rows its choices without asking the database again."""
    field.choices = [("", empty), *choices] if empty is not None else choices


def at_most(field: forms.Field, highest: int, message: Any) -> None:
    """Give a number of the model a ceiling, before the database has one of its own."""
    field.validators.append(MaxValueValidator(highest, message))
    field.widget.attrs["max"] = highest


class ManyField(forms.ModelMultipleChoiceField):
    """Several of the rows offered. Anything else is refused here: the database fails on a number beyond its own."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = {"invalid_choice": _("Una de las opciones marcadas ya no existe: revise las que quedan.")}

    def clean(self, value: Any) -> Any:
        choices: Any = self.choices
        offered = {str(pk) for pk, _label in choices}
        for pk in value or ():
            if str(pk) not in offered:
                raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice")
        return super().clean(value)
