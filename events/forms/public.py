"""What a person fills in to register."""

import re
import secrets
import time
import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.forms.questions import SHORT_NAME, QuestionsForm
from events.models import Event, RegistrationQuestion
from events.services.registration import RegistrationData
from municipalities.models import Municipality
from network.enums import Modality, PersonCategory, Sex
from network.models import PrivacyNotice

SALT = "events.registration"
# Nobody reads and fills the form in less; a programme does.
MINIMUM_SECONDS = 2
# A page left open longer than this is asked to send again.
MAXIMUM_SECONDS = 24 * 3600
WEB_ADDRESS = re.compile(r"://|www\.|[\w-]\.[a-z]{2,}/", re.IGNORECASE)


def new_stamp(of: str, notice: PrivacyNotice | None) -> str:
    """When the form was shown, of what, with which notice, and the key that makes sending it twice harmless."""
    shown = {"of": of, "at": time.time(), "key": secrets.token_urlsafe(16), "notice": notice and notice.pk}
    return signing.dumps(shown, salt=SALT)


class RegistrationForm(QuestionsForm):
    """Registration without an account, with the event's own questions. ``website`` is a trap: people do not see it."""

    name = forms.CharField(
        label=_("Nombre completo"),
        max_length=160,
        min_length=3,
        error_messages={"min_length": SHORT_NAME},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Correo electrónico"),
        max_length=254,
        help_text=_("Ahí llegan la confirmación, el enlace y los recordatorios."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    modality = forms.ChoiceField(label=_("¿Cómo asistirá?"), widget=forms.RadioSelect)
    category = forms.ChoiceField(
        label=_("¿Desde dónde participa?"), choices=[("", _("Elija una opción")), *PersonCategory.choices]
    )
    institution = forms.CharField(
        label=_("Institución"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    municipality = forms.ModelChoiceField(
        label=_("Municipio"),
        queryset=Municipality.objects.order_by("sort_name"),
        required=False,
        empty_label=_("Otro lugar, o sin respuesta"),
        help_text=_("Donde vive o trabaja. Nos dice a qué municipios llega la red."),
    )
    sex = forms.ChoiceField(
        label=_("Sexo"),
        required=False,
        choices=[("", _("Sin respuesta")), *Sex.choices],
        help_text=_("Sirve solo para contar cuántas mujeres y cuántos hombres participan."),
    )
    accessibility = forms.CharField(
        label=_("Accesibilidad"),
        max_length=500,
        required=False,
        help_text=_("Por ejemplo: acceso con silla de ruedas, lengua de señas, letra grande."),
        widget=forms.Textarea(attrs={"rows": 2, "class": "textarea-short"}),
    )
    interpretation = forms.CharField(
        label=_("Lengua o interpretación"),
        max_length=200,
        required=False,
        help_text=_("Por ejemplo: otomí, mazahua, náhuatl, inglés."),
    )
    consent = forms.BooleanField(
        label=_("Leí el aviso de privacidad y acepto que se usen mis datos para esta inscripción"),
        error_messages={"required": _("Para inscribirle necesitamos que acepte el aviso de privacidad.")},
    )
    website = forms.CharField(label=_("Deje este campo vacío"), required=False, max_length=200)
    stamp = forms.CharField(widget=forms.HiddenInput, required=False, max_length=600)

    def __init__(
        self,
        data: Any = None,
        *,
        event: Event,
        notice: PrivacyNotice | None,
        questions: Iterable[RegistrationQuestion] = (),
    ) -> None:
        self.event, self.notice = event, notice
        super().__init__(data, initial={"stamp": new_stamp(self.stamped, notice)})
        self.shown: dict[str, Any] = {}
        self.fields["website"].widget.attrs |= {"tabindex": "-1", "autocomplete": "off"}
        if event.modality == Modality.HYBRID:
            choices = [(Modality.IN_PERSON, gettext("En la sede")), (Modality.VIRTUAL, gettext("En línea"))]
            self.fields["modality"].choices = choices
        else:
            del self.fields["modality"]
        self.ask(questions)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if not any(character.isalpha() for character in name):
            raise forms.ValidationError(_("Escriba su nombre con letras."))
        # The name stands in a mail to an address that nobody has confirmed yet.
        if WEB_ADDRESS.search(name):
            raise forms.ValidationError(_("Escriba solo su nombre, sin direcciones de internet."))
        if any(unicodedata.category(character) in {"Cc", "Cf"} for character in name):
            raise forms.ValidationError(_("El nombre tiene caracteres que no se ven: escríbalo otra vez a mano."))
        return name

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Este campo debe quedar vacío; vacíelo y envíe otra vez."))
        return ""

    def clean(self) -> dict[str, Any]:
        """The stamp. A new one goes out with the page where the old one does not serve; what was typed stays."""
        cleaned = super().clean()
        self._errors.pop("stamp", None)  # said below, in words: nobody sees that field
        try:
            self.shown = signing.loads(cleaned.get("stamp", ""), salt=SALT, max_age=MAXIMUM_SECONDS)
        except signing.BadSignature:
            self._renew_stamp()
            self.add_error(None, _("La página llevaba mucho tiempo abierta. Sus datos siguen aquí: envíelos otra vez."))
            return cleaned
        if self.shown.get("of") != self.stamped:
            self._renew_stamp()
            self.add_error(None, _("La página era de otro evento. Sus datos siguen aquí: envíelos otra vez."))
        elif time.time() - self.shown["at"] < MINIMUM_SECONDS:
            self.add_error(
                None, _("Se envió demasiado rápido. Sus datos siguen aquí: espere un momento y envíelos otra vez.")
            )
        elif self.notice and self.shown["notice"] != self.notice.pk:
            self._renew_stamp()
            self.add_error("consent", _("El aviso de privacidad acaba de cambiar: léalo y acepte la nueva versión."))
        return cleaned

    @property
    def stamped(self) -> str:
        """What the stamp is of."""
        return f"event:{self.event.pk}"

    @property
    def form_key(self) -> str:
        return str(self.shown["key"])

    def registration(self, language: str) -> RegistrationData:
        """What was typed, as the service takes it."""
        typed = self.cleaned_data
        return RegistrationData(
            name=typed["name"],
            email=typed["email"],
            sex=typed["sex"],
            category=typed["category"],
            institution=" ".join(typed["institution"].split()),
            municipality=typed["municipality"],
            modality=typed.get("modality") or self.event.modality,
            language=language,
            privacy_notice=self.notice,
            answers=self.answers,
            needs={"accessibility": typed["accessibility"], "language": typed["interpretation"]},
        )

    def _renew_stamp(self) -> None:
        self.data = self.data.copy()
        self.data["stamp"] = new_stamp(self.stamped, self.notice)
