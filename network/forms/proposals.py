"""Input about proposals of municipalities: the public form, the link, what staff decide, and campaigns."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from network.enums import Sex
from network.forms.accounts import ShowsNotice
from network.forms.designations import LetterForm, PersonFields
from network.models import Designation, Person, RenewalCampaign
from web.dates import day_label
from web.forms import DayField

# How long a link serves where staff do not say otherwise.
LINK_DAYS = 30
LONGEST_LINK_DAYS = 366
NEW_PERSON = "new"


class ProposalForm(ShowsNotice, LetterForm):
    """What a municipality fills in about the person it names; nearly all of it stands in the letter."""

    institution = forms.CharField(
        label=_("Área o dependencia"), max_length=200, help_text=_("Por ejemplo: Dirección de Medio Ambiente.")
    )
    consent = forms.BooleanField(
        label=_("La persona sabe que el municipio la propone y conoce el aviso de privacidad"),
        error_messages={"required": _("Avise antes a la persona: sus datos son de ella.")},
    )
    PERSON_FIELDS: tuple[str, ...] = (*PersonFields.PERSON_FIELDS, "institution")
    sections = [
        (_("Persona designada"), ["name", "email", "position", "institution", "phone", "sex"]),
        LetterForm.OFICIO,
        (
            _("Vigencia"),
            _("Sin fecha de término, la designación dura hasta que el municipio nombre a otra persona."),
            ["starts_on", "ends_on"],
        ),
        (_("Antes de enviar"), ["consent"]),
    ]
    MUST = ("email", "position", "oficio_date", "signed_by")
    # What a browser on a phone knows by itself about who fills it in is not about the person named.
    NOT_OF_WHO_TYPES = ("name", "email", "phone", "position", "institution")

    def __init__(self, *args: Any, corrects: Designation | None = None, **kwargs: Any) -> None:
        if corrects is not None:
            letter = {name: getattr(corrects, name) for name in LetterForm.Meta.fields if name != "oficio_file"}
            kwargs["initial"] = self.initial_of(corrects.person) | letter
        super().__init__(*args, **kwargs)
        for name in self.MUST:
            self.fields[name].required = True
        self.fields["oficio_file"].required = not (corrects and corrects.oficio_file)
        self.fields["oficio_file"].help_text = (
            _("PDF o una foto legible (PNG o JPG).")
            if self.fields["oficio_file"].required
            else _("Ya tenemos el que envió. Elija otro solo si cambió.")
        )
        self.fields["sex"].choices = [("", _("Sin respuesta")), *Sex.choices]
        self.fields["signed_by"].help_text = _("Nombre y cargo de quien firma el oficio.")
        for name in self.NOT_OF_WHO_TYPES:
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def known_person(self) -> Person | None:
        return None

    def municipality(self) -> Municipality | None:
        return None

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if not any(character.isalpha() for character in name):
            raise ValidationError(_("Escriba el nombre con letras."))
        return name

    def person_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.PERSON_FIELDS}


class LinkForm(forms.Form):
    """Where a link goes, and until when it serves."""

    municipality = forms.ModelChoiceField(
        queryset=Municipality.objects.none(), label=_("Municipio"), empty_label=_("Elija un municipio")
    )
    email = forms.EmailField(
        label=_("Correo electrónico"),
        required=False,
        max_length=254,
        help_text=_("Vacío: el correo de oficina que se conoce del municipio."),
    )
    ends_on = DayField(label=_("Último día en que sirve"))
    keep = forms.BooleanField(
        label=_("Guardar esta dirección como el correo de oficina del municipio"), required=False, initial=True
    )

    def __init__(self, *args: Any, municipalities: QuerySet[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "municipality" in self.fields:
            self.fields["municipality"].queryset = municipalities
        if "ends_on" in self.fields:
            self.initial.setdefault("ends_on", timezone.localdate() + timedelta(days=LINK_DAYS))

    def clean_ends_on(self) -> Any:
        return check_deadline(self.cleaned_data["ends_on"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        place = data.get("municipality")
        if place and not data.get("email") and "email" not in self.errors:
            office = getattr(place, "office", None)
            if office is None:
                self.add_error("email", _("No se conoce el correo de oficina de este municipio: escriba uno."))
            else:
                data["email"], data["keep"] = office.email, False
        return data


class AddressForm(forms.Form):
    """Another address for a link that was made already."""

    email = forms.EmailField(label=_("Correo electrónico"), max_length=254)
    keep = LinkForm.declared_fields["keep"]


def check_deadline(day: Any) -> Any:
    today = timezone.localdate()
    if day < today:
        raise ValidationError(_("Escriba hoy o una fecha posterior."))
    if day > today + timedelta(days=LONGEST_LINK_DAYS):
        raise ValidationError(_("Es demasiado tiempo: escriba una fecha dentro de un año."))
    return day


class VerifyForm(forms.Form):
    """Who the proposed person is, whom they succeed, and whether they are invited at once."""

    person = forms.ChoiceField(label=_("¿Quién es?"), widget=forms.RadioSelect)
    replace = forms.BooleanField(label="")
    invite = forms.BooleanField(label=_("Invitar ahora a la persona por correo"), required=False, initial=True)

    def __init__(
        self, data: Any = None, *, designation: Designation, known: Iterable[Person], replaced: Designation | None
    ) -> None:
        super().__init__(data)
        self.designation, self.replaced = designation, replaced
        self.known = {str(person.pk): person for person in known}
        new = gettext("Es una persona nueva")
        self.fields["person"].choices = [
            *((pk, _described(person)) for pk, person in self.known.items()),
            (NEW_PERSON, new),
        ]
        if not self.known:
            del self.fields["person"]
        if replaced is None:
            del self.fields["replace"]
        else:
            self.fields["replace"].label = gettext("Sustituir a {name} desde el {day}").format(
                name=replaced.person.name, day=day_label(designation.starts_on, False)
            )
            self.fields["replace"].error_messages["required"] = gettext(
                "{name} sigue como titular. Marque que se sustituye, o rechace la propuesta."
            ).format(name=replaced.person.name)
        if not designation.person.email:
            del self.fields["invite"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        starts_on = self.designation.starts_on
        if self.replaced is not None and starts_on > timezone.localdate():
            text = gettext("{name} sigue vigente y esta designación empieza el {day}: verifíquela desde ese día.")
            self.add_error(None, text.format(name=self.replaced.person.name, day=day_label(starts_on, False)))
        elif self.replaced is not None and starts_on < self.replaced.starts_on:
            text = gettext("No puede empezar antes que la designación que sustituye, el {day}. Corrija la vigencia.")
            self.add_error(None, text.format(day=day_label(self.replaced.starts_on, False)))
        return data

    def chosen(self) -> Person | None:
        """Who it is, where the human is known already."""
        return self.known.get(self.cleaned_data.get("person", ""))


def _described(person: Person) -> str:
    place = person.municipality.name if person.municipality else ""
    account = gettext("tiene cuenta") if person.user_id else ""
    return " · ".join(filter(None, [person.name, person.email, place, person.position, account]))


class RejectForm(forms.Form):
    reason = forms.CharField(
        label=_("Motivo"),
        max_length=1000,
        help_text=_("Se envía al municipio: diga qué corregir. No escriba datos personales."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class CampaignForm(forms.ModelForm):
    """Whom to ask, until when and with which words."""

    ENDING, VACANT, CHOSEN = "ending", "vacant", "chosen"

    who = forms.ChoiceField(
        label=_("A qué municipios"),
        choices=[
            (ENDING, _("Aquellos cuya titularidad termina a más tardar en una fecha")),
            (VACANT, _("Todos los que hoy no tienen titular")),
            (CHOSEN, _("Los que elija abajo")),
        ],
        widget=forms.RadioSelect,
        initial=ENDING,
    )
    ends_by = DayField(label=_("Termina a más tardar el"), required=False)
    municipalities = forms.MultipleChoiceField(
        label=_("Municipios"), required=False, widget=forms.CheckboxSelectMultiple
    )
    also_people = forms.BooleanField(
        label=_("Donde no se conoce el correo de oficina, escribir a la última persona titular"), required=False
    )

    class Meta:
        model = RenewalCampaign
        fields = ["name", "deadline", "text"]
        field_classes = {"deadline": DayField}
        widgets = {"text": forms.Textarea(attrs={"rows": 6})}

    sections = [
        (_("A quiénes"), ["who", "ends_by", "municipalities", "also_people"]),
        (_("Qué se les pide"), ["name", "deadline", "text"]),
    ]

    def __init__(self, *args: Any, municipalities: QuerySet[Municipality], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {str(place.pk): place for place in municipalities}
        self.fields["municipalities"].choices = [(pk, place.name) for pk, place in self.places.items()]

    def clean_deadline(self) -> Any:
        return check_deadline(self.cleaned_data["deadline"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("who") == self.ENDING and not data.get("ends_by") and "ends_by" not in self.errors:
            self.add_error("ends_by", _("Escriba hasta qué fecha."))
        if data.get("who") == self.CHOSEN and not data.get("municipalities") and "municipalities" not in self.errors:
            self.add_error("municipalities", _("Elija al menos un municipio."))
        return data
