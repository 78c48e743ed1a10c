"""Input about the rights over personal data: what a person asks, what the desk decides, its calendar and deadlines."""

import secrets
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from network.enums import ArcoKind, ArcoState
from network.models import ArcoRequest, NonWorkingDay, PrivacyNotice, RightsDeadlines
from network.registry import Holding
from network.services.retention import Rule
from web.forms import DayField
from web.uploads import ACCEPT, check_upload

SALT = "network.arco"
# Nobody reads and fills the form in less; a programme does.
MINIMUM_SECONDS = 2
MAXIMUM_SECONDS = 24 * 3600
LET_GO, KEEP = "let-go", "keep"


class ProvenFileField(forms.FileField):
    """A PDF or a picture, proven to be what it claims; none is fine."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.FileInput(attrs={"accept": ACCEPT}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        found = super().clean(data, initial)
        return check_upload(found) if found else None


class ArcoForm(forms.Form):
    """A request about the own data. ``website`` is a trap: people do not see it."""

    kind = forms.ChoiceField(
        label=_("¿Qué quiere hacer?"),
        choices=[
            (ArcoKind.ACCESS, _("Acceso: saber qué datos míos guardan y tener una copia")),
            (ArcoKind.RECTIFICATION, _("Rectificación: corregir datos equivocados o incompletos")),
            (ArcoKind.CANCELLATION, _("Cancelación: que se supriman mis datos")),
            (ArcoKind.OPPOSITION, _("Oposición: que dejen de usarlos para algo")),
        ],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("Nombre completo"), min_length=3, max_length=160, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Correo electrónico"),
        max_length=254,
        help_text=_("Ahí llega un enlace para confirmar la solicitud, y después la respuesta."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    represents = forms.CharField(
        label=_("Si lo pide en nombre de otra persona, ¿de quién?"), max_length=160, required=False
    )
    asks = forms.CharField(
        label=_("Qué pide"),
        max_length=4000,
        help_text=_("Diga de qué datos se trata y, si lo sabe, dónde los dio: un evento, una capacitación, un oficio."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    file = ProvenFileField(
        label=_("Identificación o documento de representación"),
        help_text=_("PDF, PNG o JPG. Puede enviarlo después, si se le pide. Solo lo ve quien atiende la solicitud."),
    )
    consent = forms.BooleanField(
        label=_("Leí el aviso de privacidad y acepto que se usen estos datos para atender mi solicitud"),
        error_messages={"required": _("Para atenderle necesitamos que acepte el aviso de privacidad.")},
    )
    website = forms.CharField(label=_("Deje este campo vacío"), required=False, max_length=200)
    stamp = forms.CharField(widget=forms.HiddenInput, required=False, max_length=600)

    def __init__(self, data: Any = None, files: Any = None, *, notice: PrivacyNotice | None) -> None:
        self.notice = notice
        self.shown: dict[str, Any] = {}
        super().__init__(data, files, initial={"stamp": self._new_stamp()})
        self.fields["website"].widget.attrs |= {"tabindex": "-1", "autocomplete": "off"}

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_("Este campo debe quedar vacío; vacíelo y envíe otra vez."))
        return ""

    def clean(self) -> dict[str, Any]:
        """The stamp says when the page was shown and with which notice; what was typed stays where it is too old."""
        cleaned = super().clean() or {}
        self._errors.pop("stamp", None)
        try:
            self.shown = signing.loads(cleaned.get("stamp", ""), salt=SALT, max_age=MAXIMUM_SECONDS)
        except signing.BadSignature:
            self._renew_stamp()
            self.add_error(None, _("La página llevaba mucho tiempo abierta. Sus datos siguen aquí: envíelos otra vez."))
            return cleaned
        if time.time() - self.shown["at"] < MINIMUM_SECONDS:
            self.add_error(
                None, _("Se envió demasiado rápido. Sus datos siguen aquí: espere un momento y envíelos otra vez.")
            )
        elif self.notice and self.shown["notice"] != self.notice.pk:
            self._renew_stamp()
            self.add_error("consent", _("El aviso de privacidad acaba de cambiar: léalo y acepte la nueva versión."))
        return cleaned

    @property
    def form_key(self) -> str:
        return str(self.shown["key"])

    def _new_stamp(self) -> str:
        notice = self.notice and self.notice.pk
        return signing.dumps({"at": time.time(), "key": secrets.token_urlsafe(16), "notice": notice}, salt=SALT)

    def _renew_stamp(self) -> None:
        self.data = self.data.copy()
        self.data["stamp"] = self._new_stamp()


class ArcoCompletionForm(forms.Form):
    """What was missing, from the person."""

    text = forms.CharField(label=_("Su mensaje"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    file = ProvenFileField(label=_("Archivo"), help_text=_("PDF, PNG o JPG."))


class ArcoMoveForm(forms.Form):
    """The desk's next step, among those that follow from where the request is."""

    state = forms.ChoiceField(label=_("Siguiente paso"), widget=forms.RadioSelect)
    identity = forms.CharField(
        label=_("Cómo se acreditó la identidad"),
        max_length=300,
        required=False,
        help_text=_("Por ejemplo: credencial cotejada en ventanilla. Se pide al poner en trámite."),
    )
    text = forms.CharField(
        label=_("Texto para la persona"),
        max_length=6000,
        required=False,
        help_text=_("Le llega por correo y queda en la página de su solicitud."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    file = ProvenFileField(label=_("Archivo para la persona"), help_text=_("PDF, PNG o JPG."))
    note = forms.CharField(
        label=_("Nota interna"), max_length=300, required=False, help_text=_("Solo la ve la administración.")
    )

    def __init__(self, *args: Any, request: ArcoRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [(state.value, state.label) for state in request.moves]
        if request.identity_at is not None or ArcoState.IN_PROGRESS not in request.moves:
            del self.fields["identity"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        explained = {ArcoState.GRANTED, ArcoState.DENIED, ArcoState.INCOMPLETE, ArcoState.EXTENDED, ArcoState.DISCARDED}
        if cleaned.get("state") in explained and not cleaned.get("text"):
            self.add_error("text", _("Diga a la persona por qué, o qué sigue."))
        return cleaned


class ArcoPersonForm(forms.Form):
    """Which person it is, by the number of the row that was chosen."""

    person = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)


class EraseForm(forms.Form):
    """The folio, typed: what cannot be undone is not done by a slip."""

    folio = forms.CharField(
        label=_("Escriba el folio de la solicitud"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    reason = forms.CharField(
        label=_("Motivo de la reserva legal"),
        max_length=300,
        required=False,
        help_text=_("La ley u orden que obliga a conservar. Le llega a la persona y queda en la solicitud."),
    )

    def __init__(
        self, *args: Any, folio: str, holdings: Mapping[str, Holding], held: Collection[str] = (), **kwargs: Any
    ) -> None:
        """``held``: of the ``holdings``, what is proposed to be kept."""
        super().__init__(*args, **kwargs)
        self.wanted = folio
        self.apps = {f"hold_{app.replace('.', '_')}": app for app in holdings}
        for name, app in self.apps.items():
            choices = [(LET_GO, holdings[app].let_go), (KEEP, holdings[app].keep)]
            self.fields[name] = forms.ChoiceField(
                label=str(holdings[app].label),
                choices=choices,
                initial=KEEP if app in held else LET_GO,
                widget=forms.RadioSelect,
            )
        if not holdings:
            del self.fields["reason"]
        self.order_fields([*self.apps, "reason", "folio"])

    @property
    def held(self) -> set[str]:
        """What is to be kept whole, as chosen or proposed."""
        return {app for name, app in self.apps.items() if self[name].value() == KEEP}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.held and not cleaned.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Diga por qué se conservan: la ley o la orden."))
        return cleaned

    def clean_folio(self) -> str:
        typed: str = self.cleaned_data["folio"]
        if typed.upper() != self.wanted:
            raise ValidationError(_("No es el folio de esta solicitud: no se suprimió nada."))
        return typed


class NonWorkingDayForm(forms.ModelForm):
    class Meta:
        model = NonWorkingDay
        fields = ["day", "name"]
        field_classes = {"day": DayField}


class RightsDeadlinesForm(forms.ModelForm):
    class Meta:
        model = RightsDeadlines
        exclude: list[str] = []


class RetentionForm(forms.Form):
    """The days of each rule."""

    def __init__(self, *args: Any, rules: Iterable[Rule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rule in rules:
            counted = _("Días desde {moment}. De origen: {days}.")
            self.fields[rule.retention.name] = forms.IntegerField(
                label=str(rule.retention.label),
                min_value=1,
                max_value=3650,
                initial=rule.days,
                help_text=counted.format(moment=rule.retention.counted_from, days=rule.retention.days),
            )
