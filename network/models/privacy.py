"""Versions of the privacy notice."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PrivacyNotice(models.Model):
    """A version of the privacy notice; consents point to the version that was shown. The text is Markdown."""

    version = models.CharField(_("versión"), max_length=20, unique=True)
    published_on = models.DateField(_("publicado el"))
    summary = models.TextField(_("resumen"))
    text = models.TextField(_("texto"))
    summary_en = models.TextField(_("resumen en inglés"), blank=True)
    text_en = models.TextField(_("texto en inglés"), blank=True)

    class Meta:
        ordering = ["-published_on", "-pk"]
        get_latest_by = ["published_on", "pk"]
        verbose_name = _("aviso de privacidad")
        verbose_name_plural = _("avisos de privacidad")

    def __str__(self) -> str:
        return self.version
