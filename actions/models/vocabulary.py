"""What actions are described with: hazards and emission factors, of the reference data."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from actions.enums import EvidenceGrade
from network.models import Translated


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
