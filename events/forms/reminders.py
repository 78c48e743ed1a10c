"""What staff type about a stage of reminders."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.enums import ReminderAnchor, ReminderAudience
from events.forms.editor import Editor
from events.models import MAX_OFFSET, Event, Format, ReminderStage

DAY = 24 * 60
UNITS = {"minutes": 1, "hours": 60, "days": DAY}
# The clock looks once a minute: nearer to the start a reminder would come too late.
MIN_BEFORE_START = 5
MAX_VERSION = 2**31 - 1


class StageForm(forms.Form):
    """A stage as people say it: so many days or hours before or after the start or the end."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=MAX_VERSION)
    format = forms.ModelChoiceField(
        label=_("De qué eventos"), queryset=Format.objects.none(), required=False, empty_label=_("Todos los eventos")
    )
    name = forms.CharField(label=_("Nombre"), max_length=80)
    name_en = forms.CharField(label=_("Nombre en inglés"), max_length=80, required=False)
    amount = forms.IntegerField(
        label=_("Cuánto"), min_value=0, max_value=MAX_OFFSET, initial=1,
        error_messages={
            "min_value": _("Escriba cero o más."),
            "max_value": _("Es demasiado: una etapa queda hasta 60 días antes o después."),
            "invalid": _("Escriba un número entero."),
        },
    )  # fmt: skip
    unit = forms.ChoiceField(
        label=_("Unidad"),
        initial="days",
        choices=[("days", _("días")), ("hours", _("horas")), ("minutes", _("minutos"))],
    )
    moment = forms.ChoiceField(
        label=_("Cuándo"),
        choices=[
            ("start-before", _("antes del inicio")),
            ("start-after", _("después del inicio")),
            ("end-before", _("antes del término")),
            ("end-after", _("después del término")),
        ],
    )
    audience = forms.ChoiceField(label=_("A quién"), choices=ReminderAudience)
    modality = forms.ChoiceField(
        label=_("Cómo asisten"), required=False,
        choices=[("", _("Todas las personas")), ("in-person", _("Solo presenciales")), ("virtual", _("Solo en línea"))],
        help_text=_("En un evento híbrido cuenta cómo dijo cada persona que asistirá."),
    )  # fmt: skip
    is_active = forms.BooleanField(label=_("Activa: se envía"), required=False, initial=True)

    def __init__(self, *args: Any, stage: ReminderStage | None, formats: str, **kwargs: Any) -> None:
        """``formats``: ``"none"`` where the scope is given already, ``"any"``, or ``"one"`` where one must be said."""
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = stage.version if stage else 0
        if formats == "none":
            del self.fields["format"]
        else:
            self.fields["format"].queryset = Format.objects.order_by("order")
            if formats == "one":
                self.fields["format"].required = True
                self.fields["format"].label = _("Para qué formato")
                self.fields["format"].empty_label = _("Elija un formato")

    def clean_version(self) -> int:
        """A form without a version was drawn from none: 0 is never the stored one."""
        return self.cleaned_data.get("version") or 0

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not {"amount", "unit", "moment"} <= typed.keys():
            return typed
        anchor, side = typed["moment"].split("-")
        minutes = typed["amount"] * UNITS[typed["unit"]]
        if minutes > MAX_OFFSET:
            raise ValidationError({"amount": gettext("Es demasiado: una etapa queda hasta 60 días antes o después.")})
        if typed["moment"] == "start-before" and minutes < MIN_BEFORE_START:
            raise ValidationError(
                {"amount": gettext("Antes del inicio, al menos 5 minutos: más cerca ya no llega a tiempo.")}
            )
        if side == "before" and minutes == 0:
            raise ValidationError({"amount": gettext("Escriba cuánto antes.")})
        if (
            typed.get("audience") in {ReminderAudience.ATTENDED, ReminderAudience.ABSENT}
            and typed["moment"] != "end-after"
        ):
            message = gettext("Quién asistió se sabe al terminar: elija «después del término».")
            raise ValidationError({"moment": message})
        return typed | {"anchor": anchor, "offset_minutes": -minutes if side == "before" else minutes}


def stage_editor(
    *,
    stage: ReminderStage | None,
    like: ReminderStage | None = None,
    event: Event | None = None,
    data: MultiValueDict[str, str] | None = None,
) -> Editor:
    """The form of a stage. A new one of ``event``, or of what is typed; ``like``: in the place of that one."""
    formats = "none" if stage or event else "one" if like else "any"
    source = stage or like
    form = StageForm(data, stage=stage, formats=formats, initial=stored(source) if source else None)
    return Editor(form=form, lists={}, data=data)


def stored(stage: ReminderStage) -> Mapping[str, Any]:
    """A stage as the form says it, in the largest unit that divides its minutes."""
    minutes = abs(stage.offset_minutes)
    unit = next(name for name, length in reversed(UNITS.items()) if minutes % length == 0)
    before = stage.offset_minutes < 0
    anchor = ReminderAnchor(stage.anchor).value
    return {
        "name": stage.name,
        "name_en": stage.name_en,
        "amount": minutes // UNITS[unit],
        "unit": unit,
        "moment": f"{anchor}-{'before' if before else 'after'}",
        "audience": stage.audience,
        "modality": stage.modality,
        "is_active": stage.is_active,
    }
