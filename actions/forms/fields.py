"""Fields of the forms about actions. Vocabularies are read once for each form, and choices are checked in memory."""

import datetime
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.db.models import Model
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import capfirst as capitalised
from django.utils.translation import gettext_lazy as _

capfirst = lazy(capitalised, str)
FIRST_YEAR, LAST_YEAR = 2000, 2100


class DayField(forms.DateField):
    """A day, typed or picked. ``not_after_today`` for what has happened."""

    def __init__(self, *, not_after_today: bool = False, **kwargs: Any) -> None:
        self.not_after_today = not_after_today
        attrs = {"type": "date", "min": f"{FIRST_YEAR}-01-01"}
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs=attrs), **kwargs)

    def validate(self, value: datetime.date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise forms.ValidationError(_("Escriba una fecha entre 2000 y 2100."), code="range")
        if self.not_after_today and value > timezone.localdate():
            raise forms.ValidationError(_("Esa fecha todavía no llega: escriba hoy o un día anterior."), code="future")


class AmountField(forms.DecimalField):
    """A number as people write it: ``1,250.50`` and ``$ 1250.5`` are the same; ``12,5`` could be 12.5 or 125."""

    THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"max_digits": 14, "decimal_places": 2} | kwargs
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "input-short"}), **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace("$", "").replace("\u00a0", "").replace(" ", "")
            if "," in value and not self.THOUSANDS.fullmatch(value):
                raise forms.ValidationError(
                    _("Use la coma solo para los miles y el punto para los decimales: 1,250.50."), code="comma"
                )
            value = value.replace(",", "")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """Stored numbers without the zeros that nobody typed: ``3``, not ``3.00``."""
        return f"{value:,.2f}".removesuffix(".00") if isinstance(value, Decimal) else value


class RowField(forms.TypedChoiceField):
    """One row of a vocabulary, by its id."""

    def offer(self, rows: Iterable[Model], label: Any = str) -> None:
        self.rows = {str(row.pk): row for row in rows}
        self.coerce = self.rows.get
        self.empty_value = None
        self.choices = [("", _("Elija…")), *((pk, label(row)) for pk, row in self.rows.items())]


class RowsField(forms.TypedMultipleChoiceField):
    """Some rows of a vocabulary, by their ids."""

    widget = forms.CheckboxSelectMultiple

    def offer(self, rows: Iterable[Model], label: Any = str) -> None:
        self.rows = {str(row.pk): row for row in rows}
        self.coerce = self.rows.get
        self.choices = [(pk, label(row)) for pk, row in self.rows.items()]


class SectorSelect(forms.Select):
    """Tells the page's script which pathway each sector proposes."""

    proposals: Mapping[str, int | None] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if proposed := self.proposals.get(str(value)):
            option["attrs"]["data-proposes"] = str(proposed)
        return option


class LongTextField(forms.CharField):
    """Paragraphs. Browsers send line ends of two characters; one is stored, so that the same text stays the same."""

    def __init__(self, *, rows: int, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)


def text_field(model: type[Model], name: str, **kwargs: Any) -> forms.CharField:
    """A text field with label and length of the model's own."""
    column: Any = model._meta.get_field(name)
    kwargs = {
        "label": capfirst(column.verbose_name),
        "max_length": column.max_length,
        "required": not column.blank,
    } | kwargs
    return forms.CharField(**kwargs)


class VersionedForm(forms.Form):
    """A form that knows which version of the action it was drawn from."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_version(self) -> int:
        """A form without a version was drawn from none: 0 is never the current one."""
        return self.cleaned_data.get("version") or 0

    def take_version(self, version: int) -> None:
        """Be drawn again for a newer version, with what was typed."""
        data = cast(QueryDict, self.data).copy()
        data["version"] = str(version)
        self.data = data
