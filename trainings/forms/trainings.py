"""What staff type about trainings, and how readers filter them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from events.forms.choices import Choices, ManyField, offer, vocabulary
from events.forms.editor import Editor, Lists, RowForm, row_set
from events.forms.staff import SpeakerRow
from events.models import Event
from network.enums import Modality
from network.models import Pathway
from trainings.models import Training, TrainingQuerySet
from web.search import words_filter


class TrainingForm(forms.ModelForm):
    """The fields of a training. The version read travels with them."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    linked_pathways = ManyField(Pathway.objects.all(), label=_("Caminos vinculados"), required=False)

    class Meta:
        model = Training
        fields = [
            "title", "objective", "format", "modality", "scope", "hours", "pathway", "topics", "takes_enrolments",
            "capacity", "min_minutes_share", "min_sessions_share", "min_score", "source", "note",
        ]  # fmt: skip
        widgets = {"objective": forms.Textarea(attrs={"rows": 5}), "note": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, choices: Mapping[str, Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("format", "pathway"):
            offer(self.fields[name], choices[name], empty=_("Elija"))
        offer(self.fields["linked_pathways"], choices["pathway"])
        offer(self.fields["modality"], Modality.choices, empty=_("Por definir"))
        self.initial["version"] = self.instance.version
        if self.instance.pk:
            self.initial["linked_pathways"] = list(self.instance.linked_pathways.values_list("pk", flat=True))

    def clean_capacity(self) -> int | None:
        capacity: int | None = self.cleaned_data["capacity"]
        if capacity is not None and capacity < self.instance.seats_taken:
            text = _("El cupo no puede ser menor que los lugares ya ocupados ({taken}).")
            raise forms.ValidationError(text.format(taken=self.instance.seats_taken))
        return capacity


class TargetRow(RowForm):
    """So many persons of an institution. What the plan does not say stays empty: unknown is not zero."""

    wide = ("organisation", "note")
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    organisation = forms.CharField(label=_("Institución"), max_length=200)
    people = forms.IntegerField(label=_("Personas"), min_value=1, max_value=1_000_000)
    people_virtual = forms.IntegerField(label=_("En línea"), min_value=0, required=False)
    people_in_person = forms.IntegerField(label=_("Presenciales"), min_value=0, required=False)
    women = forms.IntegerField(label=_("Mujeres"), min_value=0, required=False)
    men = forms.IntegerField(label=_("Hombres"), min_value=0, required=False)
    note = forms.CharField(label=_("Nota"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].widget.attrs["list"] = "instituciones"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("DELETE") and (people := cleaned.get("people")):
            if (cleaned.get("women") or 0) + (cleaned.get("men") or 0) > people:
                self.add_error("women", _("Mujeres y hombres suman más que el total de personas."))
            if (cleaned.get("people_virtual") or 0) + (cleaned.get("people_in_person") or 0) > people:
                self.add_error("people_virtual", _("En línea y presenciales suman más que el total de personas."))
        return cleaned


class SessionRow(RowForm):
    wide = ("event",)
    event = forms.ModelChoiceField(Event.objects.all(), label=_("Evento"))

    def __init__(self, *args: Any, events: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["event"], events, empty=_("Elija un evento"))


class FacilitatorRow(SpeakerRow):
    """As a speaker of an event, without a part to play."""

    role = None  # type: ignore[assignment]  # how Django takes an inherited field away


FacilitatorSet = row_set(FacilitatorRow, title=_("Quiénes facilitan"), can_order=True)
TargetSet = row_set(TargetRow, title=_("A quién va dirigida"))
SessionSet = row_set(SessionRow, title=_("Sesiones"), can_order=True)


def training_editor(
    *, training: Training | None, data: MultiValueDict[str, str] | None = None
) -> tuple[Editor, Choices]:
    """The form of a training with its lists, and the institutions to offer."""
    targets, sessions, facilitators = [], [], []
    if training:
        facilitators = list(training.facilitators.values("id", "name", "affiliation", "consent_on"))
        targets = [_target_row(row) for row in training.targets.select_related("organisation")]
        sessions = [{"event": pk} for pk in training.sessions.values_list("event", flat=True)]
    choices = vocabulary(keep=[row["event"] for row in sessions])
    lists: Lists = {
        "targets": (TargetSet, targets, {}),
        "facilitators": (FacilitatorSet, facilitators, {}),
        "sessions": (SessionSet, sessions, {"events": choices["event"]}),
    }
    form = TrainingForm(data, instance=training, choices=choices)
    return Editor(form=form, lists=lists, data=data), choices["organisation"]


def _target_row(row: Any) -> dict[str, Any]:
    numbers = {
        name: getattr(row, name)
        for name in ("id", "people", "people_virtual", "people_in_person", "women", "men", "note")
    }
    return {"organisation": row.organisation.full_name, **numbers}


class TrainingFilter(forms.Form):
    """The filters of a list of trainings."""

    q = forms.CharField(label=_("Palabras"), required=False, max_length=120)
    camino = forms.ModelChoiceField(
        Pathway.objects.all(), label=_("Camino"), to_field_name="code", required=False, empty_label=_("Todos")
    )
    fuente = forms.CharField(label=_("Fuente"), required=False, max_length=40)

    def apply(self, trainings: TrainingQuerySet) -> TrainingQuerySet:
        """What matches; a filter that makes no sense filters nothing."""
        self.is_valid()
        if words := self.cleaned_data.get("q"):
            trainings = trainings.filter(words_filter(words))
        if pathway := self.cleaned_data.get("camino"):
            linked = pathway.linked_trainings.values("pk")
            trainings = trainings.filter(pathway=pathway) | trainings.filter(pk__in=linked)
        if source := self.cleaned_data.get("fuente"):
            trainings = trainings.filter(source=source)
        return trainings
