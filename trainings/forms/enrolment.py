"""What is typed to take part in a training: by the person, by a liaison for colleagues, by staff."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from events.forms.editor import Editor
from events.forms.enrolment import ColleagueSet
from events.forms.enrolment import EnrolmentForm as ColleaguesForm
from events.forms.people import PersonForm
from events.forms.public import RegistrationForm
from events.models import Event
from events.services.registration import RegistrationData
from network.enums import Modality
from network.models import PrivacyNotice
from trainings.enums import EnrolmentState
from trainings.models import Enrolment, EnrolmentQuerySet, Training
from web.search import matching


def asked_of(training: Training, sessions: Sequence[Event]) -> Event:
    """A session that is attended in all the ways in which these are: what the forms ask follows from it."""
    hybrid = next((event for event in sessions if event.modality == Modality.HYBRID), None)
    return hybrid or (sessions[0] if sessions else Event(modality=training.modality or Modality.VIRTUAL))


class EnrolmentForm(RegistrationForm):
    """The registration form of an event, for all sessions of a training."""

    def __init__(
        self, data: Any = None, *, training: Training, sessions: Sequence[Event], notice: PrivacyNotice | None
    ) -> None:
        self.training = training
        super().__init__(data, event=asked_of(training, sessions), notice=notice)
        if "modality" in self.fields:
            self.fields["modality"].label = _("¿Cómo asistirá a las sesiones híbridas?")

    @property
    def stamped(self) -> str:
        return f"training:{self.training.pk}"


def colleagues_editor(
    *,
    training: Training,
    sessions: Sequence[Event],
    form_key: str,
    notice: PrivacyNotice | None,
    data: MultiValueDict[str, str] | None = None,
) -> Editor:
    form = ColleaguesForm(data, form_key=form_key, shown=notice)
    asked = {"event": asked_of(training, sessions), "questions": []}
    return Editor(form=form, lists={"people": (ColleagueSet, [], asked)}, data=data)


class EnrolledPersonForm(PersonForm):
    """Somebody whom staff enrol, who has agreed to it. ``form_key`` makes a double submission count once."""

    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    consent = forms.BooleanField(
        label=_("La persona conoce el aviso de privacidad y aceptó que se le inscriba"),
        error_messages={"required": _("Sin su acuerdo no se puede inscribir a una persona.")},
    )

    def __init__(self, *args: Any, training: Training, sessions: Sequence[Event], **kwargs: Any) -> None:
        self.asked = asked_of(training, sessions)
        super().__init__(*args, event=self.asked, **kwargs)

    def registration(self, notice: PrivacyNotice | None) -> RegistrationData:
        typed = self.cleaned_data
        return RegistrationData(
            name=" ".join(typed["name"].split()),
            email=typed["email"],
            sex=typed["sex"],
            category=typed["category"],
            institution=typed["institution"],
            municipality=typed["municipality"],
            modality=typed.get("modality") or self.asked.modality,
            privacy_notice=notice,
        )


class ScoreForm(forms.ModelForm):
    class Meta:
        model = Enrolment
        fields = ["score"]
        help_texts = {"score": _("De 0 a 100. Vacía: sin calificación.")}


class ExceptionForm(forms.Form):
    """Why somebody who did not meet the rule is accredited all the same."""

    reason = forms.CharField(
        label=_("Motivo de la excepción"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Escriba el motivo de la excepción.")},
    )  # fmt: skip


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Motivo"), max_length=300, required=False,
        help_text=_("Se dice a la persona en el correo."),
    )  # fmt: skip


class EnrolmentFilter(forms.Form):
    """What the staff's list leaves of the people of a training."""

    q = forms.CharField(label=_("Nombre, correo o institución"), required=False, max_length=120)
    estado = forms.ChoiceField(label=_("Estado"), required=False, choices=[("", _("Todas")), *EnrolmentState.choices])

    def apply(self, enrolments: EnrolmentQuerySet) -> EnrolmentQuerySet:
        """What matches; a filter that makes no sense filters nothing."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("estado"):
            enrolments = enrolments.filter(state=chosen["estado"])
        if words := chosen.get("q"):
            enrolments = matching(enrolments, words, "name", "email", "institution")
        return enrolments
