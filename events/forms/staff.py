"""What staff type about series and events."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import CharField, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, ExtractYear
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.enums import EventStatus, MaterialKind, RegistrationState, SpeakerRole
from events.forms.editor import Editor, Lists, RowForm, row_set
from events.models import Event, EventQuerySet, Format, RegistrationQuerySet, Series
from municipalities.models import Municipality
from network.enums import Modality, OrganisationRole, PersonCategory, Sex
from network.models import SDG, Organisation, Pathway, Sector
from web import identity, uploads
from web.dates import ZONE_NAMES
from web.search import fold, words_filter

Choices = list[tuple[Any, Any]]


def vocabulary(*, besides: Event | None = None, keep: Iterable[int | None] = ()) -> dict[str, Choices]:
    """Every list that the forms offer, in one query: formats, series, pathways, sectors, goals, municipalities,
    institutions and the events of the last three years, with those of ``keep`` and without ``besides``."""
    blank = Value("", output_field=CharField())
    recent = Q(first_day__gte=timezone.localdate() - timedelta(days=3 * 366)) | Q(first_day__isnull=True)
    events = Event.objects.filter(recent | Q(pk__in=[pk for pk in keep if pk]))
    if besides is not None:
        events = events.exclude(pk=besides.pk)
    sources: dict[str, tuple[QuerySet[Any], str, Any, Any]] = {
        "format": (Format.objects.all(), "name", F("name_en"), F("order")),
        "series": (Series.objects.all(), "title", F("title_en"), F("pk")),
        "pathway": (Pathway.objects.all(), "name", F("name_en"), F("order")),
        "sector": (Sector.objects.all(), "name", F("name_en"), F("order")),
        "sdg": (SDG.objects.all(), "name", F("name_en"), F("number")),
        "municipality": (Municipality.objects.all(), "name", blank, Value(0)),
        "organisation": (Organisation.objects.all(), "name", F("acronym"), Value(0)),
        "event": (
            events,
            "title",
            blank,
            Coalesce(ExtractYear("first_day"), 0),
        ),
    }
    queries = [
        rows.order_by().values_list(
            Value(kind, output_field=CharField()), "pk", name, Cast(other, CharField()), Cast(position, IntegerField())
        )
        for kind, (rows, name, other, position) in sources.items()
    ]
    found: dict[str, list[tuple[int, str, str, int]]] = {kind: [] for kind in sources}
    for kind, pk, name, other, position in queries[0].union(*queries[1:], all=True):
        found[kind].append((pk, name, other or "", position))
    return {kind: [(pk, label) for pk, label in _labelled(kind, rows)] for kind, rows in found.items()}


def _labelled(kind: str, rows: list[tuple[int, str, str, int]]) -> Iterable[tuple[int, str]]:
    english = (get_language() or "es").startswith("en")
    if kind in {"series", "event"}:
        rows.sort(key=lambda row: (-row[3], fold(row[1])))
    elif kind in {"municipality", "organisation"}:
        rows.sort(key=lambda row: fold(row[1]))
    else:
        rows.sort(key=lambda row: row[3])
    for pk, name, other, position in rows:
        if kind == "organisation":
            yield pk, f"{name} ({other})" if other else name
        elif kind == "sdg":
            yield pk, f"{position}. {other if english and other else name}"
        elif kind == "event":
            yield pk, f"{name} ({position})" if position else name
        else:
            yield pk, other if english and other else name


def zone_choices(*stored: str) -> Choices:
    """The zones that the network uses, by name, then those of the Americas and Europe."""
    named = [(zone, f"{capfirst(label)} ({_city(zone)})") for zone, label in ZONE_NAMES.items()]
    others = {zone for zone in available_timezones() if zone.startswith(("America/", "Europe/"))} | {
        z for z in stored if z
    }
    return [
        (_("Las más usadas"), named),
        (_("Otras"), [(zone, zone.replace("_", " ")) for zone in sorted(others - set(ZONE_NAMES))]),
    ]


def _city(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def offer(field: forms.Field, choices: Choices, *, empty: Any = None) -> None:
    """Give a field of rows its choices without asking the database again."""
    field.choices = [("", empty), *choices] if empty is not None else choices


def day_field(**arguments: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **arguments)


DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
CLOCK = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
MOMENT = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


class ManyField(forms.ModelMultipleChoiceField):
    """Several of the rows offered. Anything else is refused here: the database fails on a number beyond its own."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> Any:
        choices: Any = self.choices
        offered = {str(pk) for pk, _label in choices}
        for pk in value or ():
            if str(pk) not in offered:
                raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": pk})
        return super().clean(value)


