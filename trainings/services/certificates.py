"""Issuing constancias, and printing them in the background: the rows are the truth, a worker's message is only a nudge.

A batch writes one row a person in one transaction, each with its sealed words; the database keeps a second live one of
the same training and person out. Workers then take some rows at a time, by a lease on the database's clock and a
token: several share a batch, one that dies leaves its rows to the next, and what is printed is never printed again.
"""

import hashlib
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from time import monotonic

from celery import current_app
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from network.enums import Act
from network.models import Person, User, private_storage
from network.services import audit
from outbox.services import enqueue
from trainings.completion import completions
from trainings.documents.certificates import Merit, Shared, certificate_pdf, course_of, merit_of, sealed
from trainings.models import (
    LEASE,
    Certificate,
    CertificateBatch,
    CertificateState,
    CertificateTemplate,
    Training,
    certificate_path,
)

logger = logging.getLogger(__name__)
TASK = "trainings.tasks.print_certificates"
# Rows a worker takes at a time, and how long it goes on before it lets other work in (the embedded worker is one).
CHUNK = 5
TURN_SECONDS = 3.0
WORKERS = 2


# --- Issuing and revoking


@transaction.atomic
def issue_certificates(
    *, training: Training, template: CertificateTemplate, key: str, notify: bool, by: User
) -> CertificateBatch | None:
    """Issue to whoever met the rule and never had a constancia of this training; None where there is nobody.

    ``key`` came with the form: used again, it answers the batch that it made.
    """
    training = Training.objects.select_for_update().get(pk=training.pk)
    if batch := CertificateBatch.objects.filter(key=key, training=training).first():
        return batch
    with translation.override("es"):  # the outcome is told in the words of the constancia
        merits = {one.person_id: merit_of(one) for one in completions(training) if one.met}
    had = set(Certificate.objects.filter(training=training).values_list("person_id", flat=True))
    new = list(Person.objects.filter(pk__in=merits.keys() - had).order_by("name", "pk"))
    if not new:
        return None
    batch = CertificateBatch.objects.create(
        training=training, template=template, key=key, notify=notify, requested_by=by
    )
    audit.record(Act.CERTIFICATES_ISSUED, by=by, of=training, batch=batch.pk, number=len(new))
    course, now = course_of(training), timezone.now()
    Certificate.objects.bulk_create(
        [
            Certificate(
                training=training,
                person=person,
                batch=batch,
                issued_at=now,
                issued_by=by,
                snapshot=sealed(template, course, name=person.name, merit=merits[person.pk], issued_at=now),
            )
            for person in new
        ],
        batch_size=200,
    )
    transaction.on_commit(lambda: nudge(batch.pk, WORKERS), robust=True)
    return batch


@transaction.atomic
def replace_certificate(*, certificate: Certificate, name: str, reason: str, note: str, by: User) -> Certificate:
    """Issue it anew with this name and the training's data as they are now, under a new folio; the old one says so."""
    old = _locked(certificate)
    if old.state == CertificateState.REPLACED:
        raise ValidationError(_("Esta constancia ya se sustituyó: corrija la nueva."))
    now = timezone.now()
    if old.state == CertificateState.ISSUED:
        old.ended_at = now
    old.state = CertificateState.REPLACED
    old.ended_by, old.ended_reason, old.ended_note = by, reason, note
    old.save()
    batch = CertificateBatch.objects.create(
        training_id=old.training_id,
        template_id=old.batch.template_id,
        key=str(uuid.uuid4()),
        notify=old.batch.notify,
        requested_by=by,
    )
    said = old.snapshot
    merit = Merit(said["rule"], said["minutes"], said["sessions"], said["sessions_held"])
    new = Certificate.objects.create(
        training_id=old.training_id,
        person_id=old.person_id,
        batch=batch,
        issued_at=now,
        issued_by=by,
        snapshot=sealed(old.batch.template, course_of(old.training), name=name, merit=merit, issued_at=now),
    )
    audit.record(Act.CERTIFICATE_REPLACED, by=by, of=old, new=new.pk)
    old.replaced_by = new
    old.save(update_fields=["replaced_by"])
    transaction.on_commit(lambda: nudge(batch.pk), robust=True)
    return new


@transaction.atomic
def revoke_certificate(*, certificate: Certificate, reason: str, note: str, by: User | None) -> Certificate:
    """Say that it no longer holds. Its page stays and says so, with the day and the reason, never the note."""
    certificate = _locked(certificate)
    if certificate.state != CertificateState.ISSUED:
        raise ValidationError(_("Solo se revoca una constancia vigente."))
    certificate.state = CertificateState.REVOKED
    certificate.ended_at, certificate.ended_by = timezone.now(), by
    certificate.ended_reason, certificate.ended_note = reason, note
    certificate.save()
    audit.record(Act.CERTIFICATE_REVOKED, by=by, of=certificate)
    return certificate


