"""What the institute writes down of a municipality: its office, its programme, what was said and what follows."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from municipalities.models import Municipality
from network.enums import ProgrammeState
from network.models import ClimateProgramme, Communication, MunicipalContact, MunicipalOffice, User

CONTACT_FIELDS = ("office", "address", "phone", "website")
COMMUNICATION_FIELDS = ("kind", "happened_on", "counterpart", "subject", "summary", "next_step", "due_on")


class ChangedMeanwhile(Exception):
    """Somebody else saved since the form was read."""


def save_contact(
    *, municipality: Municipality, values: Mapping[str, Any], version: int, by: User, reason: str = ""
) -> MunicipalContact:
    """Write how to reach the office, and its mailbox, to which links for proposals go. ``version`` is the one that was
    read, 0 where there was none."""
    try:
        with transaction.atomic():
            contact = MunicipalContact(municipality=municipality)
            if version:
                contact = _held(MunicipalContact, version, municipality=municipality)
            for name in CONTACT_FIELDS:
                setattr(contact, name, values[name])
            contact._history_user = by  # type: ignore[attr-defined]
            contact._change_reason = reason[:100]  # type: ignore[attr-defined]
            contact.save()
            if values["email"]:
                mailbox = {"email": values["email"], "changed_by": by}
                MunicipalOffice.objects.update_or_create(municipality=municipality, defaults=mailbox)
            else:
                MunicipalOffice.objects.filter(municipality=municipality).delete()
    except IntegrityError as error:  # the only one: the municipality has its contact by now
        raise ChangedMeanwhile from error
    return contact


def record_programme(
    *,
    municipality: Municipality,
    values: Mapping[str, Any],
    file: File | None = None,
    keep_file: bool = False,
    after: int,
    by: User,
) -> ClimateProgramme:
    """Write the next row of a municipality's programme. ``after`` is the number of the row that was read, 0 for none.

    ``keep_file`` takes the document of that row along; a municipality without programme has no year, day or file.
    """
    latest = ClimateProgramme.objects.filter(municipality=municipality).first()
    if (latest.number if latest else 0) != after:
        raise ChangedMeanwhile
    row = ClimateProgramme(
        municipality=municipality, number=after + 1, state=values["state"], note=values["note"], created_by=by
    )
    if row.state != ProgrammeState.NONE:
        row.instrument, row.year, row.valid_until = values["instrument"], values["year"], values["valid_until"]
        if file is not None:
            row.file = file
        elif keep_file and latest is not None:
            row.file = latest.file.name
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:  # two at once: the number is taken
        raise ChangedMeanwhile from error
    return row


def log_communication(
    *, municipality: Municipality, values: Mapping[str, Any], request_key: UUID | None, by: User
) -> Communication:
    """Write down that the institute and a municipality were in touch. The same form sent twice writes one row.

    Raises :class:`ChangedMeanwhile` where it says something else the second time.
    """
    row = Communication(municipality=municipality, created_by=by, request_key=request_key)
    for name in COMMUNICATION_FIELDS:
        setattr(row, name, values[name])
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        known = Communication.objects.get(request_key=request_key, municipality=municipality)
        if any(getattr(known, name) != values[name] for name in COMMUNICATION_FIELDS):
            raise ChangedMeanwhile from None
        return known
    return row


@transaction.atomic
def edit_communication(
    *, communication: Communication, values: Mapping[str, Any], version: int, by: User
) -> Communication:
    """Correct what was written. A step that is taken away or put in other words is to be done anew."""
    row = _held(Communication, version, pk=communication.pk)
    if row.next_step != values["next_step"]:
        row.done_at, row.done_by = None, None
    for name in COMMUNICATION_FIELDS:
        setattr(row, name, values[name])
    row.edited_at, row.edited_by = timezone.now(), by
    row.save()
    return row


def finish_step(*, communication: Communication, done: bool, by: User) -> None:
    """The next step was done, or was not after all. Said twice, who said it first stays."""
    rows = Communication.objects.filter(pk=communication.pk).exclude(next_step="").filter(done_at__isnull=done)
    rows.update(done_at=timezone.now() if done else None, done_by=by if done else None, version=F("version") + 1)


def _held(model: type[Any], version: int, **which: Any) -> Any:
    """The row, its next version taken, if it still is the one that was read."""
    if not model.objects.filter(version=version, **which).update(version=F("version") + 1):
        raise ChangedMeanwhile
    return model.objects.get(**which)