class EventForm(forms.ModelForm):
    """The fields of an event. The version read travels with them."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    linked_pathways = ManyField(Pathway.objects.all(), label=_("Caminos vinculados"), required=False)
    sectors = ManyField(Sector.objects.all(), label=_("Sectores"), required=False)
    sdgs = ManyField(SDG.objects.all(), label=_("Objetivos de Desarrollo Sostenible"), required=False)
    time_zone = forms.ChoiceField(label=_("Zona horaria"), help_text=_("La hora que se escribe es la de esta zona."))
    second_time_zone = forms.ChoiceField(
        label=_("Segunda zona horaria"), required=False, help_text=_("La hora también se mostrará en esta zona.")
    )
    meeting_url = forms.URLField(
        label=_("Enlace de la videollamada"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_("Nunca se publica: llega por correo a las personas inscritas."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    capacity = forms.IntegerField(
        label=_("Cupo"), min_value=1, max_value=100_000, required=False, help_text=_("Vacío: sin límite de lugares.")
    )

    class Meta:
        model = Event
        fields = [
            "title", "title_en", "format", "series", "number_in_series", "follows_up", "topic", "summary", "objectives",
            "first_day", "start_time", "last_day", "end_time", "time_zone", "second_time_zone",
            "modality", "venue", "address", "municipality", "meeting_url", "pathway",
            "registration_enabled", "registration_opens_at", "registration_closes_at", "waiting_list_enabled",
            "source", "note",
        ]  # fmt: skip
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 5}),
            "objectives": forms.Textarea(attrs={"rows": 4}),
            "note": forms.Textarea(attrs={"rows": 2}),
            "first_day": DAY,
            "last_day": DAY,
            "start_time": CLOCK,
            "end_time": CLOCK,
            "registration_opens_at": MOMENT,
            "registration_closes_at": MOMENT,
        }
        help_texts = {
            "number_in_series": _("Vacío al programar: toma el siguiente número de su formato en el ciclo."),
            "last_day": _("Solo si dura más de un día."),
            "start_time": _("Sin hora, se anuncia como evento de todo el día y no hay recordatorios con hora."),
            "registration_opens_at": _("En la zona horaria del evento. Vacío: desde que se publica."),
            "registration_closes_at": _("En la zona horaria del evento. Vacío: hasta que termina."),
        }

    def __init__(self, *args: Any, choices: Mapping[str, Choices], capacity: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        event = self.instance
        for name, kind in (("series", "series"), ("follows_up", "event"), ("municipality", "municipality")):
            offer(self.fields[name], choices[kind], empty=_("Ninguno"))
        for name, kind in (("linked_pathways", "pathway"), ("sectors", "sector"), ("sdgs", "sdg")):
            offer(self.fields[name], choices[kind])
        offer(self.fields["modality"], Modality.choices, empty=_("Elija"))
        for name in ("format", "pathway"):
            offer(self.fields[name], choices[name], empty=_("Elija"))
        zones = zone_choices(event.time_zone, event.second_time_zone, identity.current().time_zone)
        offer(self.fields["time_zone"], zones)
        offer(self.fields["second_time_zone"], zones, empty=_("Ninguna"))
        self.initial["version"] = event.version
        self.initial["capacity"] = capacity
        if event.pk is None:
            self.initial.setdefault("time_zone", identity.current().time_zone)
        else:
            self._show_stored()

    def _show_stored(self) -> None:
        self.initial.update(stored_many(self.instance))
        zone = ZoneInfo(self.instance.time_zone)
        for name in ("registration_opens_at", "registration_closes_at"):
            if moment := getattr(self.instance, name):
                self.initial[name] = timezone.make_naive(moment, zone)
        if self.instance.last_day == self.instance.first_day:
            self.initial["last_day"] = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if zone := cleaned.get("time_zone"):
            for name in ("registration_opens_at", "registration_closes_at"):
                if cleaned.get(name):
                    cleaned[name] = _in_zone(cleaned[name], zone)
        opens, closes = cleaned.get("registration_opens_at"), cleaned.get("registration_closes_at")
        if opens and closes and closes <= opens:
            self.add_error("registration_closes_at", _("La inscripción cierra antes de abrir: revise las dos fechas."))
        if cleaned.get("number_in_series") and not cleaned.get("series"):
            self.add_error("series", _("El número cuenta dentro de un ciclo: elija el ciclo o quite el número."))
        if cleaned.get("modality") == Modality.IN_PERSON and cleaned.get("meeting_url"):
            self.add_error(
                "meeting_url", _("Un evento presencial no tiene videollamada: cambie la modalidad o quite el enlace.")
            )
        return cleaned


def stored_many(event: Event) -> dict[str, list[int]]:
    """The ids of the event's linked pathways, sectors and goals, in one query."""
    columns = {"linked_pathways": "pathway_id", "sectors": "sector_id", "sdgs": "sdg_id"}
    queries = [
        getattr(Event, name)
        .through.objects.filter(event=event)
        .values_list(Value(name, output_field=CharField()), column)
        for name, column in columns.items()
    ]
    found: dict[str, list[int]] = {name: [] for name in columns}
    for name, pk in queries[0].union(*queries[1:], all=True):
        found[name].append(pk)
    return found


