"""Follow-up and evidence."""

import uuid
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actions.enums import OPEN_STATUSES, ActionStatus
from actions.forms.fields import AmountField, DayField, LongTextField, text_field
from actions.models import Action, Evidence
from actions.services import EvidenceValues
from web.forms import WebAddressField
from web.uploads import check_upload

# By media type, so that phones offer the camera too; web.uploads proves what really arrives.
ACCEPT = "image/jpeg,image/png,application/pdf"


class EvidenceFields(forms.Form):
    """A file, a photo taken on the spot, or a link; with words that say what it shows."""

    evidence_title = text_field(
        Evidence,
        "title",
        label=_("Qué muestra la evidencia"),
        help_text=_("«Acta de entrega», «Foto de la obra terminada»."),
    )
    evidence_file = forms.FileField(
        label=_("Archivo o foto"),
        required=False,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        help_text=_("PDF, JPG o PNG. En el teléfono se puede tomar la foto en ese momento."),
    )
    evidence_url = WebAddressField(
        label=_("O un enlace"),
        required=False,
        max_length=500,
        help_text=_("A una página o documento que cualquiera pueda abrir."),
    )
    original_name = ""

    def clean_evidence_file(self) -> Any:
        upload = self.cleaned_data["evidence_file"]
        if not upload:
            return None
        self.original_name = upload.name
        return check_upload(upload)

    def clean_evidence(self) -> None:
        """A title goes with exactly one of file and link."""
        given = self.cleaned_data
        if "evidence_file" in self.errors or "evidence_url" in self.errors:
            return
        file, url = given.get("evidence_file"), given.get("evidence_url")
        if file and url:
            self.add_error("evidence_url", _("Suba un archivo o escriba un enlace: uno de los dos."))
        elif given.get("evidence_title") and not file and not url:
            self.add_error("evidence_file", _("Falta el archivo o el enlace de esta evidencia."))
        elif (file or url) and not given.get("evidence_title") and "evidence_title" not in self.errors:
            self.add_error("evidence_title", _("Diga en pocas palabras qué muestra."))

    def evidence(self) -> EvidenceValues | None:
        given = self.cleaned_data
        if not given["evidence_file"] and not given["evidence_url"]:
            return None
        return EvidenceValues(
            title=given["evidence_title"],
            file=given["evidence_file"],
            original_name=self.original_name,
            url=given["evidence_url"],
        )


class EvidenceForm(EvidenceFields):
    def clean(self) -> None:
        self.clean_evidence()


class FollowUpForm(EvidenceFields):
    """How far the work is; readings of the indicators and an evidence fit in the same step."""

    date = DayField(label=_("Fecha"), not_after_today=True)
    progress = forms.IntegerField(
        label=_("Avance (%)"),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "inputmode": "numeric"}),
        help_text=_("De 0 a 100, en total desde el inicio."),
    )
    status = forms.ChoiceField(label=_("Situación"), choices=[(status.value, status.label) for status in OPEN_STATUSES])
    text = LongTextField(
        label=_("Qué se hizo"),
        max_length=2000,
        rows=4,
        help_text=_("Se publica con la acción: sin nombres ni datos de personas."),
    )
    request_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, action: Action) -> None:
        begun = action.status if action.status != ActionStatus.PLANNED else ActionStatus.UNDER_WAY
        super().__init__(
            data,
            files,
            initial={
                "date": timezone.localdate(),
                "progress": action.progress,
                "status": begun,
                "request_key": uuid.uuid4(),
            },
        )
        self.fields["evidence_title"].required = False
        if not action.is_open:  # changed by a step of its own
            self.fields["status"].choices = [(action.status, action.get_status_display())]
        self.indicators = list(action.indicators.all())
        for indicator in self.indicators:
            self.fields[f"reading_{indicator.pk}"] = AmountField(
                label=indicator.name,
                required=False,
                help_text=_("Valor a esa fecha, en %(unit)s. Si no se midió, se deja vacío.")
                % {"unit": indicator.unit},
            )

    def clean(self) -> None:
        self.clean_evidence()

    @property
    def evidence_open(self) -> bool:
        names = ("evidence_title", "evidence_file", "evidence_url")
        return any(self[name].errors or (self.is_bound and self[name].value()) for name in names)

    @property
    def reading_fields(self) -> list[forms.BoundField]:
        return [self[f"reading_{indicator.pk}"] for indicator in self.indicators]

    def values(self) -> dict[str, Any]:
        """The arguments of :func:`actions.services.add_follow_up`."""
        given = self.cleaned_data
        readings = {indicator.pk: given[f"reading_{indicator.pk}"] for indicator in self.indicators}
        own = {name: given[name] for name in ("date", "progress", "status", "text", "request_key")}
        known = {pk: value for pk, value in readings.items() if value is not None}
        return own | {"readings": known, "evidence": self.evidence()}
