"""What both sides type about accompaniments, and how their lists are filtered."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from events.forms.choices import ManyField, at_most
from events.forms.editor import Editor, RowForm, row_set
from municipalities.models import Municipality, Region
from network.models import Instrument, User
from trainings.enums import AccompanimentState, Priority, Reply, Side, Stage
from trainings.models import (
    SEXES,
    Accompaniment,
    AccompanimentQuerySet,
    AccompanimentSession,
    Expert,
    Recommendation,
    ReviewRound,
    SessionAgreement,
)
from trainings.services import FileValues
from web.forms import DayField, check_year
from web.search import words_filter
from web.uploads import ACCEPT, check_upload

MOST_PEOPLE = 9999
# The agenda without a chosen month goes at least so far.
WEEKS_AHEAD = datetime.timedelta(weeks=5)
FILE_HELP = _("PDF, JPG o PNG. Solo lo ven su municipio y el instituto.")


class VersionedForm(forms.Form):
    """Knows which version it was drawn from: one without any was drawn from none."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_version(self) -> int:
        return self.cleaned_data.get("version") or 0


class UploadFields(forms.Form):
    """A file with its title; the service takes it as :class:`FileValues`."""

    title = forms.CharField(label=_("Título del documento"), max_length=160, required=False)
    file = forms.FileField(
        label=_("Archivo"), max_length=200, required=False, widget=forms.FileInput(attrs={"accept": ACCEPT}),
        help_text=FILE_HELP,
    )  # fmt: skip
    original_name = ""

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if not upload:
            return None
        self.original_name = upload.name
        return check_upload(upload)

    def document(self) -> FileValues | None:
        """None where no file was sent; without a title the file's own name is one."""
        given = self.cleaned_data
        if not given.get("file"):
            return None
        title = given.get("title") or self.original_name
        return FileValues(file=given["file"], title=title[:160], original_name=self.original_name)


