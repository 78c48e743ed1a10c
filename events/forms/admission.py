"""Who is let into an event: the list of those invited, and the reason of a refusal."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from outbox.models import normalise_email

MAX_ADDRESSES = 500


class RefusalForm(forms.Form):
    reason = forms.CharField(
        label=_("Motivo"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("La persona lo lee en el correo y en la página de su inscripción."),
    )  # fmt: skip


class InvitationsForm(forms.Form):
    """A list of e-mails as people paste it: lines, commas, semicolons, names around them. All of it is right, or
    nothing is taken."""

    addresses = forms.CharField(
        label=_("Correos"), max_length=60_000, widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("Uno por línea o separados por comas. Puede pegarlos con el nombre: Ana Pérez <ana@ejemplo.mx>."),
    )  # fmt: skip
    repeated = 0

    def clean_addresses(self) -> list[str]:
        found: dict[str, str] = {}
        wrong: list[str] = []
        for line in self.cleaned_data["addresses"].splitlines():
            words = re.split(r"[\s,;<>()\"]+", line)
            typed = [word.removeprefix("mailto:") for word in words if "@" in word]
            if not typed and line.strip(" ,;\t"):
                wrong.append(line.strip())
            for address in typed:
                if not is_address(address):
                    wrong.append(address)
                elif normalise_email(address) in found:
                    self.repeated += 1
                else:
                    found[normalise_email(address)] = address
        if wrong:
            message = _("No se invitó a nadie. Corrija lo que no es un correo: {wrong}")
            raise ValidationError(message.format(wrong=" · ".join(text[:80] for text in wrong[:20])))
        if len(found) > MAX_ADDRESSES:
            message = _("Son {n} correos; envíe hasta {most} a la vez.")
            raise ValidationError(message.format(n=len(found), most=MAX_ADDRESSES))
        if not found:
            raise ValidationError(_("Escriba al menos un correo."))
        return list(found.values())


def is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254
