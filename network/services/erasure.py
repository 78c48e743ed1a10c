"""Erasing a person: nothing says any more who it was, and every figure stays what it was (ADR 18).

The person's row stays as a number, and so do the rows that are counted. What each app does is in its steps
(:class:`network.registry.PersonSteps`); here is the one transaction around them, and the files that go once it is
committed.
"""

from collections.abc import Iterable

from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext as _

from network.enums import ArcoKind, ArcoState, Role
from network.models import ArcoRequest, Person, User
from network.registry import Outlook, own_addresses, person_steps
from network.services.people import accounts_of
from network.services.rights import WrongMove, move


def can_erase(request: ArcoRequest) -> bool:
    """It asks for that, was granted, and says whom."""
    return request.kind == ArcoKind.CANCELLATION and request.state == ArcoState.GRANTED and request.person is not None


def why_not_erase(person: Person) -> str:
    """What must be ended before, in words; empty where nothing stands in the way."""
    if person.designations.in_force().exists():
        return _("Tiene una designación vigente. Conclúyala primero: el municipio no queda con un titular sin nombre.")
    if accounts_of(person).exclude(role=Role.PARTICIPANT).exists():
        return _("Su cuenta es de personal del instituto: quítele primero ese papel en Usuarios.")
    return ""


def foresee(person: Person) -> list[Outlook]:
    """What an erasure would do, app by app; kinds of which there is nothing are left out."""
    found = [row for steps in person_steps() for row in steps.foresee(person)]
    return [row for row in found if row.erased or row.kept or row.held]


@transaction.atomic
def erase_person(*, request: ArcoRequest, by: User) -> None:
    """Erase who this request is about, in one transaction, and close it as carried out.

    :class:`WrongMove` where it is not (any more) a granted request of erasure, or something stands in the way.
    """
    stored = ArcoRequest.objects.select_for_update(of=("self",)).select_related("person").get(pk=request.pk)
    if not can_erase(stored) or stored.person_id is None:
        raise WrongMove
    person = Person.objects.select_for_update().get(pk=stored.person_id)
    if person.erased_at is not None or why_not_erase(person):
        raise WrongMove
    own_addresses(person)  # while every row still says so
    files: list[str] = []
    for steps in reversed(person_steps()):
        files += steps.erase(person)
    move(request=stored, state=ArcoState.FULFILLED, by=by, note=_("Se suprimieron los datos."))
    transaction.on_commit(lambda: _delete(files))


def _delete(files: Iterable[str]) -> None:
    for name in filter(None, files):
        storages["default"].delete(name)
