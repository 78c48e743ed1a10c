"""Series of events, and the formats that events have."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from network.enums import OrganisationRole
from network.models import Organisation, Translated


def in_page_language(text: str, english: str) -> str:
    """The English text on an English page, where there is one; else the Spanish one."""
    return english if english and (get_language() or "es").startswith("en") else text


class Format(Translated):
    """The kind of an event (taller, webinar, GAAD …). Accompaniment and instrument review are not events."""

    code = models.SlugField(max_length=40, unique=True)
    plural = models.CharField(_("plural"), max_length=160)
    plural_en = models.CharField(_("plural en inglés"), max_length=160, blank=True)
    glyph = models.CharField(max_length=4, blank=True)
    default_modality = models.CharField(max_length=12, blank=True)
    is_individual = models.BooleanField(_("atención a un municipio"), default=False)
    counts_as_training = models.BooleanField(_("cuenta como capacitación"), default=True)
    definition = models.CharField(_("definición"), max_length=240, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order"]
        verbose_name = _("formato")
        verbose_name_plural = _("formatos")

    @property
    def plural_label(self) -> str:
        """The plural in the language of the page; on an English one without it the name."""
        return in_page_language(self.plural, self.plural_en or self.name_en)


class Series(models.Model):
    """A cycle of events with its own counters; numbering inside it runs per format (Webinar 3, GAAD 2)."""

    title = models.CharField(_("título"), max_length=200)
    title_en = models.CharField(_("título en inglés"), max_length=200, blank=True)
    slug = models.SlugField(max_length=210, unique=True, editable=False)
    summary = models.TextField(_("resumen"), max_length=3000, blank=True)
    planned_sessions = models.PositiveSmallIntegerField(_("sesiones anunciadas"), null=True, blank=True)
    topics = models.CharField(_("temas"), max_length=300, blank=True, help_text=_("Separados por comas."))
    period = models.CharField(_("periodo"), max_length=120, blank=True)
    note = models.TextField(_("nota sobre la fuente"), max_length=1000, blank=True)
    source = models.CharField(_("fuente"), max_length=40, blank=True)
    uid = models.UUIDField(null=True, unique=True, editable=False)  # of the form that made it
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    sources: "list[SeriesOrganiser]"  # only of rows of the library

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("ciclo")
        verbose_name_plural = _("ciclos")

    def __str__(self) -> str:
        return self.title

    @property
    def label(self) -> str:
        """The title in the language of the page."""
        return in_page_language(self.title, self.title_en)

    @property
    def topic_list(self) -> list[str]:
        return [topic.strip() for topic in self.topics.split(",") if topic.strip()]


class SeriesOrganiser(models.Model):
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="organisers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, verbose_name=_("institución"))
    role = models.CharField(_("papel"), max_length=14, choices=OrganisationRole)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "organisation", "role"],
                name="events_series_organiser_once",
                violation_error_message=_("Esa institución ya está con ese papel."),
            )
        ]
