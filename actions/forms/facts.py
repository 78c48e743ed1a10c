"""Whom an action reaches, where it is, what it comes from, when it was really done, and what it belongs with."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Max, Min
from django.utils.translation import gettext_lazy as _

from actions.enums import ActionKind
from actions.forms.fields import AmountField, DayField, RowField, RowsField, text_field
from actions.models import MOST_PEOPLE, Action
from municipalities.models import Municipality
from web.search import words_filter

# So many actions are proposed for the words of one search.
FOUND_AT_ONCE = 8
MOST_RELATED = 200
# A municipality reaches this far beyond the seats of those at the edge of the state: about 40 km.
BEYOND = Decimal("0.4")


class PeopleField(AmountField):
    """A number of people: ``1,250`` or ``1250``."""

    def __init__(self, **kwargs: Any) -> None:
        limits = [MinValueValidator(0), MaxValueValidator(MOST_PEOPLE)]
        super().__init__(decimal_places=0, required=False, validators=limits, **kwargs)
        self.widget.attrs["inputmode"] = "numeric"

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        return None if number is None else int(number)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value


class PointField(forms.CharField):
    """A place as maps give it, in one field: ``19.29, -99.65``."""

    NUMBERS = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*([+-]?\d{1,3}(?:\.\d+)?)\s*")

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        found = self.NUMBERS.fullmatch(text.replace("\u2212", "-"))
        if found is None:
            raise forms.ValidationError(_("Escriba latitud y longitud, con punto decimal: 19.29, -99.65."), code="form")
        latitude, longitude = (Decimal(number).quantize(Decimal("0.000001")) for number in found.groups())
        if longitude > 0:
            raise forms.ValidationError(
                _("En México la longitud lleva signo menos: 19.29, -99.65."), code="longitude_sign"
            )
        return latitude, longitude

    def validate(self, value: Any) -> None:
        if value is None:
            return super().validate("")
        ends = Municipality.objects.aggregate(
            south=Min("seat_latitude"), north=Max("seat_latitude"),
            west=Min("seat_longitude"), east=Max("seat_longitude"),
        )  # fmt: skip
        latitude, longitude = value
        if ends["south"] is not None and not (
            ends["south"] - BEYOND <= latitude <= ends["north"] + BEYOND
            and ends["west"] - BEYOND <= longitude <= ends["east"] + BEYOND
        ):
            raise forms.ValidationError(
                _("Ese punto queda lejos de los municipios de la red: revise los dos números."), code="far"
            )

    def run_validators(self, value: Any) -> None:
        """Those of a text have nothing to say about two numbers."""


class FactFields(forms.Form):
    """The optional facts of an action. All of them may stay empty: unknown is not zero."""

    people_exposed = PeopleField(
        label=_("Personas expuestas"),
        help_text=_("Cuántas viven o trabajan donde llega la amenaza. Solo para acciones de adaptación."),
    )
    beneficiaries_total = PeopleField(label=_("Personas beneficiadas, en total"))
    beneficiaries_women = PeopleField(label=_("De ellas, mujeres"))
    beneficiaries_men = PeopleField(
        label=_("De ellas, hombres"),
        help_text=_("Quienes no estén en ninguno de los dos se cuentan como «sin dato»."),
    )
    instrument = RowField(
        label=_("Instrumento del que viene"), required=False, help_text=_("El programa o plan que la prevé.")
    )
    instrument_line = text_field(
        Action, "instrument_line", label=_("Línea de acción"), help_text=_("Con su número, como está en el documento.")
    )
    point = PointField(
        label=_("Punto en el mapa"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "input-short", "autocomplete": "off"}),
        help_text=_("Latitud y longitud: 19.29, -99.65. Se publica con la acción."),
    )
    started_on = DayField(label=_("Comenzó (real)"), required=False, not_after_today=True)
    ended_on = DayField(label=_("Terminó (real)"), required=False, not_after_today=True)
    related_words = forms.CharField(
        label=_("Buscar una acción por sus palabras"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Del municipio, o publicadas por otros."),
    )
    related_actions = RowsField(label=_("Acciones relacionadas"), required=False)

    PLAIN = (
        "people_exposed", "beneficiaries_total", "beneficiaries_women", "beneficiaries_men", "instrument",
        "instrument_line", "started_on", "ended_on",
    )  # fmt: skip

    @classmethod
    def stored_facts(cls, action: Action, related: Iterable[Action]) -> dict[str, Any]:
        found = {name: getattr(action, name) for name in cls.PLAIN} | {"instrument": action.instrument_id}
        return found | {"point": action.point, "related_actions": [row.pk for row in related]}

    def offer_related(
        self, visible: Any, action: Action | None, *, related: Iterable[Action], given: Mapping[str, Any]
    ) -> None:
        """What is chosen already (stored as ``related``, or typed), and what the words find among the ``visible``."""
        field = self.fields["related_actions"]
        assert isinstance(field, RowsField)
        rows = visible.exclude(pk=action.pk) if action else visible
        rows = rows.select_related("municipality").only("title", "municipality__name")
        kept = []
        if self.is_bound or "related_actions" in given:
            chosen = self.data.getlist("related_actions") if self.is_bound else given["related_actions"]
            keys = [int(key) for key in map(str, chosen) if key.isascii() and key.isdigit() and len(key) < 10]
            kept = list(rows.filter(pk__in=keys[:MOST_RELATED])) if keys else []
        else:
            kept = list(related)
        words = self.data.get("related_words", "").strip()[:80] if self.is_bound else ""
        found = (
            list(rows.filter(words_filter(words)).exclude(pk__in=[row.pk for row in kept])[:FOUND_AT_ONCE])
            if words
            else []
        )
        self.nothing_found = bool(words) and not found
        field.offer([*kept, *found], lambda row: f"{row.title} ({row.municipality.name})")

    @property
    def related_open(self) -> bool:
        return bool(self["related_words"].value() or self["related_actions"].value() or self["related_actions"].errors)

    def clean_facts(self) -> None:
        given = self.cleaned_data
        if given.get("people_exposed") is not None and given.get("kind") == ActionKind.MITIGATION:
            self.add_error(
                "people_exposed",
                _("Las personas expuestas se indican en acciones de adaptación. Bórrelas o cambie el tipo."),
            )
        if given.get("started_on") and given.get("ended_on") and given["ended_on"] < given["started_on"]:
            self.add_error("ended_on", _("La acción terminó antes de comenzar: revise las dos fechas reales."))
        if given.get("instrument_line") and not given.get("instrument") and "instrument" not in self.errors:
            self.add_error("instrument", _("Diga de qué instrumento es esa línea de acción."))
        self._clean_beneficiaries()

    def _clean_beneficiaries(self) -> None:
        names = ("beneficiaries_total", "beneficiaries_women", "beneficiaries_men")
        if any(name in self.errors for name in names):
            return
        total, *parts = (self.cleaned_data.get(name) for name in names)
        if total is None and any(part is not None for part in parts):
            self.add_error("beneficiaries_total", _("Escriba también el total: mujeres y hombres son parte de él."))
        elif total is not None and sum(part or 0 for part in parts) > total:
            self.add_error("beneficiaries_total", _("Mujeres y hombres suman más que el total."))

    def facts(self) -> dict[str, Any]:
        """Values for the columns of the action."""
        latitude, longitude = self.cleaned_data["point"] or (None, None)
        return {name: self.cleaned_data[name] for name in self.PLAIN} | {"latitude": latitude, "longitude": longitude}

    def related(self) -> Iterable[Action]:
        return self.cleaned_data["related_actions"]
