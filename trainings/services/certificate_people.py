"""What becomes of constancias when two records of one person are joined or parted, taken out or erased.

Each was handed out, perhaps on paper, so none is cancelled by a merge: two live ones of one training make the institute
decide first which one holds.
"""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from network.models import Person
from network.registry import Exported, Moved, point_back, repoint
from trainings.models import Certificate, CertificateState, RevocationReason

CERTIFICATE = "trainings.Certificate.person"
KEYS = (CERTIFICATE,)


def merge(kept: Person, gone: Person) -> Moved:
    """Give the constancias to who is kept. ``ValidationError`` where both hold a live one of the same training."""
    live = Certificate.objects.in_force()
    trainings = live.filter(person=kept).values("training")
    both = live.filter(person=gone, training__in=trainings).select_related("training").first()
    if both is not None:
        text = _("Las dos tienen una constancia vigente de «{training}»: revoque primero la que no deba valer.")
        raise ValidationError(text.format(training=both.training))
    return repoint(*KEYS)(kept, gone)


unmerge = point_back(*KEYS)


def export(person: Person) -> Exported:
    rows = Certificate.objects.filter(person=person).order_by("pk")
    said = [
        {
            _("Folio"): row.folio,
            _("Nombre impreso"): row.holder,
            _("Capacitación"): row.snapshot["training"],
            _("Fechas"): row.snapshot["days"],
            _("Horas"): row.snapshot["hours"],
            _("Requisito"): row.snapshot["rule"],
            _("Expedida"): row.issued_at,
            _("Estado"): row.get_state_display(),
            _("Huella SHA-256"): row.sha256,
        }
        for row in rows
    ]
    return {_("Constancias"): said} if said else {}


@transaction.atomic
def hold_certificates(*, certificates: Collection[int], held: bool) -> None:
    """Keep these whole when their person is erased (a legal duty), or let them go with the rest."""
    Certificate.objects.filter(pk__in=certificates).update(is_held=held)


@transaction.atomic
def erase(person: Person) -> list[str]:
    """Revoke the person's constancias that are not held, without a name; the names of the files to delete.

    Their pages stay and say that they no longer hold: somebody may have one of them on paper.
    """
    files = []
    for row in Certificate.objects.select_for_update().filter(person=person, is_held=False):
        if row.file:
            files.append(str(row.file.name))
        if row.state == CertificateState.ISSUED:
            row.state, row.ended_at, row.ended_reason = (
                CertificateState.REVOKED, timezone.now(), RevocationReason.REQUEST,
            )  # fmt: skip
        row.file, row.ended_note = "", ""
        row.snapshot = row.snapshot | {"name": "", "text": ""}
        row.save()
    return files
