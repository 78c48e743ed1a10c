"""What the network itself keeps of a person: data and aliases, and the designations."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from network.models import Designation, Person
from network.registry import Exported, Moved, give, give_back

ALIAS, DESIGNATION = "network.PersonAlias.person", "network.Designation.person"
# What was said of somebody in the past stays said of that record: history moves with nobody.
HISTORY = "network.HistoricalDesignation.person"
KEYS = (ALIAS, DESIGNATION, HISTORY)


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
    """The row stays as a number that figures count; nothing in it says who it was. Designations are acts of office."""
    person.aliases.all().delete()
    person.name = person.email = person.institution = person.position = person.phone = ""
    person.save(update_fields=["name", "email", "institution", "position", "phone"])
    return []
