"""Scope and period: as filters of a public page, and as what staff ask a report for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.figures import Period, Place, Scope, scope_in
from municipalities.models import Region
from network.enums import ProgrammeState
from network.figures import EXPIRED, NONE, SUPLENTE_ONLY, TITULAR
from reports.figures import state_scope
from reports.models import IssuedReport, ReportScope

# How a municipality is represented, in words.
STANDINGS = {
    TITULAR: gettext_lazy("Con titular"),
    SUPLENTE_ONLY: gettext_lazy("Solo suplente"),
    EXPIRED: gettext_lazy("Vencida"),
    NONE: gettext_lazy("Sin designación"),
}
# Of a municipality's programme nothing was written down.
UNKNOWN = "unknown"


def date_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class ResultsFilter(forms.Form):
    """The filters of ``/resultados/``; named as in the query. Nothing chosen: the whole state, everything."""

    region = forms.ChoiceField(label=gettext_lazy("Región"), required=False)
    municipio = forms.ChoiceField(label=gettext_lazy("Municipio"), required=False)
    desde = forms.DateField(label=gettext_lazy("Desde"), required=False, widget=date_input())
    hasta = forms.DateField(label=gettext_lazy("Hasta"), required=False, widget=date_input())

    def __init__(self, data: Any, *, places: Sequence[Place]) -> None:
        super().__init__(data)
        self.places = places
        regions = sorted({(place.region, place.region_slug) for place in places})
        self.fields["region"].choices = [("", _("Todas")), *((slug, name) for name, slug in regions)]
        self.fields["municipio"].choices = [("", _("Todos")), *((place.slug, place.name) for place in places)]

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
        return data

    @property
    def scope(self) -> Scope:
        data = self.cleaned_data
        found = scope_in(
            self.places, state_scope().label, region=data.get("region", ""), municipality=data.get("municipio", "")
        )
        return found or state_scope()

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


class ReportForm(forms.ModelForm):
    """What a report is asked for. Region and municipality are needed only for their own scope."""

    sections = [
        (gettext_lazy("De qué territorio"), ["scope", "region", "municipality"]),
        (gettext_lazy("De qué periodo"), gettext_lazy("Los dos días se incluyen."), ["starts_on", "ends_on"]),
        (gettext_lazy("Cómo se escribe"), ["language"]),
    ]

    class Meta:
        model = IssuedReport
        fields = ["scope", "region", "municipality", "starts_on", "ends_on", "language"]
        widgets = {
            "scope": forms.RadioSelect,
            "starts_on": date_input(),
            "ends_on": date_input(),
            "language": forms.RadioSelect,
        }
        help_texts = {
            "region": gettext_lazy("Solo si el informe es de una región."),
            "municipality": gettext_lazy("Solo si el informe es de un municipio."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["scope"].choices = ReportScope.choices
        self.fields["language"].choices = IssuedReport._meta.get_field("language").choices
        self.fields["region"].empty_label = self.fields["municipality"].empty_label = _("Ninguno")
        self.initial.setdefault("starts_on", today.replace(month=1, day=1))
        self.initial.setdefault("ends_on", today)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        scope = data.get("scope")
        for value, name, sentence in (
            (ReportScope.REGION, "region", _("Elija la región del informe.")),
            (ReportScope.MUNICIPALITY, "municipality", _("Elija el municipio del informe.")),
        ):
            if scope != value:
                data[name] = (
                    None  # what belongs to another scope is left aside, so it does not have to be emptied by hand
                )
            elif data.get(name) is None and name not in self.errors:
                self.add_error(name, sentence)
        start, end = data.get("starts_on"), data.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", _("El periodo termina antes de empezar: revise las dos fechas."))
        return data

    def validate_constraints(self) -> None:
        """Said at the fields already, in :meth:`clean`; the service checks the model's constraints again."""
