"""Humans, apart from any login."""

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Left, Lower, Replace
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from network.enums import PersonCategory, Sex
from network.models.accounts import User
from web.search import fold, folded_key

# So many letters of the name, beside the same institution, make two records worth comparing.
FIRST_LETTERS = 5

# What stands where a name was, once it is erased; a fixed word, in no language of a page.
ERASED_NAME = "Persona suprimida"


class PersonQuerySet(models.QuerySet["Person"]):
    def current(self) -> "PersonQuerySet":
        """Without those that were found to be the same human as another one, and without those that were erased."""
        return self.filter(merged_into=None, erased_at=None)

    def matching(self, words: str) -> "PersonQuerySet":
        """Every word stands in the name, the institution or an e-mail or name of theirs, accents and capitals aside."""
        typed = fold(words).split()[:8]
        if not typed:
            return self
        mine = [
            Q(name_key__contains=word) | Q(institution_key__contains=word) | Q(email__icontains=word) for word in typed
        ]
        theirs = [Q(aliases__normalised__contains=word) for word in typed]
        # Two lists put together, since no index serves a condition on this table *or* on another one: those with every
        # word in their own record, and those with one in an alias and the others in either. The rarest word leads.
        own = Person.objects.order_by().filter(*mine).values("pk")
        others = Person.objects.order_by().filter(reduce(or_, theirs))
        for here, there in zip(mine, theirs, strict=True):
            others = others.filter(here | there)
        return self.filter(pk__in=own.union(others.values("pk")))


def _digits() -> Replace:
    """The telephone without what people write between its digits."""
    expression = Replace("phone", Value(" "), Value(""))
    for sign in "-().+/":
        expression = Replace(expression, Value(sign), Value(""))
    return expression


class Person(models.Model):
    """One human, apart from any login. E-mails may be shared or missing; namesakes are never joined by themselves.

    ``merged_into``: the record that stands for this one since somebody found that both are one human; it holds nothing
    then, is in no list and is not counted. The ``…_key`` columns are what records are compared by, kept by the
    database; ``compared_at`` is empty where that is still to be done (:mod:`network.services.duplicates`).
    """

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
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged", verbose_name=_("unida a")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    name_key = models.GeneratedField(
        expression=folded_key("name"), output_field=models.CharField(max_length=160), db_persist=True
    )
    phone_key = models.GeneratedField(
        expression=_digits(), output_field=models.CharField(max_length=40), db_persist=True
    )
    institution_key = models.GeneratedField(
        expression=Concat(
            folded_key("institution"), Value("|"), Left(folded_key("name"), FIRST_LETTERS),
            output_field=models.CharField(max_length=210),
        ),
        output_field=models.CharField(max_length=210),
        db_persist=True,
    )  # fmt: skip
    compared_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField(_("suprimida"), null=True, blank=True, editable=False)

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        constraints = [
            models.CheckConstraint(
                condition=~Q(merged_into=F("pk")),
                name="network_person_not_merged_into_itself",
                violation_error_message=_("Una persona no se une a sí misma."),
            )
        ]
        indexes = [
            models.Index(Lower("email"), name="network_person_email_ci"),
            models.Index(fields=["name_key"], name="network_person_name"),
            models.Index(fields=["phone_key"], condition=~Q(phone=""), name="network_person_phone"),
            models.Index(fields=["institution_key"], condition=~Q(institution=""), name="network_person_institution"),
            models.Index(fields=["id"], condition=Q(compared_at=None, merged_into=None), name="network_person_new"),
        ]

    def __str__(self) -> str:
        return self.name
