"""How a person gets a place in a training with all its sessions, gives it back, and how a free one reaches who waits.

It is done as events do it (``events.services.registration``): the row is stored as *waiting*, and one conditional
UPDATE of the training's counter decides who is confirmed, so that places are never oversold. That UPDATE locks the
training's row to the end of the transaction; whoever frees places, hands them out or goes to the end of the line holds
it too, and the seats of the sessions always after it, in the order of their keys: so no two wait for each other in a
circle.

In each session still to come who is confirmed gets a registration through the one function that counts its seats; a
session that is full puts them in its own line. A session may be closed to everybody else: the training is the
invitation.
"""

import base64
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Q
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from events.enums import CancelCause
from events.models import Event, Registration, new_token
from events.services.registration import (
    TAKES_REGISTRATIONS,
    AlreadyRegistered,
    RegistrationData,
    RegistrationRefused,
    cancel_registration,
    find_or_make_person,
    may_mail,
    register,
)
from network.enums import Modality
from network.models import User
from outbox.models import Message, normalise_email
from outbox.services import Row, enqueue_many
from trainings.enums import EnrolmentState
from trainings.models import Enrolment, Training
from web.search import fold

HAS_ROOM = Q(capacity__isnull=True) | Q(seats_taken__lt=F("capacity"))


