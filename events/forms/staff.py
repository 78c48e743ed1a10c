"""What staff type about events."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import PurePath
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import CharField, Max, Value
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from events.enums import EventStatus, MaterialKind, SpeakerRole
from events.forms.choices import Choices, ManyField, at_most, offer, vocabulary, zone_choices
from events.forms.editor import Editor, Lists, RowForm, row_set
from events.models import Event, EventQuerySet, Format, Material, Series
from events.services.editing import check_number
from municipalities.models import Municipality
from network.enums import Modality, OrganisationRole
from network.models import SDG, Pathway, Sector
from web import identity, uploads
from web.forms import DayField, MomentField, WebAddressField
from web.search import words_filter

CLOCK = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
MAX_OFFER_HOURS = 30 * 24
MAX_NUMBER = 9999
MAX_DAYS = 60


class EventForm(forms.ModelForm):
    """The fields of an event. The version read travels with them."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # Names the form of a new event, so that sending it twice makes one.
    uid = forms.UUIDField(widget=forms.HiddenInput, required=False)
    linked_pathways = ManyField(Pathway.objects.all(), label=_("Caminos vinculados"), required=False)
    sectors = ManyField(Sector.objects.all(), label=_("Sectores"), required=False)
    sdgs = ManyField(SDG.objects.all(), label=_("Objetivos de Desarrollo Sostenible"), required=False)
    time_zone = forms.ChoiceField(label=_("Zona horaria"), help_text=_("La hora que se escribe es la de esta zona."))
    second_time_zone = forms.ChoiceField(
        label=_("Segunda zona horaria"), required=False, help_text=_("La hora también se mostrará en esta zona.")
    )
    meeting_url = WebAddressField(
        label=_("Enlace de la videollamada"),
        max_length=500,
        required=False,
        help_text=_("Nunca se publica: llega por correo a las personas inscritas."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    capacity = forms.IntegerField(
        label=_("Cupo"), min_value=1, max_value=100_000, required=False, help_text=_("Vacío: sin límite de lugares.")
    )

    moves_attended = forms.BooleanField(
        label=_("El día estaba mal escrito: la asistencia anotada es la del día nuevo"), required=False
    )

    class Meta:
        model = Event
        fields = [
            "title", "title_en", "format", "series", "number_in_series", "follows_up", "topic", "summary", "objectives",
            "first_day", "start_time", "last_day", "end_time", "time_zone", "second_time_zone",
            "modality", "venue", "address", "municipality", "meeting_url", "pathway",
            "registration_enabled", "registration_opens_at", "registration_closes_at", "waiting_list_enabled",
            "offer_hours", "admission", "confirms_email", "responsible",
            "source", "note",
        ]  # fmt: skip
        widgets = {
            "summary": forms.Textarea(attrs={"rows": 5}),
            "objectives": forms.Textarea(attrs={"rows": 4}),
            "note": forms.Textarea(attrs={"rows": 2}),
            "start_time": CLOCK,
            "end_time": CLOCK,
        }
        field_classes = {
            "first_day": DayField,
            "last_day": DayField,
            "registration_opens_at": MomentField,
            "registration_closes_at": MomentField,
        }
        help_texts = {
            "number_in_series": _("Vacío al programar: toma el siguiente número de su formato en el ciclo."),
            "responsible": _("Recibe un aviso si 10 días después la sesión no tiene resultados."),
            "last_day": _("Solo si dura más de un día."),
            "start_time": _("Sin hora, se anuncia como evento de todo el día y no hay recordatorios con hora."),
            "offer_hours": _(
                "Un lugar que se libera se ofrece a quien sigue. Cerca del inicio el plazo es la cuarta parte del "
                "tiempo que falte. Con 0 se da sin preguntar."
            ),
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
        offer(self.fields["responsible"], choices["staff"], empty=_("Quien lo programó"))
        offer(self.fields["modality"], Modality.choices, empty=_("Elija"))
        for name in ("format", "pathway"):
            offer(self.fields[name], choices[name], empty=_("Elija"))
        zones = zone_choices(event.time_zone, event.second_time_zone, identity.current().time_zone)
        offer(self.fields["time_zone"], zones)
        offer(self.fields["second_time_zone"], zones, empty=_("Ninguna"))
        at_most(self.fields["offer_hours"], MAX_OFFER_HOURS, _("Escriba 720 horas (30 días) o menos."))
        at_most(self.fields["number_in_series"], MAX_NUMBER, _("Escriba un número hasta 9999."))
        self.initial["version"] = event.version
        self.initial["capacity"] = capacity
        if event.pk is None:
            self.initial.setdefault("time_zone", identity.current().time_zone)
            self.initial["uid"] = uuid4()
        else:
            del self.fields["uid"]
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
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and (last - first).days >= MAX_DAYS and {"first_day", "last_day"} & set(self.changed_data):
            text = _("Un evento dura hasta {n} días: revise el último, o programe cada sesión aparte.")
            self.add_error("last_day", text.format(n=MAX_DAYS))
        series, kind, number = (cleaned.get(name) for name in ("series", "format", "number_in_series"))
        if number and not series:
            self.add_error("series", _("El número cuenta dentro de un ciclo: elija el ciclo o quite el número."))
        elif number and series and kind:
            try:
                check_number(series, kind, number, besides=self.instance)
            except ValidationError as error:
                self.add_error(None, error)
        responsible, offered = (
            cleaned.get("responsible"),
            {str(pk) for pk, _label in self.fields["responsible"].choices},
        )
        if responsible and str(responsible.pk) not in offered:
            self.add_error("responsible", _("Elija a alguien del instituto."))
        if cleaned.get("modality") == Modality.IN_PERSON and cleaned.get("meeting_url"):
            self.add_error(
                "meeting_url", _("Un evento presencial no tiene videollamada: cambie la modalidad o quite el enlace.")
            )
        if {"first_day", "last_day"} & set(self.changed_data) and not cleaned.get("moves_attended"):
            self._ask_about_attendance()
        return cleaned

    def _ask_about_attendance(self) -> None:
        """People were there on a day: another day is a slip mended, or else another session."""
        came = self.instance.attendances.count() if self.instance.pk and self.instance.first_day else 0
        if came:
            text = ngettext(
                "Ya hay {n} asistencia anotada de ese día. Si el día estaba mal escrito, marque esta casilla y guarde; "
                "si es otra sesión, prográmela aparte.",
                "Ya hay {n} asistencias anotadas de ese día. Si el día estaba mal escrito, marque esta casilla y "
                "guarde; si es otra sesión, prográmela aparte.",
                came,
            )
            self.add_error("moves_attended", text.format(n=came))


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
    consent_on = DayField(label=_("Consintió publicar su nombre el"), required=False)

    def clean_consent_on(self) -> date | None:
        consent_on: date | None = self.cleaned_data["consent_on"]
        if consent_on and consent_on > timezone.localdate():
            raise ValidationError(_("Ese día aún no llega: escriba el día en que dio su consentimiento."))
        return consent_on


class QuestionRow(RowForm):
    wide = ("text",)
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=_("Pregunta"), max_length=600, widget=forms.Textarea(attrs={"rows": 2, "class": "textarea-short"})
    )


class MaterialRow(RowForm):
    """A document: a file or a link. A stored file stays where no other is chosen.

    A browser does not send a chosen file twice: one that was not saved is named in ``file_again`` until it is chosen
    again, or its box is cleared.
    """

    wide = ("title", "url", "file", "file_again", "drop_file")
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(label=_("Título"), max_length=200)
    kind = forms.ChoiceField(label=_("Tipo"), choices=MaterialKind, initial=MaterialKind.REFERENCE)
    url = WebAddressField(label=_("Enlace"), max_length=500, required=False)
    file = forms.FileField(
        label=_("Archivo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPT}),
    )
    file_again = forms.MultipleChoiceField(
        label=_("Archivo que no se guardó"), required=False, widget=forms.CheckboxSelectMultiple
    )
    drop_file = forms.BooleanField(label=_("Quitar el archivo guardado"), required=False)
    language = forms.ChoiceField(label=_("Idioma"), choices=[("es", _("Español")), ("en", _("Inglés"))], initial="es")
    has_captions = forms.BooleanField(label=_("Es un video con subtítulos"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if stored := self.initial.get("stored_file"):
            self.fields["file"].help_text = stored
        else:
            del self.fields["drop_file"]
        name, chosen = self.add_prefix("file_again"), self.files.get(self.add_prefix("file"))
        self.unsaved = chosen.name if chosen else self.data.get(name, "")
        if self.unsaved:
            self.data = self.data.copy()
            self.data.setlist(name, [self.unsaved])
            text = _("Elegir «{name}» otra vez antes de guardar").format(name=self.unsaved)
            self.fields["file_again"].choices = [(self.unsaved, text)]
        else:
            del self.fields["file_again"]

    def ask_for_file_again(self) -> None:
        taken_off = "DELETE" in self.fields and self["DELETE"].value()
        if self.unsaved and "file" not in self.errors and not taken_off:
            self.cleaned_data = getattr(self, "cleaned_data", {})  # nothing is checked where a row was added
            self.add_error("file", self._file_again())

    def _file_again(self) -> str:
        text = _("El archivo «{name}» no se guardó: elíjalo otra vez, o desmarque su casilla para guardar sin él.")
        return text.format(name=self.unsaved)

    def clean_file(self) -> UploadedFile | None:
        file = self.cleaned_data.get("file")
        if isinstance(file, UploadedFile):
            return uploads.check_upload(file)
        if self.unsaved:
            raise ValidationError(self._file_again())
        return None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "file" in self.errors or "url" in self.errors or cleaned.get("DELETE"):
            return cleaned
        file, url = cleaned.get("file"), cleaned.get("url")
        stays = self.initial.get("stored_file") and not cleaned.get("drop_file")
        if file and url:
            raise ValidationError(_("Suba un archivo o escriba un enlace: uno de los dos."))
        if url and stays:
            self.add_error("url", _("Ya hay un archivo guardado: quítelo con su casilla, o deje vacío el enlace."))
        if not file and not url and not stays:
            self.add_error("url", _("Escriba un enlace o suba un archivo."))
        return cleaned


class SeatRow(RowForm):
    """Seats kept apart for those who attend in one way, or for one municipality."""

    modality = forms.ChoiceField(
        label=_("Para quienes asisten"), required=False, choices=[("", _("De cualquier modo")), *Modality.choices[:2]]
    )
    municipality = forms.ModelChoiceField(Municipality.objects.all(), label=_("Para el municipio"), required=False)
    capacity = forms.IntegerField(label=_("Lugares"), min_value=1, max_value=100_000)
    release_on = DayField(
        label=_("Se liberan el"),
        required=False,
        help_text=_("Ese día, desde las 0:00, los que queden son de todas las personas. Vacío: no se liberan."),
    )

    def __init__(self, *args: Any, municipalities: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["municipality"], municipalities, empty=_("Cualquiera"))
        if (days := self.initial.get("release_days")) is not None:
            self.fields["release_on"].help_text = ngettext(
                "Vacío: {n} día antes del evento, como en la sesión de la que parte.",
                "Vacío: {n} días antes del evento, como en la sesión de la que parte.",
                days,
            ).format(n=days)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("municipality"):
            cleaned["release_days"] = self.initial.get("release_days")
        if not cleaned.get("DELETE") and not cleaned.get("modality") and not cleaned.get("municipality"):
            raise ValidationError(_("Diga para quién se apartan estos lugares: una modalidad, un municipio o ambos."))
        if cleaned.get("release_on") and not cleaned.get("municipality"):
            self.add_error("release_on", _("Solo se liberan los lugares apartados para un municipio."))
        elif "release_on" in self.changed_data and (cleaned.get("release_on") or date.max) < timezone.localdate():
            self.add_error("release_on", _("Ese día ya pasó: escriba uno por venir, o déjelo vacío."))
        return cleaned


OrganiserSet = row_set(OrganiserRow, title=_("Quién convoca, organiza y apoya"))
SpeakerSet = row_set(SpeakerRow, title=_("Ponentes"), can_order=True)
QuestionSet = row_set(QuestionRow, title=_("Preguntas guía"), can_order=True)
MaterialSet = row_set(MaterialRow, title=_("Documentos y materiales"))
SeatSet = row_set(SeatRow, title=_("Lugares apartados"), extra=0)


def next_numbers() -> dict[int, dict[int, int]]:
    """For each series the next number of each format that it has sessions of; of any other it is 1. One query."""
    sessions = Event.objects.exclude(series=None).order_by().values_list("series", "format")
    found: dict[int, dict[int, int]] = {}
    for series, kind, highest in sessions.annotate(highest=Max("number_in_series")):
        found.setdefault(series, {})[kind] = (highest or 0) + 1
    return found


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
            [
                _seat_row(pool, event.time_zone)
                for pool in pools
                if event and (pool.modality or pool.municipality_id) and not pool.released_at
            ],
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
        {**{name: getattr(row, name) for name in names}, "stored_file": _stored_file(event, row)}
        for row in event.materials.all()
    ]


def _stored_file(event: Event, material: Material) -> str:
    """The file of a document, as a link with its size."""
    if not material.file:
        return ""
    try:
        size = filesizeformat(material.file.size)
    except OSError:
        size = str(_("no se encuentra"))
    address = reverse("material_file", args=[event.slug, material.pk])
    name = PurePath(str(material.file.name)).name
    return format_html('{} <a href="{}">{}</a> ({})', _("Archivo guardado:"), address, name, size)


def _seat_row(pool: Any, zone: str) -> dict[str, Any]:
    return {
        "modality": pool.modality,
        "municipality": pool.municipality_id,
        "capacity": pool.capacity,
        "release_on": pool.release_at and pool.release_at.astimezone(ZoneInfo(zone)).date(),
    }


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Motivo"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Se publica y llega por correo a las personas inscritas."),
    )  # fmt: skip


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
            ("pendientes", _("Con resultado pendiente")),
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
        elif chosen.get("cuando") == "pendientes":
            events = events.filter(pk__in=Event.objects.results_pending().values("pk"))
        elif chosen.get("cuando") == "sin-fecha":
            events = events.undated()
        elif chosen.get("cuando") == "pasados":
            events = events.exclude(first_day=None).exclude(pk__in=events.upcoming().order_by().values("pk"))
        return events