def _in_zone(moment: datetime, zone: str) -> datetime:
    """The same reading of the clock in another zone: forms read moments in the portal's own."""
    return timezone.make_naive(moment).replace(tzinfo=ZoneInfo(zone))


class OrganiserRow(RowForm):
    wide = ("organisation",)
    organisation = forms.CharField(label=_("Institución"), max_length=200)
    role = forms.ChoiceField(label=_("Papel"), choices=OrganisationRole, initial=OrganisationRole.CONVENES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].widget.attrs["list"] = "instituciones"


class SpeakerRow(RowForm):
    wide = ("name", "affiliation")
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=_("Nombre"), max_length=160)
    affiliation = forms.CharField(label=_("Institución o cargo"), max_length=200, required=False)
    role = forms.ChoiceField(label=_("Papel"), choices=SpeakerRole, initial=SpeakerRole.SPEAKER)
    consent_on = day_field(label=_("Consintió publicar su nombre el"), required=False)


class QuestionRow(RowForm):
    wide = ("text",)
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=_("Pregunta"), max_length=600, widget=forms.Textarea(attrs={"rows": 2, "class": "textarea-short"})
    )


class MaterialRow(RowForm):
    """A document: a file or a link. A stored file stays where no other is chosen."""

    wide = ("title", "url", "file")
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(label=_("Título"), max_length=200)
    kind = forms.ChoiceField(label=_("Tipo"), choices=MaterialKind, initial=MaterialKind.REFERENCE)
    url = forms.URLField(label=_("Enlace"), max_length=500, required=False, assume_scheme="https")
    file = forms.FileField(
        label=_("Archivo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPT}),
    )
    language = forms.ChoiceField(label=_("Idioma"), choices=[("es", _("Español")), ("en", _("Inglés"))], initial="es")
    has_captions = forms.BooleanField(label=_("Es un video con subtítulos"), required=False)

    def clean_file(self) -> UploadedFile | None:
        file = self.cleaned_data.get("file")
        return uploads.check_upload(file) if isinstance(file, UploadedFile) else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "file" in self.errors or "url" in self.errors or cleaned.get("DELETE"):
            return cleaned
        file, url = cleaned.get("file"), cleaned.get("url")
        if file and url:
            raise ValidationError(_("Suba un archivo o escriba un enlace: uno de los dos."))
        if not file and not url and not self.initial.get("has_file"):
            self.add_error("url", _("Escriba un enlace o suba un archivo."))
        return cleaned


class SeatRow(RowForm):
    """Seats kept apart for those who attend in one way, or for one municipality."""

    modality = forms.ChoiceField(
        label=_("Para quienes asisten"), required=False, choices=[("", _("De cualquier modo")), *Modality.choices[:2]]
    )
    municipality = forms.ModelChoiceField(Municipality.objects.all(), label=_("Para el municipio"), required=False)
    capacity = forms.IntegerField(label=_("Lugares"), min_value=1, max_value=100_000)

    def __init__(self, *args: Any, municipalities: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["municipality"], municipalities, empty=_("Cualquiera"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("DELETE") and not cleaned.get("modality") and not cleaned.get("municipality"):
            raise ValidationError(_("Diga para quién se apartan estos lugares: una modalidad, un municipio o ambos."))
        return cleaned


OrganiserSet = row_set(OrganiserRow, title=_("Quién convoca, organiza y apoya"))
SpeakerSet = row_set(SpeakerRow, title=_("Ponentes"), can_order=True)
QuestionSet = row_set(QuestionRow, title=_("Preguntas guía"), can_order=True)
MaterialSet = row_set(MaterialRow, title=_("Documentos y materiales"))
SeatSet = row_set(SeatRow, title=_("Lugares apartados"), extra=0)


def event_editor(
    *,
    event: Event | None,
    data: MultiValueDict[str, str] | None = None,
    files: MultiValueDict[str, UploadedFile] | None = None,
    initial: Mapping[str, Any] | None = None,
) -> tuple[Editor, Choices]:
    """The form of an event with its lists, and the institutions to offer: five queries for what is stored, one for all
    that can be chosen."""
    choices = vocabulary(besides=event, keep=[event.follows_up_id if event else None])
    pools = list(event.seat_pools.all()) if event else []
    everybody = next((pool.capacity for pool in pools if not pool.modality and not pool.municipality_id), None)
    form = EventForm(data, files, instance=event, initial=dict(initial or {}), choices=choices, capacity=everybody)
    lists: Lists = {
        "organisers": (OrganiserSet, organiser_rows(event), {}),
        "speakers": (
            SpeakerSet,
            event.speakers.values("id", "name", "affiliation", "role", "consent_on") if event else [],
            {},
        ),
        "guiding_questions": (QuestionSet, event.guiding_questions.values("id", "text") if event else [], {}),
        "materials": (MaterialSet, material_rows(event), {}),
        "seat_pools": (
            SeatSet,
            [_seat_row(pool) for pool in pools if pool.modality or pool.municipality_id],
            {"municipalities": choices["municipality"]},
        ),
    }
    return Editor(form=form, lists=lists, data=data, files=files), choices["organisation"]


def organiser_rows(owner: Event | Series | None) -> list[dict[str, Any]]:
    if owner is None:
        return []
    rows = owner.organisers.select_related("organisation")
    return [{"organisation": row.organisation.full_name, "role": row.role} for row in rows]


def material_rows(event: Event | None) -> list[dict[str, Any]]:
    if event is None:
        return []
    names = ("id", "kind", "title", "url", "language", "has_captions")
    return [
        {**{name: getattr(row, name) for name in names}, "has_file": bool(row.file)} for row in event.materials.all()
    ]


def _seat_row(pool: Any) -> dict[str, Any]:
    return {"modality": pool.modality, "municipality": pool.municipality_id, "capacity": pool.capacity}


class SeriesForm(forms.ModelForm):
    sections = [
        (_("El ciclo"), ["title", "title_en", "summary", "topics", "planned_sessions", "period"]),
        (_("Fuente"), ["source", "note"]),
    ]

    class Meta:
        model = Series
        fields = ["title", "title_en", "summary", "topics", "planned_sessions", "period", "source", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 2}), "summary": forms.Textarea(attrs={"rows": 5})}


def series_editor(*, series: Series | None, data: MultiValueDict[str, str] | None = None) -> tuple[Editor, Choices]:
    lists: Lists = {"organisers": (OrganiserSet, organiser_rows(series), {})}
    institutions = [(row.pk, row.full_name) for row in Organisation.objects.all()]
    return Editor(form=SeriesForm(data, instance=series), lists=lists, data=data), institutions


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Motivo"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Se publica y llega por correo a las personas inscritas."),
    )  # fmt: skip


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