class AlreadyEnrolled(Exception):
    """There is a live enrolment with this e-mail, or of this person. ``told``: its own address got its own link again;
    false where it had too many mails today, or got one within the hour."""

    def __init__(self, *, told: bool) -> None:
        super().__init__()
        self.told = told


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of enrolling one colleague: an enrolment, or ``why`` there is none."""

    name: str
    enrolment: Enrolment | None = None
    why: str = ""


def enrol(
    *,
    training: Training,
    data: RegistrationData,
    by: User | None = None,
    self_registered: bool = True,
    form_key: str = "",
    at_any_time: bool = False,
) -> Enrolment:
    """Enrol one person; the answer's ``state`` is *confirmed* or *waiting*. Wherever the training takes nobody it
    raises :class:`RegistrationRefused`, unless the institute itself enrols (``at_any_time``).

    ``form_key`` is a random text that the form carried: the same form sent twice for the same person answers the first
    enrolment. A second live enrolment of a person, or of an e-mail where people enrol themselves, raises
    :class:`AlreadyEnrolled`.
    """
    token = _token(training, data, form_key) if form_key else new_token()
    sessions = sessions_to_come(training)
    status = training.enrolment_status(sessions_ahead=bool(sessions))
    if not at_any_time and status not in TAKES_REGISTRATIONS:
        if form_key and (first := Enrolment.objects.filter(token=token).first()):
            return first  # the same form again, after the door was closed
        raise RegistrationRefused(status)
    try:
        with transaction.atomic():
            return _enrol(training, data, sessions, by=by, self_registered=self_registered, token=token)
    except IntegrityError:
        if first := Enrolment.objects.filter(token=token).first():
            return first
        known = _live(training, data)
        if known is None:
            raise
        raise AlreadyEnrolled(
            told=_enqueue(known, "trainings.enrolment_link", key=f"link:{timezone.now():%Y%m%d%H}", by=by)
        ) from None


def enrol_colleagues(
    *, training: Training, people: Sequence[RegistrationData], by: User, form_key: str
) -> list[Outcome]:
    """A liaison enrols colleagues of one municipality; each stands for itself, so that one who cannot be enrolled does
    not keep the others out. A name that this municipality already enrolled is not enrolled twice."""
    done: list[Outcome] = []
    for number, data in enumerate(people):
        key = f"{form_key}:{number}"
        if not Enrolment.objects.filter(token=_token(training, data, key)).exists() and _is_enrolled(training, data):
            done.append(Outcome(data.name, why=_("su municipio ya inscribió a alguien con este nombre")))
            continue
        try:
            row = enrol(training=training, data=data, by=by, self_registered=False, form_key=key)
        except AlreadyEnrolled:
            done.append(Outcome(data.name, why=_("ya está en esta capacitación")))
        except RegistrationRefused as refused:
            done.append(Outcome(data.name, why=str(refused.status.label).lower()))
        else:
            done.append(Outcome(data.name, enrolment=row))
    return done


@transaction.atomic
def cancel_enrolment(
    *, enrolment: Enrolment, by: User | None = None, reason: str = "", announce: bool = True
) -> Enrolment:
    """Give the place back with those in the sessions still to come, and hand it to the next one in the line.
    Cancelling twice changes nothing. ``reason`` is told to the person; without ``announce`` no mail leaves."""
    training, stored = _held(enrolment)
    if stored.state == EnrolmentState.CANCELLED:
        return stored
    held_seat = stored.state == EnrolmentState.CONFIRMED
    stored.state, stored.cancelled_at, stored.cancel_reason = EnrolmentState.CANCELLED, timezone.now(), reason
    stored.save(update_fields=["state", "cancelled_at", "cancel_reason"])
    sessions = [event.pk for event in sessions_to_come(training)]
    cause = CancelCause.PERSON if by is None else CancelCause.STAFF
    for registration in stored.registrations.live().filter(event__in=sessions).order_by("event"):
        cancel_registration(registration=registration, by=by, cause=cause, announce=False)
    if announce:
        _enqueue(stored, "trainings.enrolment_cancelled", key="cancelled", by=by)
    if held_seat:
        Training.objects.filter(pk=training.pk).update(seats_taken=F("seats_taken") - 1)
        hand_out(training)
    return stored


@transaction.atomic
def hand_out(training: Training) -> int:
    """Give free places to those who wait, first come first, and tell them; returns how many got one. Nothing is handed
    out where no session is still to come."""
    _hold(training)
    sessions = sessions_to_come(training)
    if not sessions:
        return 0
    promoted = 0
    for row in training.enrolments.waiting().select_for_update(of=("self",)):
        if not _take_place(training):
            break
        _confirm(row)
        _register_in(row, sessions, by=None)
        _enqueue(row, "trainings.enrolment_promoted", key="promoted", by=None)
        promoted += 1
    return promoted


@transaction.atomic
def enrol_in_new_sessions(*, training: Training, by: User) -> int:
    """Register everybody with a place in the sessions to come that were added since; returns how many registrations
    were made. Sessions that somebody left on their own stay left."""
    _hold(training)
    sessions = sessions_to_come(training)
    made = 0
    for row in training.enrolments.confirmed().select_related("municipality", "privacy_notice", "person"):
        known = set(Registration.objects.filter(event__in=sessions, person=row.person).values_list("event", flat=True))
        made += _register_in(row, [event for event in sessions if event.pk not in known], by=by)
    return made


@transaction.atomic
def set_score(*, enrolment: Enrolment, score: Decimal | None) -> Enrolment:
    """Note what the person reached in the evaluation, 0 to 100; null takes it away."""
    _training, stored = _held(enrolment)
    stored.score = score
    stored.clean_fields(exclude=[field.name for field in Enrolment._meta.fields if field.name != "score"])
    stored.save(update_fields=["score"])
    return stored


@transaction.atomic
def grant_exception(*, enrolment: Enrolment, reason: str, by: User) -> Enrolment:
    """Accredit somebody who did not meet the rule; the reason stays beside it, and an empty one is an error."""
    _training, stored = _held(enrolment)
    if not reason.strip():
        raise ValidationError(_("Escriba el motivo de la excepción."))
    stored.exception_reason, stored.exception_by, stored.exception_at = reason.strip(), by, timezone.now()
    stored.save(update_fields=["exception_reason", "exception_by", "exception_at"])
    return stored


@transaction.atomic
def withdraw_exception(*, enrolment: Enrolment) -> Enrolment:
    """The rule decides again."""
    _training, stored = _held(enrolment)
    stored.exception_reason, stored.exception_by, stored.exception_at = "", None, None
    stored.save(update_fields=["exception_reason", "exception_by", "exception_at"])
    return stored


def sessions_to_come(training: Training) -> list[Event]:
    """The published sessions that are not over, in the order in which their seats are taken."""
    return list(Event.objects.published().not_over().filter(training_sessions__training=training).order_by("pk"))


def position_in_line(enrolment: Enrolment) -> int:
    """1 for the next one to get a place; 0 for who does not wait."""
    if enrolment.state != EnrolmentState.WAITING:
        return 0
    at, pk = enrolment.created_at, enrolment.pk
    ahead = Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk)
    return 1 + Enrolment.objects.waiting().filter(ahead, training=enrolment.training_id).count()


def positions_in_line(trainings: Collection[int]) -> dict[int, int]:
    """:func:`position_in_line` of everybody who waits in these trainings, by the enrolment's key. One query."""
    lines: dict[int, int] = {}
    positions: dict[int, int] = {}
    for pk, training in Enrolment.objects.waiting().filter(training__in=trainings).values_list("pk", "training"):
        positions[pk] = lines[training] = lines.get(training, 0) + 1
    return positions


def mail_was_queued(enrolment: Enrolment) -> bool:
    """Whether anything was sent about an enrolment: false where the cap of the day held it back."""
    if not enrolment.email:
        return True
    return Message.objects.filter(dedupe_key__startswith=f"enrolment:{enrolment.pk}:").exists()


