"""The territory: facts loaded from reference data, with no page of their own."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Region(models.Model):
    """A region of the state's own regionalisation, grouped in zones."""

    number = models.PositiveSmallIntegerField(_("número"), unique=True)
    name = models.CharField(_("nombre"), max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    zone_number = models.PositiveSmallIntegerField(_("número de zona"))
    zone = models.CharField(_("zona"), max_length=80)

    class Meta:
        ordering = ["number"]
        verbose_name = _("región")
        verbose_name_plural = _("regiones")

    def __str__(self) -> str:
        return self.name


class MetropolitanZone(models.Model):
    """A metropolitan zone as delimited in one year; delimitations of different years coexist."""

    name = models.CharField(_("nombre"), max_length=120)
    kind = models.CharField(_("tipo"), max_length=60, blank=True)
    delimitation_year = models.PositiveSmallIntegerField(_("año de la delimitación"))
    municipalities: "models.ManyToManyField[Municipality, models.Model]" = models.ManyToManyField(
        "Municipality", related_name="metropolitan_zones", verbose_name=_("municipios")
    )

    class Meta:
        ordering = ["-delimitation_year", "name"]
        verbose_name = _("zona metropolitana")
        verbose_name_plural = _("zonas metropolitanas")
        constraints = [models.UniqueConstraint(fields=["delimitation_year", "name"], name="municipalities_zone_unique")]

    def __str__(self) -> str:
        return f"{self.name} ({self.delimitation_year})"


class Municipality(models.Model):
    """One municipality. Population by the 2020 census, area in km², coordinates in WGS84 degrees.

    ``vulnerability_level`` follows INECC's ANVCC: 1 vulnerable, 2 more, 3 the most; null where it names none.
    """

    cvegeo = models.CharField(_("clave INEGI"), max_length=5, unique=True)
    name = models.CharField(_("nombre"), max_length=80)
    alternative_name = models.CharField(_("otro nombre"), max_length=80, blank=True)
    slug = models.SlugField(max_length=80, unique=True)
    seat = models.CharField(_("cabecera"), max_length=80)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, related_name="municipalities", verbose_name=_("región")
    )
    population = models.PositiveIntegerField(_("población 2020"))
    population_women = models.PositiveIntegerField(_("mujeres 2020"))
    population_men = models.PositiveIntegerField(_("hombres 2020"))
    area_km2 = models.DecimalField(_("superficie (km²)"), max_digits=8, decimal_places=2)
    seat_latitude = models.DecimalField(max_digits=9, decimal_places=6)
    seat_longitude = models.DecimalField(max_digits=9, decimal_places=6)
    vulnerability_level = models.PositiveSmallIntegerField(_("nivel de vulnerabilidad (ANVCC)"), null=True, blank=True)
    tile_column = models.PositiveSmallIntegerField()
    tile_row = models.PositiveSmallIntegerField()
    boundary = models.JSONField(_("polígono"), null=True, blank=True)
    sort_name = models.CharField(max_length=80, editable=False, db_index=True)
    search_text = models.CharField(max_length=400, editable=False, default="")

    class Meta:
        ordering = ["sort_name"]
        verbose_name = _("municipio")
        verbose_name_plural = _("municipios")
        constraints = [
            models.UniqueConstraint(fields=["tile_column", "tile_row"], name="municipalities_tile_unique"),
            models.CheckConstraint(
                condition=models.Q(vulnerability_level__isnull=True) | models.Q(vulnerability_level__range=(1, 3)),
                name="municipalities_vulnerability_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name
