"""A person's own data, and what becomes of what the network keeps of a person: aliases and designations."""

from collections.abc import Iterable, Mapping
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from network.enums import Act, AliasKind
from network.models import (
    ERASED_NAME,
    Designation,
    Invitation,
    Person,
    PersonAlias,
    PersonEdit,
    PersonMerge,
    PossibleDuplicate,
    Proposal,
    ProposalLink,
    User,
)
from network.registry import Exported, Moved, Outlook, give, give_back, own_addresses, same_human
from network.services.audit import record
from outbox.models import Message, normalise_email
from outbox.services import forget_choices, forget_messages
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
# Mail about a request over the own data belongs to the request, which is kept as the proof that it was attended to.
ARCO_MAIL = ("network.arco_confirm", "network.arco_step", "network.own_data")
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


def hold_people(people: Iterable[int] | QuerySet[Any]) -> None:
    """Wait for whoever joins or parts these persons, and let nobody do so until the transaction ends.

    Rows are read after this: what they said before may be of a record that is joined with another one by now.
    """
    list(Person.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk"))


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
    record(Act.PERSON_EDITED, by=by, of=stored, fields=", ".join(changes))
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


def outlook(person: Person) -> list[Outlook]:
    addresses, by_office = own_addresses(person), _("Es un acto de autoridad: el oficio se conserva como documento.")
    mail = Message.objects.alias(address=Lower("to_email")).filter(address__in=addresses)
    return [
        Outlook(label=_("Nombre, correo, cargo, institución y teléfono"), erased=1),
        Outlook(label=_("Otros correos y nombres"), erased=person.aliases.count()),
        Outlook(label=_("Cuenta, sesiones y llaves de acceso"), erased=accounts_of(person).count()),
        Outlook(label=_("Invitaciones a abrir la cuenta"), kept=_invitations(person).count()),
        Outlook(label=_("Correos enviados y por enviar: dirección, nombre y asunto"), kept=mail.count()),
        Outlook(label=_("Designaciones"), held=person.designations.count(), why=by_office),
    ]


def erase(person: Person) -> list[str]:
    """The row stays as a number that figures count; nothing in it says who it was, nor in the rows that were joined
    with it. A merge that is undone no more forgets what it moved. Designations are acts of office: the letter stays,
    what staff wrote beside it goes."""
    addresses, records = own_addresses(person), same_human(person)
    _erase_accounts(list(accounts_of(person)))
    invitations = list(_invitations(person).values_list("pk", flat=True))
    Invitation.objects.pending().filter(pk__in=invitations).update(revoked_at=timezone.now())
    Invitation.objects.filter(pk__in=invitations).update(email="")
    Designation.history.filter(person__in=records).update(history_change_reason="")
    Proposal.objects.filter(designation__person__in=records).update(reason="")
    ProposalLink.objects.alias(address=Lower("email")).filter(address__in=addresses).update(email="")
    to_person = Q(params__person__in=records) | Q(params__invitation__in=invitations, kind="network.invitation")
    to_address = Message.objects.alias(address=Lower("to_email")).filter(address__in=addresses)
    forget_messages(Message.objects.filter(to_person | Q(pk__in=to_address.values("pk"))).exclude(kind__in=ARCO_MAIL))
    forget_choices(addresses)
    PersonAlias.objects.filter(person__in=records).delete()
    PersonEdit.objects.filter(person__in=records).delete()
    PossibleDuplicate.objects.filter(Q(one__in=records) | Q(other__in=records)).delete()
    PersonMerge.objects.filter(Q(kept__in=records) | Q(gone__in=records)).update(moved={}, reason="")
    nobody = {"name": ERASED_NAME, "email": "", "institution": "", "position": "", "phone": "", "user": None}
    Person.objects.filter(pk__in=records).update(**nobody, erased_at=timezone.now())
    person.refresh_from_db()
    return []


def accounts_of(person: Person) -> QuerySet[User]:
    """The one that is linked, and one that nobody is linked to with an address of this person alone."""
    address = User.objects.alias(address=Lower("email")).filter(address__in=own_addresses(person), person=None)
    return User.objects.filter(Q(person__in=same_human(person)) | Q(pk__in=address.values("pk")))


def _invitations(person: Person) -> QuerySet[Invitation]:
    return Invitation.objects.filter(designation__person__in=same_human(person))


def _erase_accounts(accounts: list[User]) -> None:
    """The row stays for what it did; nobody can sign in to it, and its sessions end."""
    keys = {str(account.pk) for account in accounts}
    for session in Session.objects.iterator() if keys else ():
        if session.get_decoded().get(SESSION_KEY) in keys:
            session.delete()
    for account in accounts:
        EmailAddress.objects.filter(user_id=account.pk).delete()
        Authenticator.objects.filter(user_id=account.pk).delete()
        SocialAccount.objects.filter(user_id=account.pk).delete()
        UserSession.objects.filter(user_id=account.pk).delete()
        account.decisions.update(reason="")
        account.name, account.email, account.is_active = "", f"cuenta-{account.pk}@suprimida.invalid", False
        account.set_unusable_password()
        account.save()
