"""Attendance that comes by file or by sheet: what is sent, and the lines that are typed."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from events.models import AttendanceImport
from municipalities.models import Municipality
from network.enums import PersonCategory, Sex
from web.search import folded_name

SHEET_ROWS, MORE_ROWS, MAX_SHEET_ROWS = 15, 10, 200
UNKNOWN = ("", _("Sin dato"))


class ReportForm(forms.Form):
    """An attendance report; and, where one is in the attendance already, whether it takes that one's place."""

    file = forms.FileField(
        label=_("Informe de asistencia"),
        help_text=_("El CSV o XLSX que descarga de Zoom, Teams o Meet, sin cambiarle nada."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        error_messages={"empty": _("El archivo está vacío. Elija otro.")},
    )
    replaces = forms.ChoiceField(
        label=_("Ya hay un informe incorporado"), required=False, widget=forms.RadioSelect, choices=()
    )

    def __init__(self, *args: Any, earlier: AttendanceImport | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earlier = earlier
        if earlier is None:
            del self.fields["replaces"]
            return
        self.fields["replaces"].choices = [
            (str(earlier.pk), _("Este lo corrige: toma el lugar de «{name}»").format(name=earlier)),
            ("", _("Este se suma: es de otra sala o de otra parte de la sesión")),
        ]
        self.initial.setdefault("replaces", str(earlier.pk))

    def clean_file(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["file"]
        if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // 1024 // 1024
            raise ValidationError(_("El archivo pasa de %(limit)s MB.") % {"limit": limit})
        return upload

    @property
    def replaced(self) -> AttendanceImport | None:
        return self.earlier if self.cleaned_data.get("replaces") else None


class SheetRow(forms.Form):
    """One line of a paper sheet. A line with nothing in it is none."""

    name = forms.CharField(label=_("Nombre completo"), max_length=160, required=False)
    email = forms.EmailField(label=_("Correo"), required=False)
    sex = forms.ChoiceField(label=_("Sexo"), required=False, choices=[UNKNOWN, *Sex.choices])
    category = forms.ChoiceField(label=_("Tipo de persona"), required=False, choices=[UNKNOWN, *PersonCategory.choices])
    institution = forms.CharField(label=_("Institución"), max_length=200, required=False)
    municipality = forms.CharField(
        label=_("Municipio"), max_length=120, required=False, widget=forms.TextInput(attrs={"list": "municipios"})
    )
    minutes = forms.IntegerField(label=_("Minutos"), required=False, min_value=0, max_value=1440)

    def __init__(self, *args: Any, towns: dict[str, Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.towns = towns
        for name in ("name", "email", "institution", "municipality", "minutes"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_municipality(self) -> Municipality | None:
        """Typed by name, whatever its accents and capitals."""
        typed = self.cleaned_data["municipality"]
        if typed and folded_name(typed) not in self.towns:
            raise ValidationError(_("Ese municipio no existe: elija uno de la lista."))
        return self.towns[folded_name(typed)] if typed else None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("name") and "name" not in self.errors and self.has_changed():
            self.add_error("name", _("Escriba el nombre."))
        return cleaned


class SheetForm(forms.Form):
    """The lines of a sheet, one :class:`SheetRow` each. ``form_key`` makes a double submission count once."""

    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40)
    rows_shown = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MAX_SHEET_ROWS)

    def __init__(self, data: Any = None, *, form_key: str = "", more: bool = False) -> None:
        super().__init__(data, initial={"form_key": form_key, "rows_shown": SHEET_ROWS})
        shown = (self["rows_shown"].value() or "") if data is not None else SHEET_ROWS
        known = min(int(shown), MAX_SHEET_ROWS) if str(shown).isdecimal() else SHEET_ROWS
        self.shown = min(known + MORE_ROWS, MAX_SHEET_ROWS) if more else known
        towns = {folded_name(town.name): town for town in Municipality.objects.order_by("sort_name")}
        self.towns = list(towns.values())
        self.rows = [SheetRow(data, prefix=str(number), towns=towns) for number in range(self.shown)]
        for row in self.rows:
            row.empty_permitted = True

    def is_valid(self) -> bool:
        rows_are = [row.is_valid() for row in self.rows]
        return super().is_valid() and all(rows_are)

    @property
    def typed(self) -> list[dict[str, Any]]:
        return [row.cleaned_data for row in self.rows if row.has_changed() and row.cleaned_data.get("name")]
