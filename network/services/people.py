"""A person's own data, and what becomes of what the network keeps of a person: aliases and designations."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from network.enums import AliasKind
from network.models import Designation, Person, PersonAlias, PersonEdit, PersonMerge, PossibleDuplicate, User
from network.registry import Exported, Moved, give, give_back
from outbox.models import normalise_email
from web.search import folded_name

ALIAS, DESIGNATION = "network.PersonAlias.person", "network.Designation.person"
# What was said of one record stays said of it: history moves with nobody, and merges are their own trail.
STAYS = (
    "network.HistoricalDesignation.person",
    "network.PersonEdit.person",
    "network.PersonMerge.kept",
    "network.PersonMerge.gone",
    "network.Person.merged_into",
    "network.PossibleDuplicate.one",
    "network.PossibleDuplicate.other",
)
KEYS = (ALIAS, DESIGNATION, *STAYS)
EDITED = ("name", "email", "sex", "category", "institution", "position", "phone", "municipality_id")


def known_person(*, email: str, name: str) -> Person | None:
    """Who has this e-mail *and* this name, each the first one or a further one. Either alone says nothing."""
    email, name = normalise_email(email), folded_name(name)
    if not email:
        return None
    people: list[Person] = list(
        Person.objects.current().alias(address=Lower("email")).filter(address=email).order_by("pk")
    )
    for person in people:
        if folded_name(person.name) == name:
            return person
    by_alias = PersonAlias.objects.for_emails([email]).filter(person__merged_into=None).order_by("person")
    people += [alias.person for alias in by_alias]
    for person in people:
        if folded_name(person.name) == name or person.aliases.filter(kind=AliasKind.NAME, normalised=name).exists():
            return person
    return None


@transaction.atomic
def edit_person(*, person: Person, values: Mapping[str, Any], reason: str, by: User) -> Person:
    """Correct a person's own data (:data:`EDITED`), with its history. Saying the same changes nothing.

    The record is compared with others again. What events and trainings keep as it was on their day stays as it was.
    """
    stored = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    changes = {
        name: [getattr(stored, name), values[name]]
        for name in EDITED
        if name in values and getattr(stored, name) != values[name]
    }
    if not changes:
        return stored
    for name, (_before, now) in changes.items():
        setattr(stored, name, now)
    stored.compared_at = None
    stored.save(update_fields=[*(name.removesuffix("_id") for name in changes), "compared_at"])
    PossibleDuplicate.objects.filter(Q(one=stored) | Q(other=stored), decided_at=None).delete()
    PersonEdit.objects.create(person=stored, changes=changes, reason=reason, by=by)
    return stored


def merge(kept: Person, gone: Person) -> Moved:
    """Give designations and aliases to who is kept; aliases that both have stay where they are.

    ``ValidationError`` where two designations share a day: one person holds one at a time.
    """
    for row in gone.designations.select_related("municipality"):
        theirs = Designation.objects.filter(pk=row.pk).overlapping(row.starts_on, row.ends_on)
        mine = kept.designations.overlapping(row.starts_on, row.ends_on).select_related("municipality").first()
        if mine is not None and theirs.exists():
            text = _(
                "Sus designaciones coinciden en fechas ({one} y {other}): una persona tiene una sola a la vez. "
                "Corrija primero las vigencias."
            )
            raise ValidationError(text.format(one=mine, other=row))
    known = set(kept.aliases.values_list("kind", "normalised"))
    new = [row.pk for row in gone.aliases.all() if (row.kind, row.normalised) not in known]
    return {
        "aliases": give(ALIAS, to=kept, of=gone, among=new),
        "designations": give(DESIGNATION, to=kept, of=gone),
    }


def unmerge(kept: Person, gone: Person, moved: Moved) -> None:
    give_back(ALIAS, moved["aliases"], of=kept, to=gone)
    give_back(DESIGNATION, moved["designations"], of=kept, to=gone)


def export(person: Person) -> Exported:
    return {
        _("Mis datos"): [
            {
                _("Nombre"): person.name,
                _("Correo"): person.email,
                _("Sexo"): person.get_sex_display(),
                _("Tipo de persona"): person.get_category_display(),
                _("Institución"): person.institution,
                _("Cargo"): person.position,
                _("Teléfono"): person.phone,
                _("Municipio"): str(person.municipality or ""),
                _("Anotada el"): person.created_at,
            }
        ],
        _("Otros correos y nombres"): [
            {_("Tipo"): alias.get_kind_display(), _("Valor"): alias.value, _("De dónde viene"): alias.source}
            for alias in person.aliases.all()
        ],
        _("Designaciones"): [
            {
                _("Municipio"): str(row.municipality),
                _("Tipo"): row.get_kind_display(),
                _("Estado"): row.get_state_display(),
                _("Número de oficio"): row.oficio_number,
                _("Inicia"): row.starts_on,
                _("Termina"): row.ends_on,
            }
            for row in person.designations.select_related("municipality")
        ],
    }


def erase(person: Person) -> list[str]:
    """The row stays as a number that figures count; nothing in it says who it was, nor in the rows that were joined
    with it. A merge that is undone no more forgets what it moved. Designations are acts of office."""
    merges = PersonMerge.objects.filter(Q(kept=person) | Q(gone=person))
    for row in [person, *Person.objects.filter(pk__in=merges.values("gone"))]:
        row.aliases.all().delete()
        row.edits.all().delete()
        row.name = row.email = row.institution = row.position = row.phone = ""
        row.save(update_fields=["name", "email", "institution", "position", "phone"])
        PossibleDuplicate.objects.filter(Q(one=row) | Q(other=row)).delete()
    merges.update(moved={}, reason="")
    return []
