"""Input of evaluations and of the satisfaction survey."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trainings.enums import TrainingForm
from trainings.models import SatisfactionAnswer
from trainings.services.surveys import RATED, read_questions

SCALE = [(5, _("5 · muy bien")), (4, "4"), (3, "3"), (2, "2"), (1, _("1 · mal"))]


class EvaluationForm(forms.Form):
    questions = forms.CharField(
        label=_("Preguntas"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_(
            "Una línea con la pregunta y debajo una por opción; un asterisco (*) delante de la correcta. Una línea "
            "vacía entre preguntas. Las mismas se contestan antes y después."
        ),
    )

    def clean_questions(self) -> list[dict[str, Any]]:
        return read_questions(self.cleaned_data["questions"])


class SendFormsForm(forms.Form):
    form = forms.ChoiceField(choices=TrainingForm.choices)


class AnswersForm(forms.Form):
    """One field for each question of an evaluation."""

    def __init__(self, *args: Any, questions: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, question in enumerate(questions):
            self.fields[f"q{number}"] = forms.TypedChoiceField(
                label=question["text"],
                choices=list(enumerate(question["options"])),
                coerce=int,
                widget=forms.RadioSelect,
            )

    def answers(self) -> list[int]:
        return [self.cleaned_data[name] for name in self.fields]


class SatisfactionForm(forms.ModelForm):
    class Meta:
        model = SatisfactionAnswer
        fields = [*RATED, "comment"]
        widgets = {"comment": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"comment": _("No escriba su nombre: la respuesta es anónima.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in RATED:
            label = self.fields[name].label
            self.fields[name] = forms.TypedChoiceField(label=label, choices=SCALE, coerce=int, widget=forms.RadioSelect)
