"""Input about designations. Messages are those of the constraints, beside the field they are about."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from network.enums import DesignationKind, DesignationState, Sex
from network.models import Designation, Person
from network.services import PERIOD_OVERLAPS, TITULAR_TAKEN
from web.forms import DayField, WatchedForm
from web.uploads import ACCEPT, check_upload


class PersonFields(forms.Form):
    """What is known of the designated person; ``person`` is the record it is written to (a new one where empty)."""

    name = forms.CharField(label=_("Nombre completo"), max_length=160)
    email = forms.EmailField(
        label=_("Correo electrónico"),
        required=False,
        help_text=_("A este correo llega la invitación para abrir su cuenta."),
    )
    position = forms.CharField(label=_("Cargo"), max_length=160, required=False)
    phone = forms.CharField(
        label=_("Teléfono"), max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    sex = forms.ChoiceField(label=_("Sexo"), required=False, choices=[("", _("Sin dato")), *Sex.choices])

    PERSON_FIELDS: tuple[str, ...] = ("name", "email", "position", "phone", "sex")
    # ``another_person`` is offered only when the e-mail belongs to somebody already.
    SECTION = (_("Persona designada"), ["name", "email", "another_person", "position", "phone", "sex"])

    def fill(self, person: Person) -> Person:
        for field in self.PERSON_FIELDS:
            setattr(person, field, self.cleaned_data[field])
        return person

    @classmethod
    def initial_of(cls, person: Person) -> dict[str, str]:
        return {field: getattr(person, field) for field in cls.PERSON_FIELDS}


class LetterForm(PersonFields, forms.ModelForm):
    """A letter of designation with its person. Subclasses say which of it can be changed."""

    PERIOD = (
        _("Vigencia"),
        _("Sin fecha de término, la designación dura hasta que se concluya o se sustituya."),
        ["starts_on", "ends_on"],
    )
    OFICIO = (_("Oficio"), ["oficio_number", "oficio_date", "signed_by", "oficio_file"])

    class Meta:
        model = Designation
        fields = ["oficio_number", "oficio_date", "signed_by", "oficio_file", "starts_on", "ends_on"]
        widgets: dict[str, forms.Widget] = {
            "oficio_file": forms.FileInput(attrs={"accept": ACCEPT}),
        }
        field_classes = {"oficio_date": DayField, "starts_on": DayField, "ends_on": DayField}
        help_texts = {"oficio_file": _("PDF, PNG o JPG.")}

    def clean_oficio_file(self) -> Any:
        file = self.cleaned_data["oficio_file"]
        return check_upload(file) if isinstance(file, UploadedFile) else file

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        starts_on, ends_on = data.get("starts_on"), data.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("La vigencia termina antes de empezar: revise las dos fechas."))
        elif starts_on:
            self.check_period(starts_on, ends_on)
        if data.get("oficio_date") and data["oficio_date"] > timezone.localdate():
            self.add_error("oficio_date", _("El oficio no puede tener una fecha futura."))
        return data

    def check_period(self, starts_on: Any, ends_on: Any) -> None:
        """Says beforehand what the database would refuse; it still decides where two people write at once."""
        person = self.known_person()
        if person is None or self.municipality() is None:
            return
        others = Designation.objects.filter(municipality=self.municipality(), person=person).exclude(
            pk__in=[pk for pk in (self.instance.pk, self.replaced_pk()) if pk]
        )
        if others.overlapping(starts_on, ends_on).exists():
            self.add_error("starts_on", PERIOD_OVERLAPS)

    def known_person(self) -> Person | None:
        raise NotImplementedError

    def municipality(self) -> Municipality | None:
        return self.instance.municipality

    def replaced_pk(self) -> int | None:
        return None


class DesignationForm(LetterForm):
    """A new letter, of a known person or of a new one."""

    person = forms.ModelChoiceField(queryset=Person.objects.none(), required=False, widget=forms.HiddenInput)
    another_person = forms.BooleanField(label=_("Es otra persona que comparte el correo"), required=False)

    class Meta(LetterForm.Meta):
        fields = ["municipality", "kind", *LetterForm.Meta.fields]
        widgets = {**LetterForm.Meta.widgets, "kind": forms.RadioSelect()}

    sections = [
        (_("Municipio"), ["municipality", "kind"]),
        PersonFields.SECTION,
        LetterForm.OFICIO,
        LetterForm.PERIOD,
    ]

    def __init__(self, *args: Any, people: Any, municipalities: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = self.fields.pop("another_person")
        if "another_person" in self.data:
            self.fields["another_person"] = self.offered
        self.fields["person"].queryset = people
        if "municipality" in self.fields:
            self.fields["municipality"].queryset = municipalities
            self.fields["municipality"].empty_label = _("Elija un municipio")
        if "kind" in self.fields:
            self.fields["kind"].choices = DesignationKind.choices

    def known_person(self) -> Person | None:
        return self.cleaned_data.get("person")

    def municipality(self) -> Municipality | None:
        return self.cleaned_data.get("municipality")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.check_namesake(data)
        if data.get("municipality") and data.get("kind") == DesignationKind.TITULAR and data.get("starts_on"):
            taken = Designation.objects.titulares().filter(
                municipality=data["municipality"], state=DesignationState.IN_FORCE
            )
            if taken.exclude(ends_on__lt=data["starts_on"]).exists():
                self.add_error("municipality", TITULAR_TAKEN)
        return data

    def check_namesake(self, data: dict[str, Any]) -> None:
        """Two people may share a mailbox, but a second record of one person is made only on purpose."""
        if data.get("person") or not data.get("email") or data.get("another_person"):
            return
        if self.fields["person"].queryset.filter(email__iexact=data["email"]).exists():
            self.fields["another_person"] = self.offered
            self.add_error(
                "email",
                _("Ya hay una persona con este correo. Búsquela arriba y elíjala, o marque abajo que es otra."),
            )


class SuccessionForm(DesignationForm):
    """The letter that takes the place of another one, in the same municipality and of the same kind."""

    class Meta(DesignationForm.Meta):
        fields = LetterForm.Meta.fields

    sections = [PersonFields.SECTION, LetterForm.OFICIO, LetterForm.PERIOD]

    def __init__(self, *args: Any, replaced: Designation, **kwargs: Any) -> None:
        super().__init__(*args, municipalities=None, **kwargs)
        self.replaced = replaced
        self.instance.municipality = replaced.municipality
        self.instance.kind = replaced.kind

    def municipality(self) -> Municipality | None:
        return self.replaced.municipality

    def replaced_pk(self) -> int | None:
        return self.replaced.pk

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        starts_on = data.get("starts_on")
        if starts_on and starts_on > timezone.localdate():
            self.add_error(
                "starts_on",
                _("Una sustitución se registra desde el día en que empieza: escriba hoy o una fecha anterior."),
            )
        elif starts_on and starts_on < self.replaced.starts_on:
            self.add_error("starts_on", _("No puede empezar antes que la designación que sustituye."))
        elif starts_on == self.replaced.starts_on and data.get("person") == self.replaced.person:
            self.add_error("starts_on", PERIOD_OVERLAPS)
        return data


class DesignationEditForm(WatchedForm, LetterForm):
    """Corrections of a letter; municipality and kind do not change, a new letter does that."""

    reason = forms.CharField(label=_("Motivo del cambio"), max_length=100, help_text=_("Queda en el historial."))

    sections = [
        PersonFields.SECTION,
        LetterForm.OFICIO,
        LetterForm.PERIOD,
        (_("Historial"), ["reason"]),
    ]

    def __init__(self, data: Any, files: Any, *, instance: Designation) -> None:
        super().__init__(data, files, instance=instance, initial=self.initial_of(instance.person))
        self.watch()

    def known_person(self) -> Person | None:
        return self.instance.person


class EndForm(forms.Form):
    ends_on = DayField(
        label=_("Último día"),
        help_text=_("Con la fecha de hoy o anterior, el acceso termina ahora."),
    )
    reason = forms.CharField(label=_("Motivo"), max_length=100, help_text=_("Queda en el historial."))

    def __init__(self, *args: Any, designation: Designation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.designation = designation

    def clean_ends_on(self) -> Any:
        ends_on = self.cleaned_data["ends_on"]
        if ends_on < self.designation.starts_on:
            raise ValidationError(_("La vigencia termina antes de empezar: revise las dos fechas."))
        return ends_on
