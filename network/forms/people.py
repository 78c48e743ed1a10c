"""Input about people and about which records are one human."""

import hashlib
import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from network.models import Person
from network.services.people import EDITED


class PersonEditForm(forms.ModelForm):
    """Corrections of a person's own data. ``seen`` is what the reader saw: somebody else's correction is not undone."""

    reason = forms.CharField(label=_("Motivo del cambio"), max_length=200, help_text=_("Queda en el historial."))
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Person
        fields = ["name", "email", "phone", "sex", "category", "municipality", "institution", "position"]
        widgets = {"phone": forms.TextInput(attrs={"type": "tel"})}

    sections = [
        (_("Persona"), ["name", "email", "phone", "sex"]),
        (_("De dónde viene"), ["category", "municipality", "institution", "position"]),
        (_("Historial"), ["reason"]),
    ]

    def __init__(self, *args: Any, municipalities: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = self._as_it_is()
        self.fields["seen"].initial = self.now
        self.fields["municipality"].queryset = municipalities
        for name in ("sex", "category", "municipality"):
            field = self.fields[name]
            field.empty_label = _("Sin dato")
            if hasattr(field, "choices") and name != "municipality":
                field.choices = [("", _("Sin dato")), *[choice for choice in field.choices if choice[0]]]

    def clean_seen(self) -> str:
        if self.cleaned_data["seen"] != self.now:
            raise ValidationError(
                _("Alguien cambió estos datos mientras usted los editaba. Abra de nuevo la página y revise.")
            )
        return self.now

    def values(self) -> dict[str, Any]:
        """What was typed, by the columns of :data:`EDITED`."""
        return {name: getattr(self.instance, name) for name in EDITED}

    def _as_it_is(self) -> str:
        values = json.dumps([getattr(self.instance, name) for name in EDITED])
        return hashlib.sha256(values.encode()).hexdigest()[:16]


class MergeForm(forms.Form):
    """Which of two records is kept, and why they are one human."""

    kept = forms.ChoiceField(
        label=_("¿Qué ficha se conserva?"),
        widget=forms.RadioSelect,
        help_text=_("Recibe todo lo de la otra; lo que no sepa lo toma de ella."),
    )
    reason = forms.CharField(label=_("Motivo"), max_length=200, required=False, help_text=_("Queda en el historial."))

    def __init__(self, *args: Any, one: Person, other: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pair = {str(person.pk): person for person in (one, other)}
        self.fields["kept"].choices = [
            (str(one.pk), _("A: {name}").format(name=one)),
            (str(other.pk), _("B: {name}").format(name=other)),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if kept := self.pair.get(data.get("kept", "")):
            (gone,) = (person for person in self.pair.values() if person is not kept)
            data |= {"kept": kept, "gone": gone}
        return data


class UndoMergeForm(forms.Form):
    are_two = forms.BooleanField(
        label=_("Son dos personas distintas: no proponer otra vez que se unan"), required=False, initial=True
    )
