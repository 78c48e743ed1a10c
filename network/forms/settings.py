"""Input about accounts, the identity of the portal and its privacy notice."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.enums import Role
from network.forms.accounts import ShowsNotice
from network.models import PrivacyNotice, User
from network.rules import published_notices
from web import contrast
from web.forms import DayField
from web.models import Installation, hex_colour

# The grounds of static/css/tokens.css, on which the main colour is read as text.
LIGHT_GROUNDS = ("#FBFAF6", "#FFFFFF", "#F1EFE8")
DARK_GROUNDS = ("#101815", "#17211D", "#0B110F")
TEXT_CONTRAST = 4.5


class NewPasswordForm(ShowsNotice):
    """The password of an account that an invitation opens."""

    password = forms.CharField(
        label=_("Contraseña"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Al menos 12 caracteres. Una frase que recuerde sirve mejor que una palabra con signos."),
    )

    def __init__(self, *args: Any, email: str, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = User(email=email, name=name)

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, self.account)
        return password


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name", "language"]
        labels = {"name": _("Nombre"), "language": _("Idioma de las páginas y los correos")}
        widgets = {"language": forms.RadioSelect}


class AccountDecisionForm(forms.ModelForm):
    is_active = forms.BooleanField(
        label=_("Cuenta activa"),
        required=False,
        help_text=_("Una cuenta cerrada ya no puede entrar; no se borra nada."),
    )
    reason = forms.CharField(label=_("Motivo"), max_length=200, help_text=_("Queda en el historial de la cuenta."))

    class Meta:
        model = User
        fields = ["role", "is_active"]
        labels = {"role": _("Papel")}
        widgets = {"role": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = Role.choices


# --- Identity and notices


class InstallationForm(forms.ModelForm):
    time_zone = forms.ChoiceField(label=_("Zona horaria"))

    sections = [
        (_("Identidad"), ["name", "short_name", "tagline", "state_name", "institution_name", "institution_acronym"]),
        (
            _("Contacto"),
            _("Aparece al pie de cada página y de cada correo."),
            ["contact_email", "contact_phone", "contact_address"],
        ),
        (
            _("Colores"),
            _("El color principal se usa también para texto: debe leerse sobre los fondos del sitio."),
            ["primary_light", "primary_dark", "accent"],
        ),
        (_("Horario y fuentes"), ["time_zone", "data_credit"]),
    ]

    class Meta:
        model = Installation
        exclude: list[str] = []
        widgets = dict.fromkeys(("primary_light", "primary_dark", "accent"), forms.ColorInput) | {
            "tagline": forms.Textarea(attrs={"rows": 2}),
            "data_credit": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]

    def clean_primary_light(self) -> str:
        return _readable(
            self.cleaned_data["primary_light"],
            LIGHT_GROUNDS,
            _("Este color no se lee bien sobre los fondos claros (contraste %(ratio)s a 1). Elija uno más oscuro."),
        )

    def clean_primary_dark(self) -> str:
        return _readable(
            self.cleaned_data["primary_dark"],
            DARK_GROUNDS,
            _("Este color no se lee bien sobre los fondos oscuros (contraste %(ratio)s a 1). Elija uno más claro."),
        )


class SetUpForm(InstallationForm):
    """What a new installation has to know: whose it is, and who looks after it."""

    account_name = forms.CharField(label=_("Su nombre"), max_length=150)
    account_email = forms.EmailField(
        label=_("Su correo"), help_text=_("Con él entrará. Use uno que lea: ahí llegan los avisos del portal.")
    )
    password = NewPasswordForm.base_fields["password"]

    sections = [
        (_("La red"), ["name", "short_name", "state_name", "institution_name", "institution_acronym"]),
        (_("Contacto y horario"), ["contact_email", "time_zone"]),
        (
            _("Quien administra"),
            _("La primera cuenta. Después se agregan otras y se cambia lo de arriba en Ajustes."),
            ["account_name", "account_email", "password"],
        ),
    ]

    class Meta:
        model = Installation
        fields = [
            "name", "short_name", "state_name", "institution_name", "institution_acronym", "contact_email", "time_zone",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["contact_email"] = ""  # the one shipped is nobody's

    def clean_account_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["account_email"])
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError(_("Ya hay una cuenta con este correo. Escriba otro."))
        return email

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if password := found.get("password"):
            try:
                validate_password(
                    password, User(email=found.get("account_email", ""), name=found.get("account_name", ""))
                )
            except ValidationError as error:
                self.add_error("password", error)
        return found


def _readable(colour: str, grounds: tuple[str, ...], message: Any) -> str:
    """The colour, where text in it reads on every ground; else an error that says the contrast it reaches."""
    hex_colour(colour)
    reached = min(contrast.ratio(colour, ground) for ground in grounds)
    if reached < TEXT_CONTRAST:
        raise ValidationError(message, params={"ratio": f"{reached:.1f}"})
    return colour


class PrivacyNoticeForm(forms.ModelForm):
    """A new version of the notice; the earlier ones stay as they were. The version is a part of its address."""

    version = forms.RegexField(
        r"^[0-9A-Za-z][0-9A-Za-z._-]*$",
        label=_("Versión"),
        max_length=20,
        help_text=_("Por ejemplo, 2026-2. Es parte de la dirección de su página."),
        error_messages={"invalid": _("Use solo letras sin acento, números, puntos y guiones.")},
    )

    class Meta:
        model = PrivacyNotice
        fields = ["version", "published_on", "summary", "text", "summary_en", "text_en"]
        field_classes = {"published_on": DayField}
        help_texts = {
            "summary": _("Se muestra junto al consentimiento, en cada inscripción."),
            "text": _("Con formato Markdown: ## para títulos, - para listas, ** para negritas."),
        }

    def clean_published_on(self) -> Any:
        """Neither of the future nor older than the notice in force: what is published is what is shown from then on."""
        day = self.cleaned_data["published_on"]
        if day > timezone.localdate():
            raise ValidationError(_("El aviso rige desde que se publica: la fecha no puede ser futura."))
        newest = published_notices().first()
        if newest is not None and day < newest.published_on:
            raise ValidationError(_("Ya hay un aviso de una fecha posterior: elija la de hoy."))
        return day
