"""What a person fills in to register once for several sessions of a series."""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.enums import Admission, RegistrationStatus
from events.forms.public import RegistrationForm
from events.models import Event, Series
from network.enums import Modality
from network.models import PrivacyNotice


class SessionsField(forms.MultipleChoiceField):
    """Those of ``choices`` are offered; of ``known`` are also those that the page offered before."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = {
        "required": _("Elija al menos una sesión."),
        "invalid_choice": _("Una de las sesiones marcadas ya no está en el ciclo: revise las que quedan."),
    }
    known: Collection[str] = ()

    def valid_value(self, value: str) -> bool:
        return value in self.known


class SeriesRegistrationForm(RegistrationForm):
    """The registration form with a box for each session, all of them ticked.

    ``apart`` are sessions of the series that are not offered, or not any more: :attr:`gone` are those chosen.
    """

    sessions = SessionsField(label=_("Sesiones"))

    def __init__(
        self,
        data: Any = None,
        *,
        series: Series,
        sessions: Sequence[Event],
        apart: Sequence[Event] = (),
        notice: PrivacyNotice | None,
    ) -> None:
        self.series, self.apart = series, apart
        self.by_pk = {str(event.pk): event for event in [*sessions, *apart]}
        # The fields are those of a session that can be attended in all the ways that these sessions can.
        hybrid = next((event for event in sessions if event.modality == Modality.HYBRID), None)
        super().__init__(data, event=hybrid or [*sessions, *apart][0], notice=notice)
        if hybrid:
            field = self.fields["modality"]
            field.label = _("¿Cómo asistirá a las sesiones híbridas?")
            if self.is_bound:
                ticked = (self.by_pk.get(pk) for pk in self.data.getlist("sessions"))
                field.required = any(event and event.modality == Modality.HYBRID for event in ticked)
        self.fields["sessions"].choices = [(str(event.pk), _label(event)) for event in sessions]
        self.fields["sessions"].known = self.by_pk
        self.initial["sessions"] = [str(event.pk) for event in sessions]

    @property
    def stamped(self) -> str:
        return f"series:{self.series.pk}"

    @property
    def chosen(self) -> list[Event]:
        return [self.by_pk[pk] for pk in self.cleaned_data["sessions"]]

    @property
    def gone(self) -> list[Event]:
        return [event for event in self.chosen if event in self.apart]


def _label(event: Event) -> str:
    waits = event.registration_status(seats_left=None if event.has_room else 0) == RegistrationStatus.WAITING_LIST
    parts = (
        event.label,
        event.day_label,
        event.time_label,
        gettext("híbrida") if event.modality == Modality.HYBRID else "",
        gettext("requiere aprobación") if event.admission == Admission.APPROVAL else "",
        gettext("lista de espera") if waits else "",
    )
    return " · ".join(part for part in parts if part)
