"""What is done with a list: a view kept under a name, several actions at once, an export."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from actions.enums import ActionList, DeadlineKind
from actions.forms.fields import LongTextField
from actions.models import SavedView
from municipalities.models import Municipality
from network.models import Sector, User

MOST_AT_ONCE = 100


class CrfForm(forms.Form):
    municipio = forms.ModelChoiceField(
        label=_("Municipio"),
        queryset=Municipality.objects.only("slug", "name", "sort_name"),
        to_field_name="slug",
        required=False,
        empty_label=_("Todos los municipios"),
    )


class OverdueFilter(forms.Form):
    """What the board of overdue actions is narrowed by; named as in the query."""

    zona = forms.ChoiceField(label=_("Zona"), required=False)
    region = forms.ChoiceField(label=_("Región"), required=False)
    municipio = forms.ChoiceField(label=_("Municipio"), required=False)
    sector = forms.ChoiceField(label=_("Sector"), required=False)
    que = forms.ChoiceField(label=_("Qué se atrasó"), required=False, choices=[("", _("Todo")), *DeadlineKind.choices])

    def __init__(self, data: Any, *, places: Sequence[Municipality], sectors: Iterable[Sector]) -> None:
        """``places`` with their regions."""
        super().__init__(data)
        regions = {place.region.pk: place.region for place in places}.values()
        zones = sorted({(region.zone_number, region.zone) for region in regions})
        offered = {
            "zona": [("", _("Todas")), *((str(number), name) for number, name in zones)],
            "region": [("", _("Todas")), *sorted((region.slug, region.name) for region in regions)],
            "municipio": [("", _("Todos")), *((place.slug, place.name) for place in places)],
            "sector": [("", _("Todos")), *((sector.code, sector.label) for sector in sectors)],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices

    def keeps(self, place: Municipality, sector: Sector, kind: str) -> bool:
        """Whether a late action of such a place, sector and kind is asked for. A wrong choice narrows nothing."""
        wanted = self.cleaned_data
        facts = {
            "zona": str(place.region.zone_number), "region": place.region.slug, "municipio": place.slug,
            "sector": sector.code, "que": kind,
        }  # fmt: skip
        return all(not wanted.get(name) or wanted[name] == value for name, value in facts.items())


class SavedViewForm(forms.Form):
    """Keep the filters and columns in force under a name; a name that is taken takes the new ones."""

    name = forms.CharField(label=_("Nombre de la vista"), max_length=60)
    is_default = forms.BooleanField(label=_("Abrir la lista con esta vista"), required=False)
    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=1000)

    # What is of one visit and not of the view.
    PASSING = frozenset({"pagina", "vista", "csrfmiddlewaretoken"})

    def __init__(self, *args: Any, user: User, which: ActionList, **kwargs: Any) -> None:
        self.user, self.which = user, which
        super().__init__(*args, **kwargs)

    def clean_query(self) -> str:
        pairs = parse_qsl(self.cleaned_data["query"])
        return urlencode([(name, value) for name, value in pairs if name not in self.PASSING])

    def clean(self) -> None:
        own = SavedView.objects.filter(user=self.user, list=self.which)
        name = self.cleaned_data.get("name")
        if name and not own.filter(name=name).exists() and own.count() >= SavedView.MOST:
            many = ngettext_lazy("Ya tiene %(n)d vista: quite alguna.", "Ya tiene %(n)d vistas: quite alguna.", "n")
            self.add_error("name", many % {"n": SavedView.MOST})


class BulkStep(TextChoices):
    """What staff do with several actions at once; each is what they may do with one."""

    VALIDATE = "validate", _("Validar y publicar las que esperan revisión")
    PUBLISH = "publish", _("Publicar las que ya están validadas")
    RETURN = "return", _("Devolver al municipio con un comentario")
    ASK = "ask", _("Pedir su seguimiento por correo al municipio")


class BulkForm(forms.Form):
    """Rows as ``id-version``: what changed since the list was drawn is not touched."""

    fila = forms.MultipleChoiceField(widget=forms.MultipleHiddenInput, required=False)
    step = forms.ChoiceField(label=_("Qué se hace con ellas"), choices=BulkStep.choices, widget=forms.RadioSelect)
    comment = LongTextField(
        label=_("Comentario para los municipios"),
        required=False,
        max_length=2000,
        rows=3,
        help_text=_("Necesario para devolver: es el mismo para todas."),
    )

    def __init__(self, *args: Any, rows: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fila"].choices = [(row, row) for row in rows]
        self.fields["fila"].initial = rows

    def clean(self) -> None:
        given = self.cleaned_data
        if given.get("step") == BulkStep.RETURN and not given.get("comment"):
            self.add_error("comment", _("Diga qué falta o qué hay que corregir."))
