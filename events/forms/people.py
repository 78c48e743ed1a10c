"""People as staff write them down, and the filters of those registered."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.enums import RegistrationState
from events.forms.questions import QuestionsForm
from events.models import Event, RegistrationQuerySet, RegistrationQuestion
from municipalities.models import Municipality
from network.enums import Modality, PersonCategory, Sex
from web.filters import problems_of, unknown_names
from web.search import matching

UNKNOWN = ("sin-dato", _("Sin dato"))
ORDERS = {
    "": (_("Las más antiguas primero"), ("created_at", "pk")),
    "recientes": (_("Las más recientes primero"), ("-created_at", "-pk")),
    "nombre": (_("Nombre"), ("name", "pk")),
    "institucion": (_("Institución"), ("institution", "name", "pk")),
    "municipio": (_("Municipio"), ("municipality__sort_name", "name", "pk")),
}


class RegistrationFilter(forms.Form):
    """What the list, its files, the messages and the printed lists leave of an event's registrations.

    The list leaves out what it does not understand, and says so; the others do nothing with a ``refusal``.
    """

    q = forms.CharField(label=_("Nombre, correo o institución"), required=False, max_length=120)
    estado = forms.ChoiceField(
        label=_("Estado"), required=False, choices=[("", _("Todas")), *RegistrationState.choices],
        widget=forms.HiddenInput,  # chosen in the tabs above
    )  # fmt: skip
    municipio = forms.ModelChoiceField(
        Municipality.objects.order_by("sort_name"), to_field_name="slug", label=_("Municipio"), required=False,
        empty_label=_("Todos"),
    )  # fmt: skip
    modalidad = forms.ChoiceField(
        label=_("Cómo asistirá"), required=False, choices=[("", _("Todas")), *Modality.choices[:2]]
    )
    tipo = forms.ChoiceField(
        label=_("Tipo de persona"), required=False, choices=[("", _("Todos")), *PersonCategory.choices, UNKNOWN]
    )
    orden = forms.ChoiceField(
        label=_("Orden"), required=False, choices=[(key, label) for key, (label, _columns) in ORDERS.items()]
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if event.modality != Modality.HYBRID:
            del self.fields["modalidad"]

    def apply(self, registrations: RegistrationQuerySet, *, in_any_state: bool = False) -> RegistrationQuerySet:
        """What matches, in the order asked for; a filter that makes no sense filters nothing."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("estado") and not in_any_state:
            registrations = registrations.filter(state=chosen["estado"])
        if chosen.get("municipio"):
            registrations = registrations.filter(municipality=chosen["municipio"])
        if chosen.get("modalidad"):
            registrations = registrations.filter(modality=chosen["modalidad"])
        if kind := chosen.get("tipo"):
            registrations = registrations.filter(category="" if kind == UNKNOWN[0] else kind)
        if words := chosen.get("q"):
            registrations = matching(registrations, words, "name", "email", "institution")
        return registrations.order_by(*ORDERS[chosen.get("orden") or ""][1])

    @property
    def refusal(self) -> str:
        """The filters and values that do not exist, as sentences; empty without any."""
        asked = unknown_names(self.data, offered=list(self.fields), besides=("pagina", "parte"))
        return " ".join([*problems_of(self), asked]).strip()

    @property
    def state(self) -> str:
        """The one state asked for; empty for all."""
        self.is_valid()
        return str(self.cleaned_data.get("estado") or "")


class PersonForm(forms.Form):
    """A person written down by staff: for a registration or for the attendance."""

    name = forms.CharField(label=_("Nombre completo"), max_length=160)
    email = forms.EmailField(label=_("Correo electrónico"), required=False)
    sex = forms.ChoiceField(label=_("Sexo"), required=False, choices=[("", _("Sin dato")), *Sex.choices])
    category = forms.ChoiceField(
        label=_("Tipo de persona"), required=False, choices=[("", _("Sin dato")), *PersonCategory.choices]
    )
    institution = forms.CharField(label=_("Institución"), max_length=200, required=False)
    municipality = forms.ModelChoiceField(
        Municipality.objects.all(), label=_("Municipio"), required=False, empty_label=_("Sin dato")
    )
    modality = forms.ChoiceField(
        label=_("Cómo asiste"), required=False, choices=[("", _("Sin dato")), *Modality.choices[:2]]
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if event.modality != Modality.HYBRID:
            del self.fields["modality"]


class AttendeeForm(PersonForm):
    """Somebody who came without being registered."""

    namesake = forms.BooleanField(label=_("Es otra persona con el mismo nombre"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:  # the question comes up only where a name is already in the lists
            del self.fields["namesake"]


class ConsentingPersonForm(QuestionsForm, PersonForm):
    """A registration made for somebody, who has agreed to it, with the event's own questions. ``form_key`` makes a
    double submission count once."""

    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)

    consent = forms.BooleanField(
        label=_("La persona conoce el aviso de privacidad y aceptó que se le inscriba"),
        error_messages={"required": _("Sin su acuerdo no se puede inscribir a una persona.")},
    )

    def __init__(self, *args: Any, questions: Iterable[RegistrationQuestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_plainly(questions)
        self.fields["consent"] = self.fields.pop("consent")  # the last one


class PromotionForm(forms.Form):
    """A seat for one person, in turn or out of it."""

    add_seat = forms.BooleanField(
        label=_("Agregar un lugar al cupo si no hay uno libre"),
        required=False,
        help_text=_("Sin marcarla, no se da un lugar que no existe."),
    )
