"""Two records of one human are joined, and parted again where that was a mistake.

The record that goes stays as an empty row, marked with the one that stands for it; each app gives its rows over by the
steps it registered (:mod:`network.registry`), and a step that raises ends all of it. Locks are taken in a fixed order:
the merge, the two persons by number, then what the apps lock, in the order of the registry.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from network.enums import Act, AliasKind
from network.models import Person, PersonAlias, PersonMerge, PossibleDuplicate, User, normalised_alias
from network.registry import Moved, MovedAgain, person_steps
from network.services.audit import record

# What the kept record takes over where it knows nothing itself. The institution and the position go together.
TAKEN_OVER = ("email", "sex", "category", "institution", "position", "phone", "municipality_id")
OWN = "person"  # beside the apps' names in ``PersonMerge.moved``


@transaction.atomic
def merge_people(*, kept: Person, gone: Person, by: User, reason: str = "") -> PersonMerge:
    """Join two records: ``kept`` stands for both from now on. Joining the same two again answers the first merge.

    ``ValidationError`` says in words why they cannot be joined: both have an open account, their designations share a
    day, or one of them was joined with a third one meanwhile.
    """
    kept, gone = _locked(kept, gone)
    if gone.merged_into_id == kept.pk:
        return PersonMerge.objects.get(kept=kept, gone=gone, undone_at=None)
    _refuse(kept, gone)
    moved: Moved = {steps.app: steps.merge(kept, gone) for steps in person_steps()}
    moved[OWN] = _take_over(kept, gone, by)
    gone.merged_into = kept
    gone.save(update_fields=["merged_into", "user"])
    _inherit_decisions(kept, gone)
    record(Act.PEOPLE_MERGED, by=by, of=kept, gone=gone.pk)
    return PersonMerge.objects.create(kept=kept, gone=gone, moved=moved, by=by, reason=reason)


@transaction.atomic
def undo_merge(*, merge: PersonMerge, by: User, are_two: bool = False) -> PersonMerge:
    """Part two records again, each with what it had. Undoing twice changes nothing.

    ``are_two``: they are two people, and are not proposed again. What was written down for the kept record since stays
    with it. ``ValidationError`` says in words why it cannot be undone: a later merge comes first, or what was moved
    changed since.
    """
    merge = PersonMerge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at:
        return merge
    kept, gone = _locked(merge.kept, merge.gone)
    _refuse_undoing(merge, kept)
    try:
        _give_back(kept, gone, merge.moved[OWN])
        for steps in reversed(person_steps()):
            if steps.app in merge.moved:
                steps.unmerge(kept, gone, merge.moved[steps.app])
    except MovedAgain as error:
        text = _(
            "Algo de lo que se unió cambió después (una asistencia, una inscripción o una designación), y ya no se "
            "puede separar solo. Corrija cada registro a mano."
        )
        raise ValidationError(text) from error
    gone.merged_into, gone.compared_at = None, None
    gone.save(update_fields=["merged_into", "user", "compared_at"])
    merge.undone_at, merge.undone_by = timezone.now(), by
    merge.save(update_fields=["undone_at", "undone_by"])
    record(Act.MERGE_UNDONE, by=by, of=kept, gone=gone.pk)
    if are_two:
        say_different(one=kept, other=gone, by=by)
    return merge


@transaction.atomic
def say_different(*, one: Person, other: Person, by: User) -> PossibleDuplicate:
    """These are two people: the pair is not proposed again. Saying it twice changes nothing."""
    first, second = sorted((one, other), key=lambda person: person.pk)
    pair, _made = PossibleDuplicate.objects.get_or_create(one=first, other=second)
    undecided = PossibleDuplicate.objects.filter(pk=pair.pk, decided_at=None)
    undecided.update(decided_at=timezone.now(), decided_by=by)
    return pair


def _locked(kept: Person, gone: Person) -> tuple[Person, Person]:
    if kept.pk == gone.pk:
        raise ValidationError(_("Elija dos personas distintas."))
    rows = Person.objects.select_for_update(of=("self",)).select_related("user", "municipality")
    found = {row.pk: row for row in rows.filter(pk__in=[kept.pk, gone.pk]).order_by("pk")}
    return found[kept.pk], found[gone.pk]


def _refuse(kept: Person, gone: Person) -> None:
    for person in (kept, gone):
        if person.merged_into_id:
            raise ValidationError(_("{name} ya se unió con otra persona.").format(name=person))
    if kept.user and gone.user and gone.user.is_active:
        text = _(
            "Las dos tienen cuenta, y una persona entra con una sola. La administración cierra en «Usuarios» la que "
            "sobra; conserve después a quien tiene la cuenta abierta."
        )
        raise ValidationError(text)


def _refuse_undoing(merge: PersonMerge, kept: Person) -> None:
    if not merge.moved:
        raise ValidationError(_("Los datos de una de las dos personas se borraron: esta unión ya no se deshace."))
    if kept.merged_into_id:
        raise ValidationError(_("La persona que se conservó se unió después con otra: deshaga primero esa unión."))
    if PersonMerge.objects.filter(kept=kept, undone_at=None, pk__gt=merge.pk).exists():
        raise ValidationError(_("Con esta persona se hizo después otra unión: deshaga primero la más reciente."))


def _inherit_decisions(kept: Person, gone: Person) -> None:
    """Who is known to be another human than ``gone`` is another one than ``kept``; what was open is compared again."""
    of_gone = PossibleDuplicate.objects.filter(Q(one=gone) | Q(other=gone))
    of_gone.filter(decided_at=None).delete()
    for pair in of_gone.exclude(Q(one=kept) | Q(other=kept)).select_related("one", "other", "decided_by"):
        third = pair.other if pair.one_id == gone.pk else pair.one
        if pair.decided_by:
            say_different(one=kept, other=third, by=pair.decided_by)


def _take_over(kept: Person, gone: Person, by: User) -> dict[str, Any]:
    """What the kept record did not know, the open account, and the other one's e-mail and name as aliases."""
    taken = {
        name: getattr(gone, name) for name in TAKEN_OVER if not getattr(kept, name) and getattr(gone, name)
    }  # fmt: skip
    for name, value in taken.items():
        setattr(kept, name, value)
    account = gone.user if gone.user and gone.user.is_active else None
    if account:
        gone.user = None
        gone.save(update_fields=["user"])  # an account has one person
        kept.user = account
    kept.compared_at = None
    kept.save(update_fields=[*(name.removesuffix("_id") for name in taken), "user", "compared_at"])
    return {"taken": taken, "account": account.pk if account else None, "aliases": _remember(kept, gone, by)}


