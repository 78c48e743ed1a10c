"""What staff type about a series, and to make sessions like another: the next one, or many by a rule."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from events.enums import MaterialKind
from events.forms.choices import Choices, at_most, vocabulary
from events.forms.editor import Editor, Lists
from events.forms.staff import (
    MAX_NUMBER,
    EventForm,
    MaterialSet,
    OrganiserSet,
    QuestionSet,
    SeatSet,
    SpeakerSet,
    material_rows,
    organiser_rows,
    stored_many,
)
from events.models import Event, Series
from events.services.editing import series_version
from events.services.series import MAX_SESSIONS, Recurrence, copied, session_days
from network.models import Organisation
from web.forms import DayField


class SeriesForm(forms.ModelForm):
    uid = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    sections = [
        (_("El ciclo"), ["title", "title_en", "summary", "topics", "planned_sessions", "period"]),
        (_("Fuente"), ["source", "note"]),
    ]

    class Meta:
        model = Series
        fields = ["title", "title_en", "summary", "topics", "planned_sessions", "period", "source", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 2}), "summary": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = series_version(self.instance)
        if self.instance.pk is None:
            self.initial["uid"] = uuid4()
        else:
            del self.fields["uid"]
        at_most(self.fields["planned_sessions"], MAX_NUMBER, _("Escriba un número hasta 9999."))


def series_editor(*, series: Series | None, data: MultiValueDict[str, str] | None = None) -> tuple[Editor, Choices]:
    lists: Lists = {"organisers": (OrganiserSet, organiser_rows(series), {})}
    institutions = [(row.pk, row.full_name) for row in Organisation.objects.all()]
    return Editor(form=SeriesForm(data, instance=series), lists=lists, data=data), institutions


def next_session_editor(
    *,
    source: Event,
    numbers: Mapping[int, Mapping[int, int]],
    data: MultiValueDict[str, str] | None = None,
    files: MultiValueDict[str, UploadedFile] | None = None,
) -> tuple[Editor, Choices]:
    """The form of a new event that starts from what ``source`` is, without its day. ``numbers``: the next of each."""
    choices = vocabulary(keep=[source.pk])
    prefetch_related_objects([source], "materials")  # read for the copy and, with their files, for the rows
    like = copied(source)
    initial = {name: value for name, value in like.items() if name in EventForm.base_fields} | stored_many(source)
    initial["follows_up"] = source.pk
    if source.series_id:
        initial["number_in_series"] = numbers.get(source.series_id, {}).get(source.format_id, 1)
    form = EventForm(data, files, initial=initial, choices=choices, capacity=like["capacity"])
    organisers = [{"organisation": row["organisation"].full_name, "role": row["role"]} for row in like["organisers"]]
    materials = [row for row in material_rows(source) if row["kind"] == MaterialKind.REFERENCE]
    lists: Lists = {
        "organisers": (OrganiserSet, organisers, {}),
        "speakers": (SpeakerSet, [], {}),
        "guiding_questions": (QuestionSet, like["guiding_questions"], {}),
        "materials": (MaterialSet, materials, {}),
        "seat_pools": (SeatSet, like["seat_pools"], {"municipalities": choices["municipality"]}),
    }
    return Editor(form=form, lists=lists, data=data, files=files), choices["organisation"]


class RepeatForm(forms.Form):
    """When sessions repeat. What a session's own day says is proposed."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)
    frequency = forms.ChoiceField(
        label=_("Se repite"), widget=forms.RadioSelect,
        choices=[
            ("weekly", _("Por semanas")),
            ("month-day", _("Por meses, en un día del mes")),
            ("month-weekday", _("Por meses, en un día de la semana")),
        ],
    )  # fmt: skip
    every = forms.IntegerField(
        label=_("Cada cuántas semanas o meses"),
        min_value=1,
        max_value=12,
        help_text=_("1: todas; 2: una sí y otra no."),
    )
    weekdays = forms.MultipleChoiceField(
        label=_("Días de la semana"),
        required=False,
        choices=[(str(number), capfirst(name)) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Si se repite por semanas."),
    )
    month_day = forms.IntegerField(
        label=_("Día del mes"),
        min_value=1,
        max_value=31,
        required=False,
        help_text=_("Si se repite en un día del mes."),
    )
    ordinal = forms.TypedChoiceField(
        label=_("Cuál del mes"), required=False, coerce=int, help_text=_("Si se repite en un día de la semana."),
        choices=[
            (1, _("El primer")), (2, _("El segundo")), (3, _("El tercer")), (4, _("El cuarto")), (5, _("El quinto")),
            (-1, _("El último")),
        ],
    )  # fmt: skip
    weekday = forms.TypedChoiceField(
        label=_("Día de la semana"), required=False, coerce=int, choices=list(WEEKDAYS.items())
    )
    starts_on = DayField(label=_("Desde el"))
    until = DayField(label=_("Hasta el"), required=False)
    times = forms.IntegerField(label=_("O cuántas sesiones"), min_value=1, max_value=MAX_SESSIONS, required=False)

    def __init__(self, *args: Any, source: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = source
        day = source.first_day or timezone.localdate() + timedelta(days=7)
        self.initial = {
            "form_key": uuid4(), "frequency": "weekly", "every": 1, "weekdays": [str(day.weekday())],
            "month_day": day.day, "ordinal": (day.day - 1) // 7 + 1, "weekday": day.weekday(),
            "starts_on": day + timedelta(days=1) if source.first_day else day,
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        until, times = cleaned.get("until"), cleaned.get("times")
        if not until and not times and not {"until", "times"} & set(self.errors):
            self.add_error("until", _("Diga hasta qué día o cuántas sesiones."))
        if until and cleaned.get("starts_on") and until < cleaned["starts_on"]:
            self.add_error("until", _("Termina antes de empezar: revise las dos fechas."))
        if cleaned.get("frequency") == "weekly" and not cleaned.get("weekdays") and "weekdays" not in self.errors:
            self.add_error("weekdays", _("Elija al menos un día de la semana."))
        if cleaned.get("frequency") == "month-day" and not cleaned.get("month_day") and "month_day" not in self.errors:
            self.add_error("month_day", _("Diga qué día del mes."))
        if not self.errors:
            found = session_days(self.recurrence())
            if not found.days:
                self.add_error(None, _("Ningún día cumple la regla: revise las fechas."))
            elif len(found.days) > MAX_SESSIONS:
                message = _("Son más de {n} sesiones: acorte las fechas.").format(n=MAX_SESSIONS)
                self.add_error("until", message)
        return cleaned

    def recurrence(self) -> Recurrence:
        typed, kind = self.cleaned_data, self.cleaned_data["frequency"]
        return Recurrence(
            # Every second week is counted from the week of the session itself.
            anchor=min(self.source.first_day or typed["starts_on"], typed["starts_on"]),
            first=typed["starts_on"],
            every=typed["every"],
            weekdays=[int(number) for number in typed["weekdays"]] if kind == "weekly" else (),
            month_day=typed["month_day"] if kind == "month-day" else None,
            nth=(typed["ordinal"], typed["weekday"]) if kind == "month-weekday" else None,
            until=typed["until"],
            times=typed["times"],
        )
