"""Erasing a person: nothing says any more who it was, and every figure stays what it was (ADR 18).

The person's row stays as a number, and so do the rows that are counted. What each app does is in its steps
(:class:`network.registry.PersonSteps`); here is the one transaction around them, and the files that go once it is
committed.
"""

from collections.abc import Collection, Iterable

from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from network.enums import Act, ArcoKind, ArcoState, Role
from network.models import ArcoRequest, Person, User
from network.registry import Holding, Outlook, own_addresses, person_steps
from network.services.audit import record
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


def holdings(person: Person) -> dict[str, Holding]:
    """What of this person may have to be kept whole, by the name of the steps that keep it."""
    found = {steps.app: steps.holding for steps in person_steps() if steps.holding is not None}
    return {app: holding for app, holding in found.items() if holding.count(person)}


def foresee(person: Person, *, held: Collection[str] = ()) -> list[Outlook]:
    """What an erasure that keeps ``held`` (of :func:`holdings`) would do, app by app; kinds of which there is nothing
    are left out."""
    found: list[Outlook] = []
    for steps in person_steps():
        if steps.holding is not None and steps.app in held:
            found.append(Outlook(label=steps.holding.label, held=steps.holding.count(person), why=steps.holding.keep))
        else:
            found += steps.foresee(person)
    return [row for row in found if row.erased or row.kept or row.held]


@transaction.atomic
def erase_person(*, request: ArcoRequest, by: User, held: Collection[str] = (), reason: str = "") -> None:
    """Erase who this request is about, in one transaction, and close it as carried out.

    ``held`` (of :func:`holdings`) stays whole; the person is told so, with the ``reason``, which the request keeps.
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
    kept: list[Holding] = []
    for steps in reversed(person_steps()):
        if steps.holding is not None and steps.app in held:
            steps.holding.hold(person)
            kept.append(steps.holding)
        files += steps.erase(person)
    with override(stored.language):
        text = _("Se conservan bajo reserva legal: {kept}. Motivo: {reason}")
        text = text.format(kept=", ".join(str(holding.label) for holding in kept), reason=reason) if kept else ""
    move(request=stored, state=ArcoState.FULFILLED, by=by, text=text, note=_("Se suprimieron los datos."))
    record(Act.PERSON_ERASED, by=by, of=person, request=stored.pk)
    transaction.on_commit(lambda: _delete(files))


def _delete(files: Iterable[str]) -> None:
    for name in filter(None, files):
        storages["default"].delete(name)
