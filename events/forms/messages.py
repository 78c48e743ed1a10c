"""What staff write to many: to an event's registered people, or to a segment of the network."""

import re
import secrets
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.emails import LIAISON_PLACEHOLDERS, PLACEHOLDERS, SERIES_PLACEHOLDERS
from events.enums import Audience
from events.forms.choices import ManyField
from events.models import Segment, Series
from municipalities.models import Municipality, Region
from network.enums import DesignationKind


class ToManyForm(forms.Form):
    """A message to many. ``key`` makes sending it twice harmless; ``confirm`` is asked for once it was seen, and
    ``seen`` is the number that was shown then."""

    subject = forms.CharField(label=_("Asunto"), max_length=150)
    body = forms.CharField(label=_("Mensaje"), max_length=4000, widget=forms.Textarea(attrs={"rows": 10}))
    key = forms.CharField(widget=forms.HiddenInput, max_length=32)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    confirm = forms.IntegerField(
        label=_("Escriba el número de personas que lo van a recibir"), required=False, min_value=0,
        widget=forms.NumberInput(attrs={"autocomplete": "off", "class": "input-short"}),
    )  # fmt: skip

    people: int
    placeholders: tuple[str, ...] = PLACEHOLDERS

    def __init__(self, data: Any = None, *, sending: bool = False, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"key": secrets.token_urlsafe(16)} | (initial or {}))
        self.sending = sending

    def clean_subject(self) -> str:
        return self._one_line("subject")

    def clean_body(self) -> str:
        return self._lines("body")

    def clean_confirm(self) -> int | None:
        number: int | None = self.cleaned_data["confirm"]
        if not self.sending or number == self.people:
            return number
        if number is not None and number == self.cleaned_data.get("seen"):
            text = gettext("Mientras tanto cambió cuántas personas son: ahora {n}. Revise y confirme de nuevo.")
        else:
            text = gettext("Para enviarlo escriba {n}: el número de personas que lo van a recibir.")
        raise forms.ValidationError(text.format(n=self.people))

    def _one_line(self, name: str) -> str:
        return self._filled_in(" ".join(self.cleaned_data[name].split()))

    def _lines(self, name: str) -> str:
        return self._filled_in(self.cleaned_data[name].replace("\r\n", "\n"))

    def _filled_in(self, text: str) -> str:
        """The text, where each of its placeholders can be filled in."""
        unknown = [name for name in re.findall(r"\{(\w+)\}", text) if name not in self.placeholders]
        if unknown:
            raise forms.ValidationError(
                gettext("«{name}» no se puede completar: use los nombres de la ayuda.").format(
                    name="{" + unknown[0] + "}"
                )
            )
        return text


class BulkMessageForm(ToManyForm):
    """To those of an event's people that the filters leave."""

    def __init__(self, data: Any = None, *, people: int, sending: bool = False) -> None:
        super().__init__(data, sending=sending)
        self.people = people
        self.fields["body"].help_text = _(
            "Puede escribir {nombre}, {evento}, {fecha} y {enlace_inscripcion}: cada persona recibe lo suyo. "
            "El saludo no se agrega solo."
        )


class AnnouncementForm(ToManyForm):
    """To a segment of the network, in Spanish and, where it was written, in English."""

    audience = forms.ChoiceField(label=_("A quiénes"), choices=Audience.choices, widget=forms.RadioSelect)
    region = forms.ModelChoiceField(
        Region.objects.all(), label=_("Región"), required=False, empty_label=_("Todo el estado")
    )
    municipalities = ManyField(
        Municipality.objects.order_by("sort_name"), label=_("Solo estos municipios"), required=False
    )
    kind = forms.ChoiceField(
        label=_("Titular o suplente"), required=False, widget=forms.RadioSelect,
        choices=[("", _("Titulares y suplentes")), *DesignationKind.choices],
    )  # fmt: skip
    series = forms.ModelChoiceField(
        Series.objects.all(), label=_("Ciclo"), required=False, empty_label=_("Elija un ciclo")
    )
    subject_en = forms.CharField(label=_("Asunto en inglés"), max_length=150, required=False)
    body_en = forms.CharField(
        label=_("Mensaje en inglés"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 10})
    )

    CHOICES = ("audience", "region", "municipalities", "kind", "series")
    WRITTEN = ("subject", "body", "subject_en", "body_en")
    field_order = [*CHOICES, *WRITTEN]

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["body"].help_text = _(
            "Puede escribir {nombre} y, según a quiénes escriba, {municipio} o {ciclo}: cada persona recibe lo suyo. "
            "El saludo no se agrega solo."
        )

    @property
    def placeholders(self) -> tuple[str, ...]:  # type: ignore[override]
        """What can be filled in depends on whom it is for."""
        in_series = self.cleaned_data.get("audience") == Audience.SERIES
        return SERIES_PLACEHOLDERS if in_series else LIAISON_PLACEHOLDERS

    @cached_property
    def segment(self) -> Segment | None:
        """The part of the network that was chosen; None where the choice makes no sense. Filters of another audience,
        which a page without JavaScript shows too, count for nothing."""
        chosen = self.cleaned_data
        if not chosen.get("audience") or set(self.CHOICES) & set(self.errors):
            return None
        if chosen["audience"] == Audience.SERIES:
            return Segment(audience=Audience.SERIES, series=chosen["series"])
        if chosen["audience"] == Audience.VACANT:
            return Segment(audience=Audience.VACANT)
        return Segment(
            audience=Audience.LIAISONS, region=chosen["region"], municipalities=list(chosen["municipalities"]),
            kind=chosen["kind"],
        )  # fmt: skip

    @cached_property
    def size(self) -> tuple[int, int]:
        return self.segment.size() if self.segment else (0, 0)

    @property
    def people(self) -> int:  # type: ignore[override]
        return self.size[0]

    @property
    def chosen(self) -> list[forms.BoundField]:
        """What stays as it is while it is looked at."""
        return [self[name] for name in (*self.CHOICES, *self.WRITTEN)]

    def clean_municipalities(self) -> Any:
        chosen = self.cleaned_data["municipalities"]
        if chosen and self.cleaned_data.get("region") and self.cleaned_data.get("audience") == Audience.LIAISONS:
            raise forms.ValidationError(gettext("Elija una región o municipios, no las dos cosas."))
        return chosen

    def clean_series(self) -> Series | None:
        series: Series | None = self.cleaned_data["series"]
        if series is None and self.cleaned_data.get("audience") == Audience.SERIES:
            raise forms.ValidationError(gettext("Elija el ciclo."))
        return series

    def clean_subject_en(self) -> str:
        return self._one_line("subject_en")

    def clean_body_en(self) -> str:
        return self._lines("body_en")

    def clean_confirm(self) -> int | None:
        return super().clean_confirm() if self.people else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.segment and not self.people:
            self.add_error("audience", gettext("Nadie recibiría este aviso: no hay personas con correo entre ellas."))
        for missing, other in (("subject_en", "body_en"), ("body_en", "subject_en")):
            if data.get(other) and not data.get(missing) and missing not in self.errors:
                self.add_error(missing, gettext("En inglés escriba el asunto y el mensaje, o ninguno de los dos."))
        return data
