"""Humans, apart from any login."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from network.enums import PersonCategory, Sex
from network.models.accounts import User
from web.search import matching


class PersonQuerySet(models.QuerySet["Person"]):
    def matching(self, words: str) -> "PersonQuerySet":
        """Every word stands in the name, the e-mail or the institution, accents and capitals aside."""
        return matching(self, words, "name", "email", "institution")


class Person(models.Model):
    """One human, apart from any login. E-mails may be shared or missing; namesakes are never joined by themselves."""

    name = models.CharField(_("nombre completo"), max_length=160)
    email = models.EmailField(_("correo electrónico"), blank=True)
    sex = models.CharField(_("sexo"), max_length=12, choices=Sex, blank=True)
    category = models.CharField(_("tipo de persona"), max_length=20, choices=PersonCategory, blank=True)
    institution = models.CharField(_("institución"), max_length=200, blank=True)
    position = models.CharField(_("cargo"), max_length=160, blank=True)
    phone = models.CharField(_("teléfono"), max_length=40, blank=True)
    municipality = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("municipio"),
    )
    user = models.OneToOneField(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="person", verbose_name=_("cuenta")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        indexes = [models.Index(Lower("email"), name="network_person_email_ci")]

    def __str__(self) -> str:
        return self.name