class AnswerRow(RowForm):
    """The answer that a session gave to one of its guiding questions."""

    wide = ("answer",)
    id = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(required=False, disabled=True, widget=forms.HiddenInput)
    answer = forms.CharField(
        label=_("Respuesta"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def add_fields_done(self) -> None:
        self.fields.pop("DELETE", None)
        self.fields["answer"].label = self.initial.get("text", _("Respuesta"))


AnswerSet = row_set(AnswerRow, title=_("Respuestas a las preguntas guía"), extra=0)


def results_editor(
    *,
    event: Event,
    data: MultiValueDict[str, str] | None = None,
    files: MultiValueDict[str, UploadedFile] | None = None,
) -> Editor:
    lists: Lists = {
        "guiding_questions": (AnswerSet, event.guiding_questions.values("id", "text", "answer"), {}),
        "materials": (MaterialSet, material_rows(event), {}),
    }
    return Editor(form=ResultsForm(data, instance=event), lists=lists, data=data, files=files)


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


class ConsentingPersonForm(PersonForm):
    """A registration made for somebody, who has agreed to it. ``form_key`` makes a double submission count once."""

    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)

    consent = forms.BooleanField(
        label=_("La persona conoce el aviso de privacidad y aceptó que se le inscriba"),
        error_messages={"required": _("Sin su acuerdo no se puede inscribir a una persona.")},
    )


class EventFilter(forms.Form):
    """The filters of the list of events."""

    q = forms.CharField(label=_("Palabras"), required=False, max_length=120)
    estado = forms.ChoiceField(label=_("Estado"), required=False, choices=[("", _("Todos")), *EventStatus.choices])
    cuando = forms.ChoiceField(
        label=_("Cuándo"), required=False,
        choices=[
            ("", _("Siempre")),
            ("proximos", _("Próximos")),
            ("pasados", _("Pasados")),
            ("sin-fecha", _("Sin fecha")),
        ],
    )  # fmt: skip
    formato = forms.ModelChoiceField(Format.objects.all(), label=_("Formato"), required=False, empty_label=_("Todos"))

    def apply(self, events: EventQuerySet) -> EventQuerySet:
        """What matches; a filter that makes no sense filters nothing."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("q"):
            events = events.filter(words_filter(chosen["q"]))
        if chosen.get("estado"):
            events = events.filter(status=chosen["estado"])
        if chosen.get("formato"):
            events = events.filter(format=chosen["formato"])
        if chosen.get("cuando") == "proximos":
            events = events.upcoming()
        elif chosen.get("cuando") == "sin-fecha":
            events = events.undated()
        elif chosen.get("cuando") == "pasados":
            events = events.exclude(first_day=None).exclude(pk__in=events.upcoming().order_by().values("pk"))
        return events


class RegistrationFilter(forms.Form):
    q = forms.CharField(label=_("Nombre o correo"), required=False, max_length=120)
    estado = forms.ChoiceField(
        label=_("Estado"), required=False, choices=[("", _("Todas")), *RegistrationState.choices]
    )

    def apply(self, registrations: RegistrationQuerySet) -> RegistrationQuerySet:
        self.is_valid()
        if state := self.cleaned_data.get("estado"):
            registrations = registrations.filter(state=state)
        for word in self.cleaned_data.get("q", "").split()[:6]:
            registrations = registrations.filter(Q(name__icontains=word) | Q(email__icontains=word))
        return registrations
