"""Follow-up and evidence."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actions.enums import OPEN_STATUSES, ActionStatus
from actions.forms.fields import AmountField, DayField, LongTextField, text_field
from actions.models import Action, Computed, Evidence, FollowUp, Measured, Milestone, Reading, progress_on
from actions.services import EvidenceValues
from web.dates import day_label
from web.forms import RequestForm, WebAddressField
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
    evidence_of = forms.ChoiceField(
        label=_("Es evidencia de"), required=False, help_text=_("Un hito o una lectura de esta acción, si es de uno.")
    )
    original_name = ""

    def offer_subjects(self, milestones: Iterable[Milestone], measured: Iterable[Measured]) -> None:
        """What of the action the evidence may belong to; without anything to choose there is no question."""
        steps = [(f"m{row.pk}", row.title) for row in milestones]
        readings = [
            (f"r{one.pk}", f"{row.indicator.name}, {day_label(one.date, weekday=False)}")
            for row in measured
            for one in reversed(row.readings)
        ]
        if not steps and not readings:
            del self.fields["evidence_of"]
            return
        groups = [(_("Hitos"), steps), (_("Lecturas"), readings)]
        field = self.fields["evidence_of"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("La acción en general")), *(group for group in groups if group[1])]

    @property
    def evidence_open(self) -> bool:
        names = ("evidence_title", "evidence_file", "evidence_url")
        return any(self[name].errors or (self[name].value()) for name in names)

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
        subject = given.get("evidence_of") or ""
        number = int(subject[1:]) if subject else None
        return EvidenceValues(
            milestone=number if subject.startswith("m") else None,
            reading=number if subject.startswith("r") else None,
            title=given["evidence_title"],
            file=given["evidence_file"],
            original_name=self.original_name,
            url=given["evidence_url"],
        )


class EvidenceForm(EvidenceFields):
    def __init__(self, data: Any = None, files: Any = None, *, action: Action) -> None:
        super().__init__(data, files)
        self.offer_subjects(action.milestones.all(), action.indicators.measured())

    def clean(self) -> None:
        self.clean_evidence()


class FollowUpForm(RequestForm, EvidenceFields):
    """How far the work is; readings of the indicators and an evidence fit in the same step."""

    date = DayField(label=_("Fecha"), not_after_today=True)
    milestones = forms.TypedMultipleChoiceField(
        label=_("Hitos que se cumplieron"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    progress = forms.IntegerField(
        label=_("Avance (%)"),
        required=False,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "inputmode": "numeric"}),
        help_text=_("De 0 a 100, en total desde el inicio."),
    )
    status = forms.ChoiceField(label=_("Situación"), choices=[(status.value, status.label) for status in OPEN_STATUSES])
    progress_reason = text_field(
        FollowUp,
        "progress_reason",
        label=_("En qué se basa"),
        help_text=_("«Cuatro de diez calles», «Según el informe del contratista»."),
    )
    text = LongTextField(
        label=_("Qué se hizo"),
        max_length=2000,
        rows=4,
        help_text=_("Se publica con la acción: sin nombres ni datos de personas."),
    )

    def __init__(self, data: Any = None, files: Any = None, *, action: Action) -> None:
        begun = action.status if action.status != ActionStatus.PLANNED else ActionStatus.UNDER_WAY
        super().__init__(
            data,
            files,
            initial={
                "date": timezone.localdate(),
                "status": begun,
            },
        )
        self.fields["evidence_title"].required = False
        if not action.is_open:  # changed by a step of its own
            self.fields["status"].choices = [(action.status, action.get_status_display())]
        self.steps = list(action.milestones.all())
        self.measured = action.indicators.measured()
        self.indicators = [row.indicator for row in self.measured]
        self.computed = self._computed(timezone.localdate(), (), {})
        self.offer_subjects(self.steps, self.measured)
        # Sent once more because the answer was lost, it names steps that are met since.
        sent = self.data.getlist("milestones") if self.is_bound else ()
        pending = [row for row in self.steps if row.done_on is None or str(row.pk) in sent]
        if pending:
            self.fields["milestones"].choices = [(row.pk, row.title) for row in pending]
        else:
            del self.fields["milestones"]
        for indicator in self.indicators:
            self.fields[f"reading_{indicator.pk}"] = AmountField(
                label=indicator.name,
                required=False,
                help_text=_("Valor a esa fecha, en %(unit)s. Si no se midió, se deja vacío.")
                % {"unit": indicator.unit},
            )

    def clean(self) -> None:
        self.clean_evidence()
        self._clean_progress()

    def _clean_progress(self) -> None:
        """A progress of one's own goes with its reason; where nothing can be worked out, there has to be one."""
        given = self.cleaned_data
        if {"progress", "progress_reason", "date"} & self.errors.keys():
            return
        typed, reason = given.get("progress"), given.get("progress_reason")
        if typed is not None and not reason:
            self.add_error("progress_reason", _("Diga en pocas palabras en qué se basa ese avance."))
        elif typed is None and reason:
            self.add_error("progress", _("Falta el avance, de 0 a 100."))
        elif typed is None:
            readings = {row.pk: given.get(f"reading_{row.pk}") for row in self.indicators}
            if self._computed(given["date"], given.get("milestones") or (), readings) is None:
                self.add_error(
                    "progress",
                    _("Todavía no hay hitos ni lecturas de los que salga el avance: escríbalo y diga en qué se basa."),
                )

    def _computed(
        self, day: datetime.date, met: Iterable[int], readings: Mapping[int, Decimal | None]
    ) -> Computed | None:
        """The progress that day, with what is said in this form."""
        steps = [
            Milestone(weight=row.weight, done_on=day if row.done_on is None and row.pk in set(met) else row.done_on)
            for row in self.steps
        ]
        measured = []
        for row in self.measured:
            new = readings.get(row.indicator.pk)
            if new is not None:
                others = [one for one in row.readings if one.date != day]
                row = replace(row, readings=sorted([*others, Reading(day, new, None)], key=lambda one: one.date))
            measured.append(row)
        return progress_on(day, steps, measured)

    @property
    def progress_open(self) -> bool:
        """Another progress than the one worked out was asked for, or none can be worked out."""
        names = ("progress", "progress_reason")
        return self.computed is None or any(self[name].errors or self[name].value() for name in names)

    @property
    def reading_fields(self) -> list[forms.BoundField]:
        return [self[f"reading_{indicator.pk}"] for indicator in self.indicators]

    def values(self) -> dict[str, Any]:
        """The arguments of :func:`actions.services.add_follow_up`."""
        given = self.cleaned_data
        readings = {indicator.pk: given[f"reading_{indicator.pk}"] for indicator in self.indicators}
        own = {name: given[name] for name in ("date", "progress", "progress_reason", "status", "text", "request_key")}
        own["milestones"] = given.get("milestones") or []
        known = {pk: value for pk, value in readings.items() if value is not None}
        return own | {"readings": known, "evidence": self.evidence()}