def _remember(kept: Person, gone: Person, by: User) -> list[int]:
    known = set(kept.aliases.values_list("kind", "normalised"))
    known |= {(kind, normalised_alias(kind, value)) for kind, value in _own(kept)}
    new = [
        PersonAlias(
            person=kept,
            kind=kind,
            value=value,
            normalised=normalised_alias(kind, value),
            municipality=gone.municipality if kind == AliasKind.NAME else None,
            source=_("Unión de dos registros"),
            created_by=by,
        )
        for kind, value in _own(gone)
    ]
    new = [alias for alias in new if alias.normalised and (alias.kind, alias.normalised) not in known]
    return [alias.pk for alias in PersonAlias.objects.bulk_create(new)]


def _own(person: Person) -> list[tuple[AliasKind, str]]:
    return [(AliasKind.EMAIL, person.email), (AliasKind.NAME, person.name)]


def _give_back(kept: Person, gone: Person, moved: dict[str, Any]) -> None:
    """What was corrected in the kept record since stays as it was corrected."""
    for name, value in moved["taken"].items():
        if getattr(kept, name) == value:
            setattr(kept, name, None if name == "municipality_id" else "")
    if moved["account"]:
        if kept.user_id != moved["account"]:
            raise MovedAgain
        account, kept.user = kept.user, None
        gone.user = account
    kept.compared_at = None
    kept.save(update_fields=[*(name.removesuffix("_id") for name in moved["taken"]), "user", "compared_at"])
    kept.aliases.filter(pk__in=moved["aliases"]).delete()
