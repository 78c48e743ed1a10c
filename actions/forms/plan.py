"""Milestones, indicators and readings of an action."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actions.enums import IndicatorDirection
from actions.forms.fields import AmountField, DayField, text_field
from actions.models import HEAVIEST, LIGHTEST, Action, Indicator, IndicatorReading, Milestone
from actions.services import IndicatorValues, MilestoneValues
from web.forms import WatchedForm


class MilestoneForm(WatchedForm):
    """A step and its weight. Once the record is with the institute, only when the step was met."""

    title = text_field(Milestone, "title", label=_("Hito"), help_text=_("«Proyecto ejecutivo», «Obra terminada»."))
    weight = forms.IntegerField(
        label=_("Peso"),
        initial=LIGHTEST,
        validators=[MinValueValidator(LIGHTEST), MaxValueValidator(HEAVIEST)],
        widget=forms.NumberInput(attrs={"min": LIGHTEST, "max": HEAVIEST, "inputmode": "numeric"}),
        help_text=_("De 1 a 100, comparado con los demás: el doble de peso cuenta el doble. No tienen que sumar 100."),
    )
    due_on = DayField(label=_("Fecha prevista"), required=False)
    done_on = DayField(
        label=_("Se cumplió el"),
        required=False,
        not_after_today=True,
        help_text=_("Se deja vacío mientras no se cumpla."),
    )
    PLANNED = ("title", "weight", "due_on")

    def __init__(
        self, data: Any = None, *, action: Action, milestone: Milestone | None = None, planned: bool | None = None
    ) -> None:
        """``planned``: whether the plan is part of the form; by default where the record is with the municipality."""
        names = (*self.PLANNED, "done_on")
        super().__init__(
            data, initial={name: getattr(milestone, name) for name in names} if milestone is not None else None
        )
        self.action, self.milestone = action, milestone
        if not (action.is_editable if planned is None else planned):
            for name in self.PLANNED:
                del self.fields[name]
            self.initial.setdefault("done_on", None)
            self.initial["done_on"] = self.initial["done_on"] or timezone.localdate()
        if milestone is not None:
            self.watch()

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if self.action.pk and self._is_taken(title):
            raise forms.ValidationError(_("Esta acción ya tiene un hito con ese nombre."))
        return title

    def _is_taken(self, title: str) -> bool:
        others = self.action.milestones.filter(title=title)
        return others.exclude(pk=self.milestone.pk if self.milestone else 0).exists()

    def values(self) -> MilestoneValues:
        kept = {name: getattr(self.milestone, name) for name in self.PLANNED if name not in self.fields}
        return MilestoneValues(**kept, **self.cleaned_data)


class IndicatorForm(WatchedForm):
    """What is measured, from where and to where."""

    name = text_field(Indicator, "name", label=_("Qué se mide"), help_text=_("«Viviendas con captación de lluvia»."))
    unit = text_field(Indicator, "unit", help_text=_("«viviendas», «kg al mes», «hectáreas»…"))
    direction = forms.ChoiceField(
        label=_("Se busca"), choices=IndicatorDirection.choices, initial=IndicatorDirection.INCREASE
    )
    baseline = AmountField(
        label=_("Línea base"),
        required=False,
        help_text=_("El valor antes de empezar. Sin él no puede decirse qué parte de la meta se alcanzó."),
    )
    target = AmountField(label=_("Meta"), help_text=_("El valor al que se quiere llegar."))
    OWN = ("name", "unit", "direction", "baseline", "target")

    def __init__(self, data: Any = None, *, action: Action, indicator: Indicator | None = None) -> None:
        super().__init__(
            data, initial={name: getattr(indicator, name) for name in self.OWN} if indicator is not None else None
        )
        self.action, self.indicator = action, indicator
        if indicator is not None:
            self.watch()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.action.pk and self._is_taken(name):
            raise forms.ValidationError(_("Esta acción ya tiene un indicador con ese nombre."))
        return name

    def _is_taken(self, name: str) -> bool:
        others = self.action.indicators.filter(name=name)
        return others.exclude(pk=self.indicator.pk if self.indicator else 0).exists()

    def clean(self) -> None:
        given = self.cleaned_data
        baseline, target = given.get("baseline"), given.get("target")
        if baseline is None or target is None:
            return
        rises = given.get("direction") != IndicatorDirection.DECREASE
        if baseline == target or rises != (target > baseline):
            self.add_error("target", _("La meta no va en el sentido elegido: compárela con la línea base."))

    def values(self) -> IndicatorValues:
        return IndicatorValues(**self.cleaned_data)


class ReadingForm(WatchedForm):
    """What was measured on a day, and who says so. Putting one right, or taking it away, needs a reason."""

    date = DayField(label=_("Fecha de la medición"), not_after_today=True)
    value = AmountField(label=_("Valor"))
    source = text_field(
        IndicatorReading,
        "source",
        label=_("Fuente"),
        help_text=_("«Recibos de luz de enero a marzo», «Conteo en campo»."),
    )
    reason = forms.CharField(
        label=_("Por qué se corrige"),
        max_length=100,
        help_text=_("Queda en el historial junto con lo que decía antes."),
    )

    def __init__(self, data: Any = None, *, indicator: Indicator, reading: IndicatorReading | None = None) -> None:
        stored = {name: getattr(reading, name) for name in ("date", "value", "source")} if reading else {}
        super().__init__(data, initial={"date": timezone.localdate()} | stored)
        self.fields["value"].help_text = _("En %(unit)s.") % {"unit": indicator.unit}
        if reading is None:
            del self.fields["reason"]
        else:
            self.watch()

    def day_is_taken(self) -> None:
        self.add_error("date", _("Ya hay una lectura de ese día: corrija aquella o escriba otra fecha."))
