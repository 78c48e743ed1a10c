"""The planning instruments that a municipality is accompanied with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from network.models.vocabulary import Translated

# The one that stands for all that the list does not name: whoever picks it says which.
OTHER_INSTRUMENT = "other"


class Instrument(Translated):
    """A planning instrument by its kind (Promacc, PMDU, atlas de riesgos; PMDOT and PUGS of document 002)."""

    code = models.SlugField(max_length=40, unique=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order"]
        verbose_name = _("instrumento de planeación")
        verbose_name_plural = _("instrumentos de planeación")

    @property
    def is_other(self) -> bool:
        return self.code == OTHER_INSTRUMENT
