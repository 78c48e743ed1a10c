"""What staff write down of a session once it is over: answers, agreements, and what it leaves."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from events.enums import MaterialKind
from events.forms.choices import Choices, at_most, offer
from events.forms.editor import Editor, Lists, RowForm, row_set
from events.forms.staff import MaterialRow, material_rows
from events.models import Event
from municipalities.models import Municipality
from web.forms import DayField

MAX_HEADCOUNT = 100_000


class ResultsForm(forms.ModelForm):
    """What a session left: its results and the people counted at sight."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    sections = [(_("Resultados"), ["results_summary", "headcount"])]

    class Meta:
        model = Event
        fields = ["results_summary", "headcount"]
        widgets = {"results_summary": forms.Textarea(attrs={"rows": 8})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version
        at_most(self.fields["headcount"], MAX_HEADCOUNT, _("Escriba un número de personas hasta 100 000."))


class AnswerRow(RowForm):
    """The answer that a session gave to one of its guiding questions."""

    wide = ("answer",)
    id = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.CharField(
        label=_("Respuesta"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def add_fields_done(self) -> None:
        self.fields.pop("DELETE", None)
        self.fields["answer"].label = self.initial.get("text", _("Respuesta a una pregunta que ya no está"))

    def clean_answer(self) -> str:
        answer: str = self.cleaned_data["answer"]
        if answer and not self.initial:
            raise ValidationError(
                _("Otra persona quitó esta pregunta: pase la respuesta al resumen y deje este campo vacío.")
            )
        return answer


AnswerSet = row_set(AnswerRow, title=_("Respuestas a las preguntas guía"), extra=0)


class AgreementRow(RowForm):
    """Something that was agreed: who does what by when."""

    wide = ("text", "owner")
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=_("Acuerdo"), max_length=600, widget=forms.Textarea(attrs={"rows": 2, "class": "textarea-short"})
    )
    owner = forms.CharField(
        label=_("A cargo de"), max_length=200, required=False,
        help_text=_("El área o la institución: se publica, así que no escriba el nombre de una persona."),
    )  # fmt: skip
    municipality = forms.ModelChoiceField(Municipality.objects.all(), label=_("Municipio"), required=False)
    due_on = DayField(label=_("Fecha límite"), required=False)

    def __init__(self, *args: Any, municipalities: Choices, held_on: date | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["municipality"], municipalities, empty=_("Ninguno"))
        self.held_on = held_on

    def clean_due_on(self) -> date | None:
        due_on: date | None = self.cleaned_data["due_on"]
        if due_on and self.held_on and due_on < self.held_on and "due_on" in self.changed_data:
            raise ValidationError(_("La fecha límite es anterior al evento en que se acordó: revise el día."))
        return due_on


class LeftRow(MaterialRow):
    """What a session leaves: a document of reference would not be one."""

    kind = forms.ChoiceField(label=_("Tipo"), choices=MaterialKind, initial=MaterialKind.SLIDES)


LeftSet = row_set(LeftRow, title=_("Documentos y materiales"))
AgreementSet = row_set(AgreementRow, title=_("Acuerdos"), can_order=True)


def results_editor(
    *,
    event: Event,
    data: MultiValueDict[str, str] | None = None,
    files: MultiValueDict[str, UploadedFile] | None = None,
) -> Editor:
    lists: Lists = {
        "answers": (AnswerSet, event.guiding_questions.values("id", "text", "answer"), {}),
        "agreements": (
            AgreementSet,
            event.agreements.values("id", "text", "owner", "municipality", "due_on"),
            {
                "municipalities": [(row.pk, row.name) for row in Municipality.objects.order_by("sort_name")],
                "held_on": event.first_day,
            },
        ),
        "materials": (LeftSet, material_rows(event), {}),
    }
    return Editor(form=ResultsForm(data, instance=event), lists=lists, data=data, files=files)
