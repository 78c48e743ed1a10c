"""Counts that are kept beside their rows are counted again each night; the rows are the truth (ADR 2).

What differs raises an alarm, once per incident: the heartbeat of the job says so at ``/estado/``, staff read which rows
by their names, and a mail goes to who looks after the portal. Nothing is corrected by itself: a count that is wrong has
a cause, and somebody should look for it first.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from events.models import SeatPool
from outbox.emails import keepers
from outbox.models import Heartbeat
from outbox.registry import Mail
from outbox.services import Row, enqueue_many
from trainings.models import Training
from web import identity

JOB = "reports.audit"
ALARM = "reports.counts_differ"
NAMED = 5  # in the line that staff read; the mail has the rest
LISTED = 200


@dataclass(frozen=True)
class Difference:
    """A count (``column`` of the row ``pk``, called ``name``) that says ``kept`` where there are ``counted``."""

    column: str
    pk: int
    name: str
    address: str
    kept: int
    counted: int

    def __str__(self) -> str:
        said = _("{name}: dice {kept} y son {counted}")
        return said.format(name=self.name, kept=f"{self.kept:,}", counted=f"{self.counted:,}")


def differences() -> list[Difference]:
    """Two queries, however many rows there are."""
    pools = SeatPool.objects.miscounted().select_related("event", "municipality").order_by("pk")
    trainings = Training.objects.miscounted().order_by("pk")
    return [*map(_of_pool, pools), *map(_of_training, trainings)]


def _of_pool(row: SeatPool) -> Difference:
    of = ", ".join(str(part) for part in (row.get_modality_display(), row.municipality) if part)
    name = _("Lugares de «{title}»").format(title=row.event.title)
    address = reverse("staff_event_edit", args=[row.event_id])
    return Difference("SeatPool.taken", row.pk, f"{name} ({of})" if of else name, address, row.taken, row.counted)


def _of_training(row: Training) -> Difference:
    name = _("Capacitación «{title}»").format(title=row.title)
    address = reverse("staff_training_edit", args=[row.pk])
    return Difference("Training.seats_taken", row.pk, name, address, row.seats_taken, row.counted)


def audit_counts() -> str:
    """Compare, and raise or end the alarm. What was found in one line; empty where all is right."""
    with translation.override(settings.LANGUAGE_CODE):
        found = differences()
        if not found:
            Heartbeat.objects.filter(name=JOB, alarm_at__isnull=False).update(alarm_at=None, alarm_sent=False)
            return ""
        _raise(found)
        rest = len(found) - NAMED
        lines = [*map(str, found[:NAMED]), *([_("y {n} más").format(n=rest)] if rest > 0 else [])]
        return "; ".join(lines)


@transaction.atomic
def _raise(found: list[Difference]) -> None:
    if not Heartbeat.objects.filter(name=JOB, alarm_at=None).update(alarm_at=Now(), alarm_sent=True):
        return  # told already
    at = Heartbeat.objects.get(name=JOB).alarm_at
    assert at is not None
    mail = _mail(found)
    enqueue_many(
        Row(
            kind=ALARM, dedupe_key=f"{ALARM}:{at.isoformat()}:{number}", to_email=address, params={},
            language=settings.LANGUAGE_CODE, cause="nightly audit", rendered=mail,
        )
        for number, address in enumerate(keepers())
    )  # fmt: skip


def _mail(found: list[Difference]) -> Mail:
    lines = [f"- {row} ({row.column}, {row.pk})\n  {settings.SITE_URL}{row.address}" for row in found[:LISTED]]
    parts = [
        _("La revisión nocturna contó de nuevo los registros, y estas cuentas guardadas dicen otra cosa:"),
        "\n".join(lines),
        _(
            "Los registros son lo que vale: nadie perdió su lugar. Busque la causa y corrija la cuenta como dice "
            "docs/operations.md; la alarma termina con la siguiente revisión que no encuentre diferencias."
        ),
        settings.SITE_URL + reverse("staff_mail_list"),
    ]
    subject = _("Una cuenta de {portal} no coincide con sus registros").format(portal=identity.current().name)
    return Mail(subject=subject, text="\n\n".join(parts) + "\n")
