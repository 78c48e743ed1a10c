"""What the installation is: one row that staff edit, so that another state needs no change of code."""

from django.conf import settings
from django.core.cache import cache
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

CACHE_KEY = "web.installation"
hex_colour = RegexValidator(r"^#[0-9A-Fa-f]{6}$", _("Escriba el color como #RRGGBB."))


class Installation(models.Model):
    """Identity of this portal. There is one row; :meth:`current` gives it (defaults when none was saved)."""

    name = models.CharField(_("nombre de la red"), max_length=120, default="Red de Embajadores Climáticos")
    short_name = models.CharField(_("nombre corto"), max_length=40, default="Red Climática")
    state_name = models.CharField(_("entidad"), max_length=80, default="Estado de México")
    institution_name = models.CharField(
        _("institución responsable"), max_length=160, default="Instituto Estatal de Energía y Cambio Climático"
    )
    institution_acronym = models.CharField(_("siglas"), max_length=20, default="IEECC", blank=True)
    tagline = models.CharField(
        _("la red en una frase"),
        max_length=240,
        default=(
            "Cada municipio designa a una persona que coordina, ejecuta y da seguimiento a sus acciones climáticas."
        ),
    )
    contact_email = models.EmailField(_("correo de contacto"), default="red.demo@ieecc.example")
    contact_phone = models.CharField(_("teléfono de contacto"), max_length=40, blank=True)
    contact_address = models.CharField(_("domicilio"), max_length=240, blank=True)
    time_zone = models.CharField(_("zona horaria"), max_length=64, default="America/Mexico_City")
    primary_light = models.CharField(
        _("color principal (claro)"), max_length=7, default="#0B6B52", validators=[hex_colour]
    )
    primary_dark = models.CharField(
        _("color principal (oscuro)"), max_length=7, default="#5FCBA6", validators=[hex_colour]
    )
    accent = models.CharField(_("color de acento"), max_length=7, default="#C98A00", validators=[hex_colour])
    data_credit = models.CharField(
        _("fuente de los datos territoriales"),
        max_length=300,
        default=(
            "INEGI, Censo de Población y Vivienda 2020 y Marco Geoestadístico. "
            "Geometría simplificada por este proyecto; el INEGI no la avala."
        ),
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("instalación")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="web_installation_single_row")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Installation":
        """The row of this installation from the cache, else from the database, else the defaults."""
        row = cache.get(CACHE_KEY)
        if row is None:
            row = cls.objects.filter(pk=1).first() or cls(pk=1, time_zone=settings.TIME_ZONE)
            cache.set(CACHE_KEY, row, 300)
        return row
