"""Everything that changes an accompaniment. Each function is one transaction and leaves a line of history.

The file travels: *requested* → accepted or declined → *assigned* (under way) → *closing*, when the institute says what
came of it → *closed*, when the municipality confirms. What may follow what says
:data:`trainings.models.TRANSITIONS`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from actions.services import tell_liaisons
from events.services.rows import Row, StaleVersion, sync_rows
from municipalities.models import Municipality
from network.models import User
from outbox.services import enqueue
from trainings.enums import TRANSITIONS, AccompanimentState, DocumentKind, Side
from trainings.models import SEXES, Accompaniment, AccompanimentDocument, AccompanimentSession, Expert, SessionAgreement
from web import identity
from web.search import search_text

REQUEST = ("topic", "instrument", "instrument_name", "stage", "pathway", "request")
SESSION = ("kind", "day", "start_time", "modality", "place", "minutes", "people", *SEXES, "product")
AGREEMENT = ("text", "side", "responsible", "due_on")
EXPERT = ("name", "institution", "sector", "topics", "consent_on", "is_active")


class WrongState(Exception):
    """The file is not in a state in which this can be done. Nothing was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileValues:
    """A file that :mod:`web.uploads` has checked, and what its owner calls it."""

    file: File
    title: str
    original_name: str = ""


# --- The file


def request_accompaniment(
    *,
    municipality: Municipality,
    data: Row,
    by: User | None,
    request_key: UUID | None = None,
    document: FileValues | None = None,
) -> Accompaniment:
    """Open a file with what the municipality asks for, and tell the institute.

    ``request_key`` names the form that was opened: a second call with the same key gives the first one's file.
    """
    try:
        with transaction.atomic():
            found = Accompaniment(municipality=municipality, created_by=by, request_key=request_key)
            _fill(found, data)
            record(found, by, _("Solicitud"))
            found.history.update(history_type="+")
            if document is not None:
                store_document(found, document, DocumentKind.SUPPORT, Side.MUNICIPALITY, by)
            tell_institute(kind="trainings.accompaniment_requested", accompaniment=found, key=str(found.pk))
            return found
    except IntegrityError:
        twin = Accompaniment.objects.filter(request_key=request_key, municipality=municipality).first()
        if request_key is None or twin is None:
            raise
        return twin


@transaction.atomic
def change_request(*, accompaniment: Accompaniment, data: Row, by: User | None) -> Accompaniment:
    """Change what is asked while nobody has answered. ``data["version"]`` is the one that was read."""
    take_turn(accompaniment, data.get("version"), {AccompanimentState.REQUESTED})
    _fill(accompaniment, data)
    record(accompaniment, by, _("Cambio de la solicitud"))
    return accompaniment


@transaction.atomic
def accept_request(*, accompaniment: Accompaniment, version: int | None, by: User | None, comment: str = "") -> None:
    """Say yes; who accompanies comes next."""
    _answer(accompaniment, AccompanimentState.ACCEPTED, version, by, comment, _("Aceptado"))


@transaction.atomic
def decline_request(*, accompaniment: Accompaniment, version: int | None, by: User | None, comment: str) -> None:
    """Say no, and why."""
    if not comment.strip():
        raise ValidationError({"comment": _("Diga por qué no se acepta: el municipio lo lee.")})
    _answer(accompaniment, AccompanimentState.DECLINED, version, by, comment, _("No aceptado"))


@transaction.atomic
def assign(
    *,
    accompaniment: Accompaniment,
    people: Sequence[User],
    experts: Iterable[Expert],
    version: int | None,
    by: User | None,
) -> None:
    """Name who accompanies: at least one account of the institute, and experts of inside or outside it.

    The first time the municipality is told; who is new among the accounts is told each time.
    """
    if not people:
        raise ValidationError({"people": _("Elija al menos a una persona del instituto: es quien lleva la agenda.")})
    state = AccompanimentState.ASSIGNED
    take_turn(accompaniment, version, {AccompanimentState.ACCEPTED, state})
    is_first = accompaniment.state != state
    before = set(accompaniment.assignees.values_list("pk", flat=True))
    accompaniment.skip_history_when_saving = True  # type: ignore[attr-defined]
    accompaniment.assignees.set(people)
    accompaniment.experts.set(experts)
    del accompaniment.skip_history_when_saving  # type: ignore[attr-defined]
    accompaniment.state = state
    record(accompaniment, by, _("Asignación"))
    for person in people:
        if person.pk not in before and person != by:
            key = f"trainings.accompaniment_given:{accompaniment.pk}:{person.pk}:{accompaniment.version}"
            enqueue(
                kind="trainings.accompaniment_given",
                dedupe_key=key,
                to_email=person.email,
                to_name=person.name,
                params={"accompaniment": accompaniment.pk, "user": person.pk},
                language=person.language,
                cause=f"accompaniment:{accompaniment.pk}",
            )
    if is_first:
        tell_municipality(kind="trainings.accompaniment_assigned", accompaniment=accompaniment, key="first")