def _enrol(
    training: Training,
    data: RegistrationData,
    sessions: Sequence[Event],
    *,
    by: User | None,
    self_registered: bool,
    token: str,
) -> Enrolment:
    now = timezone.now()
    row = Enrolment.objects.create(
        training=training,
        person=find_or_make_person(data),
        token=token,
        self_registered=self_registered,
        name=data.name,
        email=data.email.strip(),
        email_normalised=normalise_email(data.email),
        sex=data.sex,
        category=data.category,
        institution=data.institution,
        municipality=data.municipality,
        modality=data.modality,
        language=data.language,
        privacy_notice=data.privacy_notice,
        consented_at=now if data.privacy_notice else None,
        created_at=now,
        created_by=by,
    )
    _enqueue(row, "trainings.enrolment", key="made", by=by)
    others = Enrolment.objects.waiting().filter(training=training).exclude(pk=row.pk).order_by()
    if not _take_place(training, ~Exists(others)):
        # Whoever goes to the line looks once more while nobody can free a place unseen.
        _hold(training)
        if not _take_place(training, ~Exists(others)):
            row.created_at = timezone.now()
            row.save(update_fields=["created_at"])
            return row
    _confirm(row)
    _register_in(row, sessions, by=by, needs=data.needs)
    return row


def _take_place(training: Training, *conditions: Combinable) -> bool:
    """The one statement that decides."""
    free = Training.objects.filter(HAS_ROOM, *conditions, pk=training.pk)
    return bool(free.update(seats_taken=F("seats_taken") + 1))


def _confirm(row: Enrolment) -> None:
    row.state, row.confirmed_at = EnrolmentState.CONFIRMED, timezone.now()
    row.save(update_fields=["state", "confirmed_at"])


def _register_in(
    row: Enrolment, sessions: Iterable[Event], *, by: User | None, needs: Mapping[str, str] | None = None
) -> int:
    """A registration in each of the sessions, as far as they take any; returns how many were made."""
    made = []
    for event in sessions:
        own = RegistrationData(
            name=row.name,
            email=row.email,
            sex=row.sex,
            category=row.category,
            institution=row.institution,
            municipality=row.municipality,
            modality=row.modality if event.modality == Modality.HYBRID else event.modality,
            language=row.language,
            privacy_notice=row.privacy_notice,
            needs=needs or {},
            person=row.person,
        )
        try:
            made.append(
                register(
                    event=event, data=own, by=by, self_registered=row.self_registered, announce=False, approved=True
                )
            )
        except (AlreadyRegistered, RegistrationRefused):
            continue  # they hold one already, or the session takes none here: the person's page says which
    row.registrations.add(*made)
    return len(made)


def _hold(training: Training) -> None:
    """Lock the training's row to the end of the transaction, as strongly as an UPDATE and no stronger."""
    Training.objects.filter(pk=training.pk).select_for_update(no_key=True).values_list("pk", flat=True).first()


def _held(enrolment: Enrolment) -> tuple[Training, Enrolment]:
    """The training and the enrolment as they are stored, with the places held."""
    training = Training.objects.select_for_update(no_key=True).get(pk=enrolment.training_id)
    return training, Enrolment.objects.select_for_update(of=("self",)).get(pk=enrolment.pk)


def _live(training: Training, data: RegistrationData) -> Enrolment | None:
    """The live enrolment with this e-mail, the one people made themselves first; else that of the person."""
    same = training.enrolments.live()
    email = normalise_email(data.email)
    found = same.filter(email_normalised=email).order_by("-self_registered", "pk").first() if email else None
    return found or (same.filter(person=data.person).first() if data.person else None)


def _is_enrolled(training: Training, data: RegistrationData) -> bool:
    colleagues = training.enrolments.live().filter(self_registered=False, municipality=data.municipality)
    names = colleagues.values_list("name", flat=True)
    return " ".join(fold(data.name).split()) in {" ".join(fold(name).split()) for name in names}


def _token(training: Training, data: RegistrationData, form_key: str) -> str:
    """The link of whoever sends this form for this person: the same for the same form, and known to nobody else."""
    same = "\n".join([str(training.pk), form_key, normalise_email(data.email), fold(data.name)])
    digest = salted_hmac("trainings.enrolment", same, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _enqueue(row: Enrolment, kind: str, *, key: str, by: User | None) -> bool:
    """Queue one mail. What a person can cause without an account is capped: false where it was held back, or where the
    same one left before."""
    if row.self_registered and by is None and kind != "trainings.enrolment_promoted" and row.email:
        if not may_mail(row.email):
            return False
    dedupe_key = f"enrolment:{row.pk}:{key}"
    if Message.objects.filter(dedupe_key=dedupe_key).exists():
        return False
    enqueue_many(
        [
            Row(
                kind=kind,
                dedupe_key=dedupe_key,
                to_email=row.email,
                to_name=row.addressee,
                params={"enrolment": row.pk},
                language=row.language,
                cause=f"{kind} {row.pk}" + (f", by account {by.pk}" if by else ""),
            )
        ]
    )
    return True
