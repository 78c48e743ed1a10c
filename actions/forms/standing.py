"""Suspending, cancelling, resuming, and asking for the closing of an action."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from actions.enums import STOPPED_STATUSES
from actions.forms.fields import DayField, LongTextField, VersionedForm
from actions.models import Action
from actions.services import closing_lacks


class StopForm(VersionedForm):
    """Suspend or cancel, and say why."""

    status = forms.ChoiceField(
        label=_("Qué pasa con la acción"),
        choices=[(status.value, status.label) for status in STOPPED_STATUSES],
        widget=forms.RadioSelect,
        help_text=_("Suspendida: se detiene y puede volver. Cancelada: ya no se hará."),
    )
    reason = LongTextField(
        label=_("Motivo"),
        max_length=1000,
        rows=4,
        help_text=_("Se publica con la acción: sin nombres ni datos de personas."),
        error_messages={"required": _("Diga por qué: una acción no se suspende ni se cancela sin motivo.")},
    )

    def __init__(self, data: Any = None, *, action: Action) -> None:
        super().__init__(data, initial={"version": action.version})
        choices = [(status.value, status.label) for status in STOPPED_STATUSES if status != action.status]
        self.fields["status"].choices = choices


class ResumeForm(VersionedForm):
    reason = LongTextField(
        label=_("Qué cambió para retomarla"),
        max_length=1000,
        rows=3,
        error_messages={"required": _("Diga qué cambió: queda en la historia de la acción.")},
    )

    def __init__(self, data: Any = None, *, action: Action) -> None:
        super().__init__(data, initial={"version": action.version})


class ClosingForm(VersionedForm):
    """Ask for the closing: what was achieved, and when the work ended."""

    text = LongTextField(
        label=_("Qué se logró"),
        max_length=2000,
        rows=6,
        help_text=_("Resultado frente a la meta, a quiénes benefició y qué sigue. Sin nombres ni datos de personas."),
        error_messages={"required": _("Diga qué se logró: sin eso no se pide el cierre.")},
    )
    ended_on = DayField(label=_("Terminó el"), not_after_today=True)

    def __init__(self, data: Any = None, *, action: Action) -> None:
        self.action = action
        day = action.ended_on or timezone.localdate()
        super().__init__(data, initial={"version": action.version, "text": action.closing_text, "ended_on": day})

    def clean(self) -> None:
        begun = self.action.started_on or self.action.starts_on
        day = self.cleaned_data.get("ended_on")
        if day and day < begun:
            self.add_error("ended_on", _("Termina antes de empezar: revise la fecha."))
        for sentence in closing_lacks(self.action):
            self.add_error(None, sentence)
