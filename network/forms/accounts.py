"""Opening an account: what is shown of the privacy notice before the first field is what the account keeps."""

from typing import Any

from allauth.account import forms as allauth
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.socialaccount import forms as social
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from network.models import User
from network.rules import published_notices
from network.services.settings import accept_notice


class ShowsNotice(forms.Form):
    """A form of an account: by sending it a person accepts the notice that stands before its first field.

    ``notice`` says which version was shown; where that changed meanwhile the new one is shown, and nothing is stored.
    """

    notice = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = published_notices().first()
        self.initial["notice"] = self.shown and self.shown.pk

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._errors.pop("notice", None)  # nobody sees that field
        told = cleaned.get("notice")
        if told and self.shown and told != self.shown.pk:
            self.data = self.data.copy()
            self.data["notice"] = str(self.shown.pk)
            raise ValidationError(_("El aviso de privacidad acaba de cambiar: léalo y envíe otra vez."))
        return cleaned


class SignupForm(ShowsNotice, allauth.SignupForm):
    def custom_signup(self, request: HttpRequest, user: User) -> None:
        accept_notice(user=user, notice=self.shown)


class InstitutionSignupForm(ShowsNotice, social.SignupForm):
    """An account that signs in with the institution's own system (OIDC)."""

    def custom_signup(self, request: HttpRequest, user: User) -> None:
        accept_notice(user=user, notice=self.shown)


class NewKeyForm(AddWebAuthnForm):
    """A passkey or security key: its name, and whether it is enough by itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Nombre de la llave")
        self.fields["name"].help_text = _("Para reconocerla después, por ejemplo: teléfono del trabajo.")
        self.fields["passwordless"].label = _("Entrar solo con esta llave, sin contraseña")
        self.fields["passwordless"].help_text = _(
            "La llave le pedirá entonces su huella, su rostro o su PIN cada vez que entre."
        )
