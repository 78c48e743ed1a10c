"""What is typed about constancias: by staff, and by who compares one."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.forms.choices import offer
from trainings.documents.certificates import PLACEHOLDERS, problems
from trainings.models import (
    Certificate,
    CertificateLogo,
    CertificateSignatory,
    CertificateTemplate,
    RevocationReason,
)
from web.forms import DayField
from web.uploads import check_upload

PICTURES = ".png,.jpg,.jpeg"


class CompareForm(forms.Form):
    """A PDF, or its SHA-256, to be compared with the one that was issued. Nothing of it is kept."""

    file = forms.FileField(
        label=_("Archivo PDF"), required=False, widget=forms.FileInput(attrs={"accept": ".pdf"}),
        help_text=_("Se compara y se olvida: no se guarda."),
    )  # fmt: skip
    sha256 = forms.CharField(
        label=_("O su huella SHA-256"), required=False, max_length=80,
        help_text=_("64 letras y números, si usted mismo la calculó."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def clean_sha256(self) -> str:
        typed = re.sub(r"[\s:]", "", self.cleaned_data["sha256"]).lower()
        if typed and not re.fullmatch(r"[0-9a-f]{64}", typed):
            raise ValidationError(_("Una huella SHA-256 tiene 64 signos, del 0 al 9 y de la a a la f."))
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("file") and not cleaned.get("sha256"):
            raise ValidationError(_("Elija el archivo PDF o escriba su huella."))
        return cleaned

    def digest(self) -> str:
        """The SHA-256 of what was sent; the file counts where both were."""
        upload = self.cleaned_data.get("file")
        if not upload:
            return str(self.cleaned_data["sha256"])
        found = hashlib.sha256()
        for chunk in upload.chunks():
            found.update(chunk)
        return found.hexdigest()


class IssueForm(forms.Form):
    """What the button to issue needs. ``key``: the same form sent twice issues once."""

    key = forms.CharField(max_length=36, widget=forms.HiddenInput)
    template = forms.ModelChoiceField(
        CertificateTemplate.objects.filter(is_active=True), label=_("Plantilla"), empty_label=None
    )
    notify = forms.BooleanField(label=_("Avisar por correo a cada persona"), required=False, initial=True)

    def __init__(self, *args: Any, templates: Iterable[CertificateTemplate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["template"], [(row.pk, row.name) for row in templates])


class RevokeForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Motivo"), choices=RevocationReason, help_text=_("Se lee en la página pública de la constancia.")
    )
    note = forms.CharField(
        label=_("Nota interna"), required=False, max_length=300, help_text=_("Solo la lee el personal.")
    )


class ReplaceForm(RevokeForm):
    name = forms.CharField(label=_("Nombre como debe imprimirse"), max_length=160)
    field_order = ["name", "reason", "note"]

    def __init__(self, *args: Any, certificate: Certificate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = certificate.holder

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())


# --- Templates


class CertificateTemplateForm(forms.ModelForm):
    class Meta:
        model = CertificateTemplate
        fields = ["name", "issuer", "title", "text", "is_active"]
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        self.fields["text"].help_text = _("Va bajo el nombre de la persona. Entre llaves: {names}.").format(names=names)

    def clean_text(self) -> str:
        if found := problems(self.cleaned_data["text"]):
            raise ValidationError(found)
        return self.cleaned_data["text"]


class LogoForm(forms.ModelForm):
    image = forms.FileField(
        label=_("Imagen"), widget=forms.FileInput(attrs={"accept": PICTURES}),
        help_text=_("PNG o JPG; mejor sobre fondo blanco o transparente."),
    )  # fmt: skip

    class Meta:
        model = CertificateLogo
        fields = ["image", "label"]

    def clean_image(self) -> SimpleUploadedFile:
        return check_upload(self.cleaned_data["image"], allowed=("png", "jpg"))


class SignatoryForm(forms.ModelForm):
    signature = forms.FileField(
        label=_("Imagen de la firma"), required=False, widget=forms.FileInput(attrs={"accept": PICTURES}),
        help_text=_("PNG o JPG. Sin ella queda el espacio para firmar a mano."),
    )  # fmt: skip
    consented_on = DayField(label=_("Consintió aparecer el"), help_text=_("Su nombre y cargo se verán en público."))

    class Meta:
        model = CertificateSignatory
        fields = ["name", "position", "signature", "consented_on"]

    def clean_signature(self) -> SimpleUploadedFile | None:
        upload = self.cleaned_data.get("signature")
        return check_upload(upload, allowed=("png", "jpg")) if upload else None

    def clean_consented_on(self) -> Any:
        day = self.cleaned_data["consented_on"]
        if day > timezone.localdate():
            raise ValidationError(_("El consentimiento no puede ser de un día futuro."))
        return day
