"""What actions are described with: hazards and emission factors, of the reference data."""

from dataclasses import dataclass

from django.db import models
from django.db.models import F, Value
from django.utils.translation import gettext_lazy as _

from actions.enums import EvidenceGrade
from network.models import SDG, Instrument, Translated


class Hazard(Translated):
    """A climate hazard, after INECC's ANVCC and the GCoM Common Reporting Framework."""

    code = models.SlugField(max_length=40, unique=True)
    group = models.CharField(_("grupo"), max_length=40)
    order = models.PositiveSmallIntegerField(default=0)
    applies_inland = models.BooleanField(default=True)
    source = models.CharField(_("fuente"), max_length=120)

    class Meta:
        ordering = ["order"]
        verbose_name = _("amenaza climática")
        verbose_name_plural = _("amenazas climáticas")


class EmissionFactor(models.Model):
    """A cited emission factor. ``evidence``: A notice read, B press copy of it, C value in sources that cite it."""

    code = models.SlugField(max_length=40, unique=True)
    category = models.CharField(_("categoría"), max_length=30)
    name = models.CharField(_("nombre"), max_length=160)
    value = models.DecimalField(_("valor"), max_digits=14, decimal_places=4)
    unit = models.CharField(_("unidad"), max_length=30)
    gas = models.CharField(_("gas"), max_length=10)
    year = models.PositiveSmallIntegerField(_("año"))
    source = models.CharField(_("fuente"), max_length=200)
    source_url = models.URLField(max_length=300, blank=True)
    evidence = models.CharField(_("grado de evidencia"), max_length=1, choices=EvidenceGrade)
    evidence_note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["category", "code"]
        verbose_name = _("factor de emisión")
        verbose_name_plural = _("factores de emisión")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a form of an action offers to tick or choose, besides sectors and pathways."""

    sdgs: list[SDG]
    hazards: list[Hazard]
    instruments: list[Instrument]


def vocabulary() -> Vocabulary:
    """Asked for in one query."""
    columns = ("row_kind", "place", "row_id", "words", "words_en")
    names = {"row_id": F("pk"), "words": F("name"), "words_en": F("name_en")}

    def rows(kind: str, found: models.QuerySet, place: str) -> models.QuerySet:
        return found.order_by().annotate(**names, row_kind=Value(kind), place=F(place)).values_list(*columns)

    hazards = rows("hazard", Hazard.objects.filter(applies_inland=True), "order")
    instruments = rows("instrument", Instrument.objects.all(), "order")
    found = Vocabulary([], [], [])
    for kind, place, pk, name, name_en in sorted(rows("sdg", SDG.objects.all(), "number").union(hazards, instruments)):
        row: SDG | Hazard | Instrument
        if kind == "sdg":
            found.sdgs.append(row := SDG(pk=pk, name=name, name_en=name_en, number=place))
        elif kind == "hazard":
            found.hazards.append(row := Hazard(pk=pk, name=name, name_en=name_en, order=place))
        else:
            found.instruments.append(row := Instrument(pk=pk, name=name, name_en=name_en, order=place))
        row._state.adding, row._state.db = False, hazards.db
    return found
