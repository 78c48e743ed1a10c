"""What becomes of constancias when two records of one person are joined or parted, taken out or erased.

Each was handed out, perhaps on paper, so none is cancelled by a merge: two live ones of one training make the institute
decide first which one holds.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.models import Person
from network.registry import Exported, Holding, Moved, Outlook, point_back, repoint
from outbox.models import Message
from outbox.services import forget_messages
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


def hold(person: Person) -> None:
    """Keep these whole when their person is erased (a legal duty)."""
    Certificate.objects.filter(person=person).update(is_held=True)


HOLDING = Holding(
    label=gettext_lazy("Constancias"),
    let_go=gettext_lazy("Revocar y borrar el PDF: su página queda, sin nombre, y dice que ya no valen"),
    keep=gettext_lazy("Conservar bajo reserva legal: quedan enteras, como están, con el nombre y el PDF"),
    count=lambda person: person.certificates.count(),
    hold=hold,
)


def outlook(person: Person) -> list[Outlook]:
    going = Certificate.objects.filter(person=person, is_held=False)
    return [
        Outlook(
            label=_("Constancias: se revocan y su página queda sin nombre"),
            kept=going.count(),
            held=Certificate.objects.filter(person=person, is_held=True).count(),
            why=HOLDING.keep,
        ),
        Outlook(label=_("PDF de constancias"), erased=going.exclude(file="").count()),
    ]


@transaction.atomic
def erase(person: Person) -> list[str]:
    """Revoke the person's constancias that are not held, without a name; the names of the files to delete.

    Their pages stay and say that they no longer hold: somebody may have one of them on paper.
    """
    files = []
    pks = list(Certificate.objects.filter(person=person).values_list("pk", flat=True))
    forget_messages(Message.objects.filter(params__certificate__in=pks))
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
