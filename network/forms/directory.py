"""Input about a municipality: its office, its climate programme, and what was said."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from network.enums import ProgrammeState
from network.models import ClimateProgramme, Communication, Instrument, MunicipalContact
from web.forms import FIRST_YEAR, LAST_YEAR, DayField, RequestForm, WebAddressField
from web.uploads import ACCEPT, check_upload


class ContactForm(forms.ModelForm):
    """How to reach an office. ``version`` is the row that was read, 0 where there was none."""

    email = forms.EmailField(
        label=_("Correo de la oficina"),
        required=False,
        help_text=_("Solo lo ve el instituto. A este correo van los enlaces para proponer designaciones."),
    )
    website = WebAddressField(label=_("Sitio web"), required=False, max_length=300)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10**9)
    sections = [
        (
            _("Oficina que atiende"),
            _("Aparece en el directorio público. Sin nombres ni teléfonos de personas."),
            ["office", "address", "phone", "website"],
        ),
        (_("Para el instituto"), ["email"]),
    ]

    class Meta:
        model = MunicipalContact
        fields = ["office", "address", "phone", "website"]
        widgets = {"phone": forms.TextInput(attrs={"type": "tel"})}
        help_texts = {"office": _("Por ejemplo, «Dirección de Medio Ambiente».")}

    def __init__(self, data: Any = None, *, municipality: Municipality, contact: MunicipalContact | None) -> None:
        office = getattr(municipality, "office", None)
        super().__init__(data, instance=contact, initial={"email": office.email if office else ""})
        self.initial["version"] = contact.version if contact else 0

    def clean_version(self) -> int:
        return self.cleaned_data.get("version") or 0


class ProgrammeForm(forms.ModelForm):
    """The next row of a municipality's programme; it begins as the one that holds."""

    remove_file = forms.BooleanField(label=_("Quitar el archivo que hay"), required=False)
    after = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10**9)
    sections = [
        (_("Estado"), ["state", "instrument", "year", "valid_until"]),
        (_("Documento"), ["file", "remove_file", "note"]),
    ]

    class Meta:
        model = ClimateProgramme
        fields = ["state", "instrument", "year", "valid_until", "file", "note"]
        field_classes = {"valid_until": DayField}
        widgets = {
            "state": forms.RadioSelect,
            "file": forms.FileInput(attrs={"accept": ACCEPT}),
            "note": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "year": _("El de su publicación."),
            "valid_until": _("Pasado este día, el programa aparece como vencido."),
            "file": _("PDF, PNG o JPG. Es público cuando el programa está publicado o vencido."),
            "note": _("Solo la ve el instituto."),
        }

    def __init__(self, data: Any = None, files: Any = None, *, latest: ClimateProgramme | None) -> None:
        known = {name: getattr(latest, name) for name in ("state", "year", "valid_until")} if latest else {}
        chosen = latest.instrument_id if latest else None
        instruments = Instrument.objects.all()
        super().__init__(data, files, initial=known | {"instrument": chosen or instruments.first()})
        self.fields["state"].choices = ProgrammeState.choices
        self.fields["instrument"].queryset = instruments
        self.fields["instrument"].empty_label = _("Sin dato")
        self.initial["after"] = latest.number if latest else 0
        if latest is None or not latest.file:
            del self.fields["remove_file"]

    def clean_after(self) -> int:
        return self.cleaned_data.get("after") or 0

    def clean_year(self) -> int | None:
        year = self.cleaned_data["year"]
        if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
            raise forms.ValidationError(_("Escriba un año de 1990 a 2100."))
        return year

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        return check_upload(file) if isinstance(file, UploadedFile) else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        state, year, last = data.get("state"), data.get("year"), data.get("valid_until")
        if state == ProgrammeState.NONE:
            if data.get("file"):
                self.add_error("file", _("Sin programa no hay archivo: elija otro estado o quite el archivo."))
            # What the form brought along from the earlier row does not have to be emptied by hand.
            data["year"] = data["valid_until"] = data["instrument"] = None
        elif year and last and last.year < year:
            self.add_error("valid_until", _("La vigencia termina antes del año del programa: revise los dos."))
        elif state == ProgrammeState.EXPIRED and last and last >= timezone.localdate():
            self.add_error("valid_until", _("Un programa vencido no puede seguir vigente: revise la fecha."))
        return data


class CommunicationForm(RequestForm, forms.ModelForm):
    """One line of the log. Sent twice it is written once."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10**9)
    sections = [
        (_("Qué pasó"), ["kind", "happened_on", "counterpart", "subject", "summary"]),
        (_("Qué sigue"), ["next_step", "due_on"]),
    ]

    class Meta:
        model = Communication
        fields = ["kind", "happened_on", "counterpart", "subject", "summary", "next_step", "due_on"]
        field_classes = {"happened_on": DayField, "due_on": DayField}
        widgets = {"summary": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "counterpart": _("El cargo o la oficina, sin nombres ni datos de personas."),
            "summary": _("Sin datos personales."),
            "due_on": _("Aparecerá entre los pendientes del inicio."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Communication._meta.get_field("kind").choices
        self.initial["version"] = self.instance.version

    def clean_version(self) -> int:
        return self.cleaned_data.get("version") or 0

    def clean_happened_on(self) -> Any:
        day = self.cleaned_data["happened_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("Aquí se anota lo que ya pasó: escriba hoy o una fecha anterior."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("due_on") and not data.get("next_step") and "next_step" not in self.errors:
            self.add_error("next_step", _("Escriba el siguiente paso, o quite su fecha."))
        return data
