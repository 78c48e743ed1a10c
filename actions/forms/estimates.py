"""Estimates of emissions."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from actions.enums import EstimateKind
from actions.forms.fields import AmountField, DayField, LongTextField, RowField, text_field
from actions.models import EmissionEstimate, EmissionFactor, activity_units, tonnes_of
from actions.services import EstimateValues
from web.forms import RequestForm

# What the categories of the reference data are called; another one is shown as it is written.
CATEGORIES = {
    "electricity": _("Electricidad"),
    "fuel": _("Combustibles"),
    "gwp": _("Metano y óxido nitroso"),
}
MOST_TONNES = Decimal(100_000_000)


class EstimateForm(RequestForm):
    """An amount with a cited factor, or a result with its method: one of the two."""

    kind = forms.ChoiceField(
        label=_("Qué se estima"),
        choices=EstimateKind.choices,
        initial=EstimateKind.EXPECTED,
        widget=forms.RadioSelect,
    )
    starts_on = DayField(label=_("Del"), required=False)
    ends_on = DayField(label=_("Al"), required=False, not_after_today=True)
    activity = text_field(
        EmissionEstimate,
        "activity",
        label=_("Qué se evita, captura o sustituye"),
        help_text=_("«Electricidad que dejan de usar 40 luminarias», «Diésel de dos camiones»."),
    )
    factor = RowField(label=_("Factor de emisión"), required=False)
    activity_value = AmountField(label=_("Cantidad"), required=False, help_text=_("«12,000»."))
    activity_unit = forms.ChoiceField(label=_("Unidad"), required=False)
    tonnes = AmountField(
        label=_("Resultado, en toneladas de CO₂e"),
        required=False,
        decimal_places=4,
        max_digits=16,
        validators=[MinValueValidator(Decimal(0))],
    )
    method = LongTextField(
        label=_("Método"),
        required=False,
        max_length=1000,
        rows=4,
        help_text=_("Cómo se calculó y con qué fuente, para que otra persona pueda repetirlo."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.factors = [row for row in EmissionFactor.objects.all() if activity_units(row.unit)]
        field = self.fields["factor"]
        assert isinstance(field, RowField)
        field.offer(self.factors)
        groups: dict[str, list[tuple[str, str]]] = {}
        for row in self.factors:
            label = _("%(name)s: %(value)s %(unit)s (%(year)s, evidencia %(grade)s)") % {
                "name": row.name, "value": f"{row.value:,.4f}".rstrip("0").rstrip("."), "unit": row.unit,
                "year": row.year, "grade": row.evidence,
            }  # fmt: skip
            groups.setdefault(str(CATEGORIES.get(row.category, row.category)), []).append((str(row.pk), label))
        field.choices = [("", _("Elija…")), *groups.items()]
        units = dict.fromkeys(unit for row in self.factors for unit in activity_units(row.unit))
        unit = self.fields["activity_unit"]
        assert isinstance(unit, forms.ChoiceField)
        unit.choices = [("", _("Elija…")), *((name, name) for name in units)]

    def clean(self) -> None:
        self._clean_period()
        given = self.cleaned_data
        computed = [name for name in ("factor", "activity_value", "activity_unit") if given.get(name) not in (None, "")]
        typed = [name for name in ("tonnes", "method") if given.get(name) not in (None, "")]
        if any(name in self.errors for name in ("factor", "activity_value", "activity_unit", "tonnes", "method")):
            return
        if computed and typed:
            self.add_error("tonnes", _("Use el factor o escriba el resultado con su método: uno de los dos."))
        elif typed:
            for name, words in (("tonnes", _("Falta el resultado.")), ("method", _("Falta decir cómo se calculó."))):
                if name not in typed:
                    self.add_error(name, words)
        elif not computed:
            self.add_error("factor", _("Elija un factor con su cantidad, o escriba el resultado con su método."))
        else:
            self._clean_computed()

    def _clean_period(self) -> None:
        given = self.cleaned_data
        if given.get("kind") == EstimateKind.EXPECTED:
            given["starts_on"] = given["ends_on"] = None
            for name in ("starts_on", "ends_on"):
                self.errors.pop(name, None)
        elif "starts_on" in given and "ends_on" in given:
            if given["starts_on"] is None or given["ends_on"] is None:
                self.add_error(
                    "starts_on" if given["starts_on"] is None else "ends_on",
                    _("Diga en qué periodo se logró: del primer día al último."),
                )
            elif given["ends_on"] < given["starts_on"]:
                self.add_error("ends_on", _("El periodo termina antes de empezar: revise las dos fechas."))

    def _clean_computed(self) -> None:
        given = self.cleaned_data
        factor, amount, unit = given.get("factor"), given.get("activity_value"), given.get("activity_unit")
        if factor is None:
            self.add_error("factor", _("Elija el factor que corresponde."))
        if amount is None:
            self.add_error("activity_value", _("Falta la cantidad."))
        elif amount <= 0:
            self.add_error("activity_value", _("La cantidad es mayor que cero."))
        if not unit:
            self.add_error("activity_unit", _("Elija la unidad de la cantidad."))
        if factor is None or amount is None or amount <= 0 or not unit:
            return
        units = activity_units(factor.unit)
        if unit not in units:
            self.add_error(
                "activity_unit",
                _("Con este factor la cantidad va en: %(units)s.") % {"units": ", ".join(units)},
            )
            return
        result = tonnes_of(amount, unit, factor.value, factor.unit)
        if not 0 < result <= MOST_TONNES:
            self.add_error(
                "activity_value",
                _("El resultado sería de %(tonnes)s toneladas: revise la cantidad y la unidad.")
                % {"tonnes": f"{result:,.4f}"},
            )

    def values(self) -> EstimateValues:
        given = {name: value for name, value in self.cleaned_data.items() if name != "request_key"}
        return EstimateValues(**given)