@transaction.atomic
def propose_closing(
    *,
    accompaniment: Accompaniment,
    result: str,
    version: int | None,
    by: User | None,
    document: FileValues | None = None,
) -> None:
    """The institute says what came of it; the municipality has the last word."""
    if not result.strip():
        raise ValidationError({"result": _("Diga qué resultó del acompañamiento.")})
    _move(accompaniment, AccompanimentState.CLOSING, version)
    accompaniment.result = result
    accompaniment.closing_at, accompaniment.closing_by = timezone.now(), by
    record(accompaniment, by, _("Cierre propuesto"))
    if document is not None:
        store_document(accompaniment, document, DocumentKind.RESULT, Side.INSTITUTE, by)
    key = str(accompaniment.version)
    tell_municipality(kind="trainings.accompaniment_closing", accompaniment=accompaniment, key=key)


@transaction.atomic
def confirm_closing(*, accompaniment: Accompaniment, version: int | None, by: User | None) -> None:
    """The municipality agrees: from now on it counts as concluded."""
    _move(accompaniment, AccompanimentState.CLOSED, version)
    accompaniment.closed_at, accompaniment.closed_by = timezone.now(), by
    record(accompaniment, by, _("Cierre confirmado"))
    key = str(accompaniment.version)
    tell_municipality(kind="trainings.accompaniment_closed", accompaniment=accompaniment, key=key)
    tell_institute(kind="trainings.accompaniment_closed", accompaniment=accompaniment, key=f"{accompaniment.pk}:{key}")


@transaction.atomic
def reopen(*, accompaniment: Accompaniment, reason: str, version: int | None, by: User | None) -> None:
    """Go on after all, with a reason: instead of confirming the closing, or after it."""
    if not reason.strip():
        raise ValidationError({"reason": _("Diga por qué se reabre: queda en el historial.")})
    take_turn(accompaniment, version, {AccompanimentState.CLOSING, AccompanimentState.CLOSED})
    accompaniment.state = AccompanimentState.ASSIGNED
    accompaniment.closing_at = accompaniment.closing_by = accompaniment.closed_at = accompaniment.closed_by = None
    record(accompaniment, by, _("Reabierto: %(reason)s") % {"reason": reason.strip()})


# --- Sessions


def save_session(
    *,
    accompaniment: Accompaniment,
    session: AccompanimentSession | None,
    data: Row,
    by: User | None,
    request_key: UUID | None = None,
) -> AccompanimentSession:
    """Plan or write down a session, with its ``agreements`` (rows; those with ``id`` keep theirs).

    A change takes both confirmations away, for they were given to something else. ``data["version"]`` is the one that
    was read. Counts of people: *sin dato* is the rest of the total where it was left open.
    """
    try:
        with transaction.atomic():
            return _save_session(accompaniment, session, data, by, request_key)
    except IntegrityError:
        twin = accompaniment.sessions.filter(request_key=request_key).first()
        if request_key is None or twin is None:
            raise
        return twin


@transaction.atomic
def delete_session(*, session: AccompanimentSession, version: int | None, by: User | None) -> None:
    """Take away a session that was not held; one that a side confirmed stays."""
    _under_way(session.accompaniment)
    session = _locked_session(session, version)
    if session.institute_confirmed_at or session.municipality_confirmed_at:
        raise WrongState
    session._history_user = by  # type: ignore[attr-defined]
    session._change_reason = _("Sesión quitada")  # type: ignore[attr-defined]
    session.delete()