def _locked(certificate: Certificate) -> Certificate:
    rows = Certificate.objects.select_for_update(of=("self",)).select_related("batch__template", "training")
    return rows.get(pk=certificate.pk)


# --- Printing


def nudge(batch_id: int, times: int = 1) -> None:
    """Ask workers to print. Losing this is harmless: the clock asks again each minute."""
    try:
        for _turn in range(times):
            current_app.send_task(TASK, args=[batch_id], expires=60)
    except (KombuError, OSError) as error:
        logger.warning("certificate nudge lost, the clock will ask again: %s", type(error).__name__)


def resume_batches() -> int:
    """Ask again for batches with something to print that nobody is at. How many were asked for."""
    in_hand = Certificate.objects.filter(batch=OuterRef("batch"), claimed_until__gte=Now(), sha256="")
    waiting = Certificate.objects.waiting().filter(~Exists(in_hand)).order_by("batch")
    batches = list(waiting.values_list("batch", flat=True).distinct()[:10])
    for batch_id in batches:
        nudge(batch_id, WORKERS)
    return len(batches)


def print_batch(batch_id: int) -> int:
    """Print for one turn, then leave the rest to a next one. How many were printed. May be called any number of times,
    by several workers at once."""
    batch = CertificateBatch.objects.filter(pk=batch_id).first()
    if batch is None:
        return 0
    shared, printed, end = Shared(), 0, monotonic() + TURN_SECONDS
    while rows := _claim(batch_id):
        printed += sum(_print(certificate, batch, shared) for certificate in rows)
        if monotonic() > end:
            nudge(batch_id)
            break
    return printed


def _claim(batch_id: int) -> list[Certificate]:
    """Take some that nobody is at."""
    token = uuid.uuid4()
    with transaction.atomic():
        waiting = Certificate.objects.waiting().filter(batch=batch_id).order_by("pk")
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        found = list(waiting.values_list("pk", flat=True)[:CHUNK])
        Certificate.objects.waiting().filter(pk__in=found).update(
            claim_token=token, claimed_until=Now() + LEASE, attempts=F("attempts") + 1
        )
    return list(Certificate.objects.filter(claim_token=token).select_related("person__user"))


def _print(certificate: Certificate, batch: CertificateBatch, shared: Shared) -> bool:
    """Print one that is ours. False where it could not be done, or somebody else did it."""
    ours = Certificate.objects.unprinted().filter(pk=certificate.pk, claim_token=certificate.claim_token)
    try:
        data = certificate_pdf(certificate.folio, certificate.snapshot, issued_at=certificate.issued_at, shared=shared)
    except Exception:  # broad: one that cannot be printed, for whatever reason, must not hold up the others
        logger.exception("certificate %s could not be printed", certificate.pk)
        ours.update(claim_token=None, claimed_until=None)
        return False
    storage, name = private_storage(), certificate_path(certificate, "")
    storage.delete(name)  # what a worker that died left there
    stored = storage.save(name, ContentFile(data))
    with transaction.atomic():
        done = ours.update(file=stored, sha256=hashlib.sha256(data).hexdigest(), claim_token=None, claimed_until=None)
        if done and batch.notify:
            _tell(certificate)
    return bool(done)


def _tell(certificate: Certificate) -> None:
    person = certificate.person
    enqueue(
        kind="trainings.certificate",
        dedupe_key=f"certificate:{certificate.pk}",
        to_email=person.email,
        to_name=certificate.holder,
        params={"certificate": certificate.pk},
        language=person.user.language if person.user else "es",
        cause=f"certificate {certificate.pk}",
    )


@transaction.atomic
def retry_batch(*, training: Training) -> int:
    """Let those that could not be printed be tried again. How many they are."""
    stuck = Certificate.objects.stuck().filter(training=training)
    batches = set(stuck.values_list("batch", flat=True))
    changed = stuck.update(attempts=0, claim_token=None, claimed_until=None)
    for batch in batches:
        transaction.on_commit(partial(nudge, batch), robust=True)
    return changed


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the live constancias of a training: how many there are, how many have their PDF, how many got stuck."""

    total: int
    printed: int
    stuck: int

    @property
    def is_unfinished(self) -> bool:
        return self.printed + self.stuck < self.total


def progress_of(training: Training) -> Progress:
    return progress_among(Certificate.objects.filter(training=training).without_words())


def progress_among(certificates: Iterable[Certificate]) -> Progress:
    """Of these, as they were read."""
    live = [row for row in certificates if row.is_in_force]
    return Progress(len(live), sum(bool(row.sha256) for row in live), sum(row.is_stuck for row in live))
