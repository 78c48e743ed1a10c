"""Further e-mails and names that a person is known by: every decision of who is who is remembered here."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from network.enums import AliasKind
from network.models.accounts import User
from network.models.people import Person
from web.search import folded_name


def normalised_alias(kind: str, value: str) -> str:
    """A value as it is looked up: an e-mail in lower case, a name without accents, capitals and further spaces."""
    return value.strip().lower() if kind == AliasKind.EMAIL else folded_name(value)


class PersonAliasQuerySet(models.QuerySet["PersonAlias"]):
    def for_emails(self, emails: Iterable[str]) -> "PersonAliasQuerySet":
        """Those by one of these e-mails, with their persons, in one query."""
        return self._for(AliasKind.EMAIL, emails)

    def for_names(self, names: Iterable[str]) -> "PersonAliasQuerySet":
        """Those by one of these names, with their persons, in one query. A name alone identifies nobody."""
        return self._for(AliasKind.NAME, names)

    def _for(self, kind: AliasKind, values: Iterable[str]) -> "PersonAliasQuerySet":
        wanted = {normalised_alias(kind, value) for value in values} - {""}
        return self.filter(kind=kind, normalised__in=wanted).select_related("person", "municipality")


class PersonAlias(models.Model):
    """A further e-mail or name of a person; ``Person.email`` and ``Person.name`` stay the first ones.

    ``municipality``: for a name, of whom that name is known. ``source`` says in short where it comes from.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="aliases", verbose_name=_("persona"))
    kind = models.CharField(_("tipo"), max_length=6, choices=AliasKind)
    value = models.CharField(_("como se escribió"), max_length=254)
    normalised = models.CharField(max_length=254, editable=False)
    municipality = models.ForeignKey(
        Municipality, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("municipio")
    )
    source = models.CharField(_("de dónde viene"), max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = PersonAliasQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "pk"]
        verbose_name = _("otro correo o nombre")
        verbose_name_plural = _("otros correos y nombres")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "normalised", "person"],
                name="network_person_alias_once",
                violation_error_message=_("Esta persona ya tiene anotado ese correo o nombre."),
            )
        ]

    def __str__(self) -> str:
        return self.value