@transaction.atomic
def confirm_session(*, session: AccompanimentSession, side: str, version: int | None, by: User | None) -> bool:
    """One side says that the session was as it is written; True where both sides have said so now.

    Confirming does not make a new version: both sides may do it at once. Twice by one side counts once.
    """
    accompaniment = session.accompaniment
    session = _locked_session(session, version)
    running = {AccompanimentState.ASSIGNED, AccompanimentState.CLOSING, AccompanimentState.CLOSED}
    if not session.is_recorded or accompaniment.state not in running:
        raise WrongState
    if session.confirmed_by(side) is None:
        setattr(session, f"{side}_confirmed_at", timezone.now())
        setattr(session, f"{side}_confirmed_by", by)
        record(session, by, _("Confirmada por %(side)s") % {"side": Side(side).label})
        if not session.is_confirmed:
            _tell_other_side(session, side)
    return session.is_confirmed


@transaction.atomic
def settle_agreement(*, agreement: SessionAgreement, done: bool, by: User | None) -> None:
    """Say that an agreement was kept, or take that back."""
    agreement = SessionAgreement.objects.select_for_update().get(pk=agreement.pk)
    if done != (agreement.done_at is not None):
        agreement.done_at, agreement.done_by = (timezone.now(), by) if done else (None, None)
        agreement.save(update_fields=["done_at", "done_by"])


# --- Documents and experts


@transaction.atomic
def add_document(*, accompaniment: Accompaniment, document: FileValues, side: str, by: User | None) -> None:
    """Put a document into the file. The same one again changes nothing."""
    _lock(accompaniment)
    if accompaniment.state in {AccompanimentState.DECLINED, AccompanimentState.CLOSED}:
        raise WrongState
    store_document(accompaniment, document, DocumentKind.SUPPORT, side, by)


@transaction.atomic
def remove_document(*, document: AccompanimentDocument, side: str) -> None:
    """Take back a supporting document of one's own, while the file is open; its bytes go once that is certain."""
    state = _lock(document.accompaniment).state
    if document.kind != DocumentKind.SUPPORT or document.side != side or state == AccompanimentState.CLOSED:
        raise WrongState
    transaction.on_commit(partial(document.file.storage.delete, str(document.file.name)))
    document.delete()


@transaction.atomic
def save_expert(*, expert: Expert | None, data: Row, by: User | None) -> Expert:
    expert = Expert() if expert is None else Expert.objects.select_for_update().get(pk=expert.pk)
    for name in EXPERT:
        setattr(expert, name, data[name])
    record(expert, by, "")
    return expert


# --- Who is told


def tell_institute(*, kind: str, accompaniment: Accompaniment, key: str, **params: Any) -> None:
    """One mail to the institute's mailbox. Call it in the transaction of the fact."""
    enqueue(
        kind=kind,
        dedupe_key=f"{kind}:institute:{key}",
        to_email=identity.current().contact_email,
        params={"accompaniment": accompaniment.pk, **params},
        language="es",
        cause=f"accompaniment:{accompaniment.pk}",
    )


def tell_municipality(*, kind: str, accompaniment: Accompaniment, key: str, **params: Any) -> None:
    """One mail to each person designated for the municipality. Call it in the transaction of the fact."""
    tell_liaisons(
        municipality=accompaniment.municipality_id,
        kind=kind,
        key=f"{kind}:{accompaniment.pk}:{key}",
        params={"accompaniment": accompaniment.pk, **params},
        cause=f"accompaniment:{accompaniment.pk}",
    )


# --- Steps of the above


def _fill(accompaniment: Accompaniment, data: Row) -> None:
    for name in REQUEST:
        if name in data:
            setattr(accompaniment, name, data[name])
    if not accompaniment.instrument.is_other:
        accompaniment.instrument_name = ""
    place, instrument = accompaniment.municipality, accompaniment.instrument
    accompaniment.search_text = search_text(
        accompaniment.topic, place.name, instrument.name, instrument.name_en, accompaniment.instrument_name,
        accompaniment.request,
    )  # fmt: skip


def _answer(
    accompaniment: Accompaniment,
    state: AccompanimentState,
    version: int | None,
    by: User | None,
    comment: str,
    why: str,
) -> None:
    _move(accompaniment, state, version)
    accompaniment.answer = comment.strip()
    accompaniment.answered_at, accompaniment.answered_by = timezone.now(), by
    record(accompaniment, by, why)
    tell_municipality(kind="trainings.accompaniment_answered", accompaniment=accompaniment, key="answer")


def _move(accompaniment: Accompaniment, state: AccompanimentState, version: int | None) -> None:
    """Take the turn where the file may become that state, and put it there."""
    take_turn(accompaniment, version, {now for now, after in TRANSITIONS.items() if state in after})
    accompaniment.state = state