class RequestForm(UploadFields, forms.ModelForm):
    """What the municipality asks for; a first document may come with it."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    field_order = ["topic", "instrument", "instrument_name", "stage", "pathway", "request", "title", "file"]

    class Meta:
        model = Accompaniment
        fields = ["topic", "instrument", "instrument_name", "stage", "pathway", "request"]
        widgets = {"request": forms.Textarea(attrs={"rows": 6})}
        help_texts = {
            "topic": _("En pocas palabras: «Diagnóstico de nuestro Promacc»."),
            "instrument_name": _("Solo si eligió «Otro instrumento»."),
            "request": _("En qué punto está, qué hace falta y para cuándo."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("request_key", uuid.uuid4())
        self.initial["version"] = self.instance.version
        if self.instance.pk:
            del self.fields["title"], self.fields["file"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        instrument = cleaned.get("instrument")
        if instrument is not None and instrument.is_other and not cleaned.get("instrument_name"):
            self.add_error("instrument_name", _("Escriba cuál instrumento es."))
        return cleaned


def request_editor(*, accompaniment: Accompaniment | None, data: Any = None, files: Any = None) -> Editor:
    form = RequestForm(data, files, instance=accompaniment)
    return Editor(form=form, lists={}, data=data, files=files)


class SessionForm(forms.ModelForm):
    """A session, planned or held. What is not known stays empty."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    day = DayField(label=_("Fecha"))

    class Meta:
        model = AccompanimentSession
        fields = ["kind", "day", "start_time", "modality", "place", "minutes", "people", *SEXES, "product"]
        widgets = {
            "start_time": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "product": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {"product": _("Qué quedó hecho: un índice, una tabla, un acta.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("request_key", uuid.uuid4())
        self.initial["version"] = self.instance.version
        at_most(self.fields["people"], MOST_PEOPLE, _("Una sesión no tiene tantas personas: revise el número."))

    def _get_validation_exclusions(self) -> set[str]:
        """Without the rule about the total: the service completes the counts of people before they are compared."""
        return {*super()._get_validation_exclusions(), "people"}  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        day = cleaned.get("day")
        said = cleaned.get("minutes") or cleaned.get("people") is not None
        if day is not None and day > timezone.localdate() and said:
            self.add_error("day", _("Ese día todavía no llega: los minutos y las personas se escriben después."))
        return cleaned


class AgreementRow(RowForm):
    wide = ("text",)
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(label=_("Acuerdo"), max_length=400)
    side = forms.ChoiceField(label=_("A cargo de"), choices=Side.choices, initial=Side.INSTITUTE)
    responsible = forms.CharField(label=_("Responsable (área o cargo)"), max_length=160, required=False)
    due_on = DayField(label=_("Para el día"), required=False)


AgreementSet = row_set(AgreementRow, title=_("Acuerdos"))


def session_editor(
    *, session: AccompanimentSession | None, data: MultiValueDict[str, str] | None = None, initial: Any = None
) -> Editor:
    stored: list[dict[str, Any]] = []
    if session is not None:
        columns = ("id", "text", "side", "responsible", "due_on")
        stored = list(SessionAgreement.objects.filter(session=session).values(*columns))
    form = SessionForm(data, instance=session, initial=initial)
    return Editor(form=form, lists={"agreements": (AgreementSet, stored, {})}, data=data)


class DocumentForm(UploadFields):
    field_order = ["title", "file"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = True


class VersionForm(DocumentForm):
    """The next version of the instrument under review."""

    note = forms.CharField(
        label=_("Qué cambió o qué se quiere saber"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    field_order = ["title", "file", "note"]


class DecisionForm(VersionedForm):
    comment = forms.CharField(
        label=_("Comentario para el municipio"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Necesario para no aceptar: por qué."),
    )  # fmt: skip


class AssignForm(VersionedForm):
    people = ManyField(User.objects.none(), label=_("Personal del instituto"), required=False)
    experts = ManyField(Expert.objects.none(), label=_("Personas expertas"), required=False)

    def __init__(self, *args: Any, people: QuerySet[User], experts: QuerySet[Expert], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("people", people), ("experts", experts)):
            self.fields[name].queryset = rows
            self.fields[name].choices = [(row.pk, str(row)) for row in rows]


class ClosingForm(VersionedForm, UploadFields):
    result = forms.CharField(
        label=_("Resultado"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Qué logró el municipio y qué queda por hacer. Lo confirma el municipio."),
    )  # fmt: skip
    field_order = ["result", "title", "file"]


class ReasonForm(VersionedForm):
    reason = forms.CharField(
        label=_("Motivo"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class RecommendationRow(RowForm):
    wide = ("text",)
    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    section = forms.CharField(label=_("Sección o página"), max_length=120)
    priority = forms.ChoiceField(label=_("Prioridad"), choices=Priority.choices, initial=Priority.MEDIUM)
    text = forms.CharField(label=_("Recomendación"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


RecommendationSet = row_set(RecommendationRow, title=_("Recomendaciones"), can_order=True)


def recommendation_editor(*, round_: ReviewRound, data: MultiValueDict[str, str] | None = None) -> Editor:
    stored = list(Recommendation.objects.filter(round=round_).values("id", "section", "text", "priority"))
    form = VersionedForm(data, initial={"version": round_.version})
    return Editor(form=form, lists={"rows": (RecommendationSet, stored, {})}, data=data)


class ReplyForm(VersionedForm):
    """An answer and its words for each recommendation of a round."""

    def __init__(self, *args: Any, rows: Iterable[Recommendation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = list(rows)
        choices = [("", _("Sin respuesta todavía")), *Reply.choices]
        for row in self.rows:
            self.fields[f"reply_{row.pk}"] = forms.ChoiceField(
                label=_("Respuesta"), choices=choices, required=False, initial=row.reply
            )
            self.fields[f"text_{row.pk}"] = forms.CharField(
                label=_("Qué se hizo o por qué no"), max_length=2000, required=False, initial=row.reply_text,
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip

    def with_fields(self) -> list[tuple[Recommendation, forms.BoundField, forms.BoundField]]:
        return [(row, self[f"reply_{row.pk}"], self[f"text_{row.pk}"]) for row in self.rows]

    def replies(self) -> dict[int, tuple[str, str]]:
        given = self.cleaned_data
        return {row.pk: (given[f"reply_{row.pk}"], given[f"text_{row.pk}"]) for row in self.rows}


def reply_editor(*, round_: ReviewRound, data: MultiValueDict[str, str] | None = None) -> Editor:
    form = ReplyForm(data, rows=round_.recommendations.all(), initial={"version": round_.version})
    return Editor(form=form, lists={}, data=data)


class ExpertForm(forms.ModelForm):
    consent_on = DayField(
        label=_("Consintió que los municipios vean su nombre el"), required=False,
        help_text=_("Sin esta fecha los municipios leen solo su institución."),
    )  # fmt: skip

    class Meta:
        model = Expert
        fields = ["name", "institution", "sector", "topics", "consent_on", "is_active"]


class AccompanimentFilter(forms.Form):
    """The filters of a list of accompaniments. ``overdue`` are the files in which something is late."""

    q = forms.CharField(label=_("Palabras"), required=False, max_length=80)
    estado = forms.ChoiceField(
        label=_("Estado"), choices=[("", _("Todos")), *AccompanimentState.choices], required=False
    )
    instrumento = forms.ChoiceField(label=_("Instrumento"), required=False)
    etapa = forms.ChoiceField(label=_("Etapa"), choices=[("", _("Todas")), *Stage.choices], required=False)
    municipio = forms.ChoiceField(label=_("Municipio"), required=False)
    region = forms.ChoiceField(label=_("Región"), required=False)
    asignado = forms.ChoiceField(label=_("A cargo de"), required=False)
    vencido = forms.BooleanField(label=_("Solo con algo vencido"), required=False)
    columns = {
        "estado": "state", "instrumento": "instrument__code", "etapa": "stage",
        "municipio": "municipality__slug", "region": "municipality__region__slug", "asignado": "assignees",
    }  # fmt: skip

    def __init__(self, data: Any, *, people: QuerySet[User] | None = None) -> None:
        super().__init__(data)
        self.fields["instrumento"].choices = [
            ("", _("Todos")), *((row.code, row.label) for row in Instrument.objects.all())
        ]  # fmt: skip
        if people is None:
            for name in ("municipio", "region", "asignado"):
                del self.fields[name]
            return
        places = Municipality.objects.order_by("sort_name").values_list("slug", "name")
        self.fields["municipio"].choices = [("", _("Todos")), *places]
        self.fields["region"].choices = [("", _("Todas")), *Region.objects.values_list("slug", "name")]
        self.fields["asignado"].choices = [("", _("Cualquiera")), *((str(row.pk), str(row)) for row in people)]

    def apply(self, files: AccompanimentQuerySet, overdue: Iterable[int]) -> AccompanimentQuerySet:
        """What matches; a filter that makes no sense filters nothing."""
        self.is_valid()
        given = self.cleaned_data
        if words := given.get("q"):
            files = files.filter(words_filter(words))
        for name, column in self.columns.items():
            if value := given.get(name):
                files = files.filter(**{column: value})
        if given.get("vencido"):
            files = files.filter(pk__in=set(overdue))
        return files


class AgendaFilter(forms.Form):
    """Whose agenda, and of which month; without one, of this month and the weeks that follow."""

    asignado = forms.ChoiceField(label=_("A cargo de"), required=False)
    mes = forms.DateField(input_formats=["%Y-%m"], widget=forms.HiddenInput, required=False, validators=[check_year])

    def __init__(self, data: Any, *, people: QuerySet[User]) -> None:
        super().__init__(data)
        self.fields["asignado"].choices = [("", _("Todo el instituto")), *((str(row.pk), str(row)) for row in people)]

    def apply(self, files: AccompanimentQuerySet) -> AccompanimentQuerySet:
        """Of whom was chosen; what makes no sense filters nothing."""
        self.is_valid()
        chosen = self.cleaned_data.get("asignado")
        return files.filter(assignees=chosen) if chosen else files

    def days(self) -> tuple[datetime.date, datetime.date]:
        """The first and the last day to show."""
        self.is_valid()
        today = timezone.localdate()
        chosen: datetime.date | None = self.cleaned_data.get("mes")
        first = (chosen or today).replace(day=1)
        end = (first + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
        return first, end if chosen else max(end, today + WEEKS_AHEAD)
