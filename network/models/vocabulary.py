"""What everything is sorted by: goals, pathways, sectors; and institutions."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from web.search import folded_name


class Translated(models.Model):
    """A vocabulary row with its name in Spanish and in English."""

    name = models.CharField(_("nombre"), max_length=160)
    name_en = models.CharField(_("nombre en inglés"), max_length=160, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the language of the page."""
        return self.name_en if self.name_en and (get_language() or "es").startswith("en") else self.name


class SDG(Translated):
    """A Sustainable Development Goal of the United Nations (ODS), with its official colour."""

    number = models.PositiveSmallIntegerField(unique=True)
    colour = models.CharField(max_length=7)
    text_colour = models.CharField(max_length=7)

    class Meta:
        ordering = ["number"]
        verbose_name = _("ODS")
        verbose_name_plural = _("ODS")


class Pathway(Translated):
    """One of ICLEI's five development pathways (*caminos*, document 004)."""

    code = models.SlugField(max_length=40, unique=True)
    summary = models.TextField(_("resumen"), blank=True)
    summary_en = models.TextField(_("resumen en inglés"), blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order"]
        verbose_name = _("camino")
        verbose_name_plural = _("caminos")

    @property
    def summary_label(self) -> str:
        """The summary in the language of the page."""
        english = (get_language() or "es").startswith("en")
        return self.summary_en if self.summary_en and english else self.summary


class Sector(Translated):
    """A sector of action; ``gpc_sector`` is the sector of the Global Protocol for Community-Scale GHG Inventories.

    ``entry_pathway`` is proposed as the entry pathway of what is logged in this sector.
    """

    code = models.SlugField(max_length=40, unique=True)
    scope = models.CharField(_("alcance"), max_length=20)
    gpc_sector = models.CharField(max_length=60, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    entry_pathway = models.ForeignKey(Pathway, on_delete=models.PROTECT, null=True, related_name="entry_sectors")
    pathways = models.ManyToManyField(Pathway, blank=True, related_name="sectors")
    sdgs = models.ManyToManyField(SDG, blank=True, related_name="sectors")

    class Meta:
        ordering = ["order"]
        verbose_name = _("sector")
        verbose_name_plural = _("sectores")


class Organisation(models.Model):
    """An institution that organises, supports, funds, takes part, or whose people are trained."""

    name = models.CharField(_("nombre"), max_length=200, unique=True)
    acronym = models.CharField(_("siglas"), max_length=30, blank=True)
    website = models.URLField(_("sitio"), blank=True)
    source = models.CharField(_("fuente"), max_length=40, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("institución")
        verbose_name_plural = _("instituciones")

    def __str__(self) -> str:
        return self.acronym or self.name

    @property
    def full_name(self) -> str:
        return f"{self.name} ({self.acronym})" if self.acronym else self.name

    @property
    def keys(self) -> tuple[str, ...]:
        """How people may have written it, as :func:`web.search.folded_name` compares names."""
        found = {folded_name(text) for text in (self.name, self.acronym, self.full_name)}
        return tuple(sorted(found - {""}))