def take_turn(accompaniment: Accompaniment, version: int | None, states: set[AccompanimentState]) -> None:
    """Hold the row until the transaction ends, if it still is the version that was read and in one of the states."""
    wanted: Mapping[str, Any] = {"state__in": states} | ({"version": version} if version is not None else {})
    if not Accompaniment.objects.filter(pk=accompaniment.pk, **wanted).update(version=F("version") + 1):
        current = Accompaniment.objects.get(pk=accompaniment.pk)
        if version is not None and current.version != version:
            raise StaleVersion(current)
        raise WrongState
    accompaniment.refresh_from_db()


def _lock(accompaniment: Accompaniment) -> Accompaniment:
    Accompaniment.objects.select_for_update().only("pk").get(pk=accompaniment.pk)
    accompaniment.refresh_from_db()
    return accompaniment


def _under_way(accompaniment: Accompaniment) -> None:
    """Hold the file; sessions change only while it is under way."""
    if not _lock(accompaniment).is_under_way:
        raise WrongState


def _save_session(
    accompaniment: Accompaniment,
    session: AccompanimentSession | None,
    data: Row,
    by: User | None,
    request_key: UUID | None,
) -> AccompanimentSession:
    _under_way(accompaniment)
    created = session is None
    if session is None:
        session = AccompanimentSession(accompaniment=accompaniment, created_by=by, request_key=request_key)
    else:
        session = _locked_session(session, data.get("version"))
    before = {name: getattr(session, name) for name in SESSION}
    for name in SESSION:
        if name in data:
            setattr(session, name, data[name])
    _complete_counts(session)
    changed = created or {name: getattr(session, name) for name in SESSION} != before
    session.validate_constraints()
    if created:
        session.save_without_historical_record()  # type: ignore[attr-defined]
    if "agreements" in data:
        changed |= sync_rows(SessionAgreement, {"session": session}, data["agreements"], AGREEMENT)
    if not changed:
        return session
    session.changed_at = timezone.now()
    for side in Side.values:
        setattr(session, f"{side}_confirmed_at", None)
        setattr(session, f"{side}_confirmed_by", None)
    if not created:
        session.version += 1
    record(session, by, _("Registro de la sesión") if created else _("Cambio de la sesión"))
    if created:
        session.history.update(history_type="+")
    return session


def _complete_counts(session: AccompanimentSession) -> None:
    """Where the total is known, what was left open of the four is none, and *sin dato* takes the rest."""
    known = [getattr(session, sex) for sex in SEXES]
    if session.people is None:
        if any(count is not None for count in known):
            raise ValidationError({"people": _("Escriba también cuántas personas fueron en total.")})
        return
    said = sum(count or 0 for count in known[:-1])
    if session.unknown is None:
        session.unknown = session.people - said
    if session.unknown < 0 or said + session.unknown != session.people:
        raise ValidationError(
            {"people": _("Mujeres, hombres, otro, prefiere no decir y sin dato deben sumar el total.")}
        )
    for sex in SEXES:
        setattr(session, sex, getattr(session, sex) or 0)


def _locked_session(session: AccompanimentSession, version: int | None) -> AccompanimentSession:
    current = AccompanimentSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    if version is not None and current.version != version:
        raise StaleVersion(current)
    return current


def _tell_other_side(session: AccompanimentSession, side: str) -> None:
    file, kind, params = session.accompaniment, "trainings.session_to_confirm", {"session": session.pk}
    key = f"{session.pk}:{session.version}"
    if side == Side.INSTITUTE:
        tell_municipality(kind=kind, accompaniment=file, key=key, **params)
    else:
        tell_institute(kind=kind, accompaniment=file, key=key, **params)


def record(row: Any, by: User | None, reason: str) -> None:
    """Store the row with one line of history: who and why."""
    row._history_user = by
    row._change_reason = reason[:100]
    row.save()


def store_document(
    accompaniment: Accompaniment, document: FileValues, kind: DocumentKind, side: str, by: User | None
) -> AccompanimentDocument:
    """Put a file into the accompaniment; the same bytes of the same kind give the document that is there."""
    digest = hashlib.sha256(b"".join(document.file.chunks())).hexdigest()
    document.file.seek(0)
    same = accompaniment.documents.filter(kind=kind, sha256=digest).first()
    return same or AccompanimentDocument.objects.create(
        accompaniment=accompaniment,
        kind=kind,
        title=document.title,
        file=document.file,
        original_name=document.original_name[:200],
        sha256=digest,
        side=side,
        created_by=by,
    )
