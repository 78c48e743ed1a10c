"""Scope and period: as filters of a public page, and as what staff ask a report for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import CharField, Value
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from actions.models import Hazard
from events.rules import visible_series
from municipalities.figures import Period, Place, Scope, scope_in
from municipalities.models import Region
from network.enums import ProgrammeState
from network.figures import EXPIRED, NONE, SUPLENTE_ONLY, TITULAR, UNKNOWN, Institution
from network.models import Organisation, Pathway, Sector
from network.rules import AnyUser
from reports.figures import state_scope
from reports.models import (
    LANGUAGES,
    MAX_SHORT_TEXT,
    MUNICIPAL_KINDS,
    SUBJECTS,
    Every,
    IssuedReport,
    ReportBatch,
    ReportKind,
    ReportLength,
    ReportSchedule,
    ReportScope,
)
from trainings.rules import visible_trainings

# How a municipality is represented, in words.
STANDINGS = {
    TITULAR: gettext_lazy("Con titular"),
    SUPLENTE_ONLY: gettext_lazy("Solo suplente"),
    EXPIRED: gettext_lazy("Vencida"),
    NONE: gettext_lazy("Sin designación"),
}
# Radio buttons without an empty one.
CHOICES = {
    "kind": ReportKind.choices,
    "scope": ReportScope.choices,
    "length": ReportLength.choices,
    "language": LANGUAGES,
}
# The only scope of some documents.
NEEDED = {
    "actions": ("municipality", gettext_lazy("El informe de acciones es de un municipio: elija ese ámbito.")),
    "network": ("state", gettext_lazy("El informe de la red es de toda la entidad: elija ese ámbito.")),
}
# What is said where the subject of a report's scope is missing.
MISSING = {
    "region": gettext_lazy("Elija la región del informe."),
    "zone": gettext_lazy("Elija la zona metropolitana del informe."),
    "municipality": gettext_lazy("Elija el municipio del informe."),
    "series": gettext_lazy("Elija el ciclo del informe."),
    "training": gettext_lazy("Elija la capacitación del informe."),
    "institution": gettext_lazy("Elija la institución del informe."),
}


def date_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


@dataclass(frozen=True)
class Programme:
    """A series or a training that figures can be about."""

    pk: int
    slug: str
    label: str


@dataclass(frozen=True)
class Programmes:
    """What figures can be about besides a territory, as far as a person may see it; each by its name."""

    series: tuple[Programme, ...]
    trainings: tuple[Programme, ...]
    registered: tuple[Institution, ...]


def programmes(user: AnyUser) -> Programmes:
    """One query."""
    text, english = CharField(), (get_language() or "es").startswith("en")
    none = Value("", text)
    parts = [
        visible_series(user).order_by().values_list(Value("series", text), "pk", "slug", "title", "title_en"),
        visible_trainings(user).order_by().values_list(Value("training", text), "pk", "slug", "title", none),
        Organisation.objects.order_by().values_list(Value("institution", text), "pk", none, "name", "acronym"),
    ]
    found: dict[str, list[Any]] = {"series": [], "training": [], "institution": []}
    for kind, pk, slug, name, more in sorted(parts[0].union(*parts[1:], all=True), key=lambda row: (row[3], row[1])):
        if kind == "institution":
            row = Organisation(name=name, acronym=more)
            found[kind].append(Institution(pk, row.full_name, row.keys))
        else:
            found[kind].append(Programme(pk, slug, (english and more) or name))
    return Programmes(tuple(found["series"]), tuple(found["training"]), tuple(found["institution"]))


class ResultsFilter(forms.Form):
    """The filters of ``/resultados/`` and of the institute's figures; named as in the query. Nothing chosen: the whole
    state, everything. One scope at a time; a municipality may stand beside its own region."""

    region = forms.ChoiceField(label=gettext_lazy("Región"), required=False)
    zona = forms.ChoiceField(label=gettext_lazy("Zona metropolitana"), required=False)
    municipio = forms.ChoiceField(label=gettext_lazy("Municipio"), required=False)
    ciclo = forms.ChoiceField(label=gettext_lazy("Ciclo"), required=False)
    capacitacion = forms.ChoiceField(label=gettext_lazy("Capacitación"), required=False)
    institucion = forms.ChoiceField(label=gettext_lazy("Institución"), required=False)
    desde = forms.DateField(label=gettext_lazy("Desde"), required=False, widget=date_input())
    hasta = forms.DateField(label=gettext_lazy("Hasta"), required=False, widget=date_input())

    def __init__(self, data: Any, *, places: Sequence[Place], among: Programmes) -> None:
        super().__init__(data)
        self.places, self.among = places, among
        regions = sorted({(place.region, place.region_slug) for place in places})
        zones = sorted({(place.zone, str(place.zone_id)) for place in places if place.zone_id is not None})
        choices: dict[str, list[tuple[str, str]]] = {
            "region": [("", _("Todas")), *((slug, name) for name, slug in regions)],
            "zona": [("", _("Todas")), *((pk, name) for name, pk in zones)],
            "municipio": [("", _("Todos")), *((place.slug, place.name) for place in places)],
            "ciclo": [("", _("Todos")), *((row.slug, row.label) for row in among.series)],
            "capacitacion": [("", _("Todas")), *((row.slug, row.label) for row in among.trainings)],
            "institucion": [("", _("Todas")), *((str(row.pk), row.label) for row in among.registered)],
        }
        for name, found in choices.items():
            self.fields[name].choices = found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("desde"), data.get("hasta")
        if start and end and end < start:
            self.add_error("hasta", _("El periodo termina antes de empezar: revise las dos fechas."))
        region, municipality = data.get("region"), data.get("municipio")
        place = next((place for place in self.places if place.slug == municipality), None)
        if region and place and place.region_slug != region:
            self.add_error(
                "municipio",
                _("%(municipality)s está en la región %(region)s: elija una de las dos cosas.")
                % {"municipality": place.name, "region": place.region},
            )
        chosen = [name for name in ("zona", "ciclo", "capacitacion", "institucion") if data.get(name)]
        if len(chosen) + bool(region or municipality) > 1:
            self.add_error(chosen[-1], _("Las cifras son de una sola cosa a la vez: deje solo este filtro, o quítelo."))
        return data

    @property
    def scope(self) -> Scope:
        data = self.cleaned_data
        for kind, field, rows in (
            ("series", "ciclo", self.among.series), ("training", "capacitacion", self.among.trainings),
        ):  # fmt: skip
            if slug := data.get(field):
                found = next(row for row in rows if row.slug == slug)
                return Scope(kind, found.label, found.pk)
        if pk := data.get("institucion"):
            row = next(row for row in self.among.registered if str(row.pk) == pk)
            return Scope("institution", row.label, row.pk, keys=row.keys)
        places = {"region": "region", "municipality": "municipio", "zone": "zona"}
        chosen = {name: data.get(field) or "" for name, field in places.items()}
        return scope_in(self.places, state_scope().label, **chosen) or state_scope()

    @property
    def period(self) -> Period:
        return Period(self.cleaned_data.get("desde"), self.cleaned_data.get("hasta"))


class DirectoryFilter(forms.Form):
    """What the staff's directory of municipalities is narrowed by; named as in the query."""

    q = forms.CharField(
        label=gettext_lazy("Municipio, persona u oficina"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    zona = forms.ChoiceField(label=gettext_lazy("Zona"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("Región"), required=False)
    designacion = forms.ChoiceField(
        label=gettext_lazy("Designación"), required=False, choices=[("", gettext_lazy("Todas")), *STANDINGS.items()]
    )
    programa = forms.ChoiceField(
        label=gettext_lazy("Programa climático"),
        required=False,
        choices=[("", gettext_lazy("Todos")), *ProgrammeState.choices, (UNKNOWN, gettext_lazy("Sin dato"))],
    )

    def __init__(self, data: Any, *, regions: Sequence[Region]) -> None:
        super().__init__(data)
        zones = sorted({(region.zone_number, region.zone) for region in regions})
        self.fields["zona"].choices = [("", _("Todas")), *((str(number), name) for number, name in zones)]
        self.fields["region"].choices = [("", _("Todas")), *((region.slug, region.name) for region in regions)]


class ComparisonForm(forms.Form):
    """What the municipalities that are compared work on; named as in the query."""

    sector = forms.ChoiceField(label=gettext_lazy("Sector"), required=False)
    camino = forms.ChoiceField(label=gettext_lazy("Camino de entrada"), required=False)
    amenaza = forms.ChoiceField(label=gettext_lazy("Amenaza que atienden"), required=False)

    def __init__(
        self, data: Any, *, sectors: Iterable[Sector], pathways: Iterable[Pathway], hazards: Iterable[Hazard]
    ) -> None:
        super().__init__(data)
        for name, rows, nothing in (
            ("sector", sectors, _("Todos")),
            ("camino", pathways, _("Todos")),
            ("amenaza", hazards, _("Todas")),
        ):
            self.fields[name].choices = [("", nothing), *((row.code, row.label) for row in rows)]


class ReportTexts(forms.ModelForm):
    """What staff write into a report."""

    class Meta:
        model = IssuedReport
        fields = ["introduction", "results", "next_steps"]
        widgets: dict[str, Any] = {name: forms.Textarea(attrs={"rows": 5}) for name in fields}
        help_texts = {
            "introduction": gettext_lazy("Abre el informe. Se puede usar Markdown: **negritas**, listas y enlaces."),
            "results": gettext_lazy("Lo que las cifras no dicen: acuerdos, aprendizajes, casos."),
            "next_steps": gettext_lazy("Lo que sigue, con quién y para cuándo."),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (data.get("length") or self.instance.length) == ReportLength.SHORT:
            for name in ReportTexts.Meta.fields:
                if len(data.get(name) or "") > MAX_SHORT_TEXT:
                    sentence = _("En el informe corto caben %(most)s caracteres: acorte el texto o elija el completo.")
                    self.add_error(name, sentence % {"most": MAX_SHORT_TEXT})
        return data

    def validate_constraints(self) -> None:
        """Said at the fields already, in :meth:`clean`; the service checks the model's constraints again."""


class ReportForm(ReportTexts):
    """What a report is asked for. Its subject is needed only for its own scope."""

    sections = [
        (
            gettext_lazy("De qué se informa"),
            gettext_lazy("Elija el documento, el ámbito y, abajo, cuál."),
            ["kind", "scope", *SUBJECTS],
        ),
        (
            gettext_lazy("De qué periodo"),
            gettext_lazy("Los dos días se incluyen."),
            ["starts_on", "ends_on", "compares"],
        ),
        (gettext_lazy("Cómo se escribe"), ["length", "language"]),
        (
            gettext_lazy("Textos"),
            gettext_lazy("Se guardan con el informe y no cambian después."),
            ReportTexts.Meta.fields,
        ),
    ]

    asked_when = {name: ("scope", name) for name in SUBJECTS}

    class Meta(ReportTexts.Meta):
        fields = [
            "kind", "scope", *SUBJECTS, "starts_on", "ends_on", "compares", "length", "language",
            *ReportTexts.Meta.fields,
        ]  # fmt: skip
        widgets = ReportTexts.Meta.widgets | {
            "kind": forms.RadioSelect,
            "scope": forms.RadioSelect,
            "starts_on": date_input(),
            "ends_on": date_input(),
            "length": forms.RadioSelect,
            "language": forms.RadioSelect,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        for name, choices in CHOICES.items():
            self.fields[name].choices = choices
        for name in SUBJECTS:
            self.fields[name].empty_label = _("Ninguno")
        self.initial.setdefault("starts_on", today.replace(month=1, day=1))
        self.initial.setdefault("ends_on", today)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        needed = NEEDED.get(data.get("kind", ""))
        if needed and data.get("scope") != needed[0]:
            self.add_error("scope", needed[1])
        for name in SUBJECTS:
            if data.get("scope") != name:
                data[name] = None  # what belongs to another scope is left aside: nobody has to empty it by hand
            elif data.get(name) is None and name not in self.errors:
                self.add_error(name, MISSING[name])
        start, end = data.get("starts_on"), data.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", _("El periodo termina antes de empezar: revise las dos fechas."))
        return data


class CorrectionForm(ReportTexts):
    """Why an issued report is counted again, and what its texts say then."""

    field_order = ["reason"]

    reason = forms.CharField(
        label=gettext_lazy("Qué se corrigió y por qué"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Se imprime en la nueva versión, junto a cada línea que cambia, y es público."),
    )


class PeriodForm(forms.ModelForm):
    """Two days, the second not before the first; the last quarter that is over, where nothing was typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        end = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)
        begins = end.replace(month=(end.month - 1) // 3 * 3 + 1, day=1)
        self.initial.setdefault("starts_on", begins)
        self.initial.setdefault("ends_on", end)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("starts_on"), data.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", _("El periodo termina antes de empezar: revise las dos fechas."))
        return data

    def validate_constraints(self) -> None:
        """Said at the field already; the service checks the model's constraints again."""


class OwnReportForm(PeriodForm):
    """What a liaison asks for: the report of the own municipality's actions."""

    class Meta:
        model = IssuedReport
        fields = ["starts_on", "ends_on", "language"]
        widgets = {"starts_on": date_input(), "ends_on": date_input(), "language": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = LANGUAGES


class BatchForm(PeriodForm):
    """A report for every municipality."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    class Meta:
        model = ReportBatch
        fields = ["kind", "starts_on", "ends_on", "length", "language"]
        widgets = {
            "kind": forms.RadioSelect,
            "starts_on": date_input(),
            "ends_on": date_input(),
            "length": forms.RadioSelect,
            "language": forms.RadioSelect,
        }
        help_texts = {"length": gettext_lazy("El corto es solo del informe de capacidades.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in MUNICIPAL_KINDS]
        for name in ("length", "language"):
            self.fields[name].choices = CHOICES[name]

    def clean_key(self) -> str:
        return str(self.cleaned_data["key"])


class ScheduleForm(forms.ModelForm):
    """Which document is made by itself for every municipality, and how often."""

    class Meta:
        model = ReportSchedule
        fields = ["every", "language"]
        widgets = {"every": forms.RadioSelect, "language": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["every"].choices = Every.choices
        self.fields["language"].choices = LANGUAGES

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data |= {"kind": ReportKind.ACTIONS.value, "length": ReportLength.FULL.value}
        return data

    def validate_constraints(self) -> None:
        """The service checks them: half of the row is not typed here."""
