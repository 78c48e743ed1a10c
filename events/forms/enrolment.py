"""What a liaison types to enrol colleagues of the own municipality."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from events.forms.editor import Editor, RowForm, row_set
from events.forms.questions import SHORT_NAME, QuestionsForm, field_name
from events.models import Event, RegistrationQuestion
from events.services.registration import RegistrationData
from municipalities.models import Municipality
from network.enums import Modality, PersonCategory, Sex
from network.models import PrivacyNotice


class ColleagueRow(QuestionsForm, RowForm):
    """One colleague, with the event's own questions. Without an e-mail the liaison passes on what the person must
    know."""

    wide: tuple[str, ...] = ("name",)
    name = forms.CharField(
        label=_("Nombre completo"), max_length=160, min_length=3, error_messages={"min_length": SHORT_NAME}
    )
    email = forms.EmailField(
        label=_("Correo electrónico"), max_length=254, required=False,
        help_text=_("Sin correo no le llegan avisos."),
    )  # fmt: skip
    institution = forms.CharField(label=_("Área o institución"), max_length=200, required=False)
    sex = forms.ChoiceField(label=_("Sexo"), required=False, choices=[("", _("Sin dato")), *Sex.choices])
    category = forms.ChoiceField(
        label=_("Tipo de persona"), choices=PersonCategory, initial=PersonCategory.PUBLIC_SERVANT
    )
    modality = forms.ChoiceField(
        label=_("Cómo asistirá"), choices=[(Modality.IN_PERSON, _("En la sede")), (Modality.VIRTUAL, _("En línea"))],
        initial=Modality.IN_PERSON,  # so that a row left as it came counts as empty
    )  # fmt: skip

    def __init__(self, *args: Any, event: Event, questions: Sequence[RegistrationQuestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if event.modality != Modality.HYBRID:
            del self.fields["modality"]
        self.ask_plainly(questions)
        self.wide = (*self.wide, *(field_name(question.pk) for question in questions))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        return cleaned | {"answers": self.answers}


ColleagueSet = row_set(ColleagueRow, title=_("Colegas"))


class EnrolmentForm(forms.Form):
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    consent = forms.BooleanField(
        label=_("Les di a conocer el aviso de privacidad y están de acuerdo en que les inscriba"),
        error_messages={"required": _("Sin su acuerdo no se puede inscribir a nadie.")},
    )
    notice = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, form_key: str, shown: PrivacyNotice | None) -> None:
        super().__init__(data, initial={"form_key": form_key, "notice": shown and shown.pk})
        self.shown = shown

    def clean(self) -> dict[str, Any]:
        """They agreed to the notice that the page showed, which may have changed since."""
        cleaned = super().clean() or self.cleaned_data
        self._errors.pop("notice", None)  # said below, in words: nobody sees that field
        if self.shown and cleaned.get("notice") != self.shown.pk:
            self.data = self.data.copy()
            self.data["notice"] = str(self.shown.pk)
            self.add_error("consent", _("El aviso de privacidad acaba de cambiar: léalo y acepte la nueva versión."))
        return cleaned


def enrolment_editor(
    *, event: Event, form_key: str, notice: PrivacyNotice | None, data: MultiValueDict[str, str] | None = None
) -> Editor:
    form = EnrolmentForm(data, form_key=form_key, shown=notice)
    asked = {"event": event, "questions": list(event.registration_questions.select_related("shown_if"))}
    return Editor(form=form, lists={"people": (ColleagueSet, [], asked)}, data=data)


def colleagues(
    editor: Editor, *, event: Event, municipality: Municipality, notice: PrivacyNotice | None
) -> list[RegistrationData]:
    """What was typed, as the service takes it."""
    return [
        RegistrationData(
            name=" ".join(row["name"].split()),
            email=row["email"],
            sex=row["sex"],
            category=row["category"],
            institution=row["institution"],
            municipality=municipality,
            modality=row.get("modality") or event.modality,
            privacy_notice=notice,
            answers=row["answers"],
        )
        for row in editor.cleaned()["people"]
    ]
