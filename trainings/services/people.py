"""What becomes of places in trainings when two records of one person are joined, parted, taken out or erased.

One human has one live place in a training, so of two the better one stays (a place before the line, then that of who is
kept) and the other is cancelled without a mail; its place passes on. What one knew alone, the score and the exception,
is kept by the one that stays.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, F
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import new_token
from network.models import ERASED_NAME, Person
from network.registry import Exported, Moved, MovedAgain, Outlook, give, give_back, row_as_json, row_of_json
from outbox.models import Message
from outbox.services import forget_messages
from trainings.enums import EnrolmentState
from trainings.models import Enrolment, Training
from trainings.services.enrolment import HAS_ROOM, cancel_enrolment, hand_out, sessions_to_come

ENROLMENT = "trainings.Enrolment.person"
KEYS = (ENROLMENT,)
ENDED = ("state", "cancelled_at", "cancel_reason")
FILLED_IN = ("score", "exception_reason", "exception_by_id", "exception_at")


def merge(kept: Person, gone: Person) -> Moved:
    """Give the places to who is kept; two of one training are united as the module says."""
    theirs = Enrolment.objects.live().filter(person__in=[kept, gone]).order_by().values("training")
    both = theirs.annotate(rows=Count("pk")).filter(rows=2).values_list("training", flat=True)
    trainings = Training.objects.select_for_update(no_key=True).filter(pk__in=list(both)).order_by("pk")
    united = [_keep_one(training, kept, gone) for training in trainings]
    return {"united": united, "enrolments": give(ENROLMENT, to=kept, of=gone)}


def unmerge(kept: Person, gone: Person, moved: Moved) -> None:
    """Put back what :func:`merge` moved. ``ValidationError`` where a place given back is somebody else's now."""
    give_back(ENROLMENT, moved["enrolments"], of=kept, to=gone)
    for row in moved["united"]:
        _revive(row)


def _keep_one(training: Training, kept: Person, gone: Person) -> dict[str, Any]:
    pair = list(training.enrolments.live().select_for_update(of=("self",)).filter(person__in=[kept, gone]))
    pair.sort(key=lambda row: (row.state == EnrolmentState.CONFIRMED, row.person_id == kept.pk))
    loser, winner = pair
    before = {"loser": row_as_json(loser), "winner": row_as_json(winner)}
    if winner.score is None:
        winner.score = loser.score
    if not winner.has_exception:
        for name in FILLED_IN[1:]:
            setattr(winner, name, getattr(loser, name))
    winner.save()
    loser.state, loser.cancelled_at = EnrolmentState.CANCELLED, timezone.now()
    loser.cancel_reason = _("Tenía dos inscripciones a esta capacitación: sigue vigente la otra.")
    loser.save(update_fields=ENDED)
    given = sorted(loser.registrations.exclude(enrolments=winner).values_list("pk", flat=True))
    winner.registrations.add(*given)  # a place that is cancelled later ends them too
    if before["loser"]["state"] == EnrolmentState.CONFIRMED:
        Training.objects.filter(pk=training.pk).update(seats_taken=F("seats_taken") - 1)
        hand_out(training)
    return before | {"registrations": given}


def _revive(moved: dict[str, Any]) -> None:
    training = Training.objects.select_for_update(no_key=True).get(pk=moved["loser"]["training_id"])
    loser = Enrolment.objects.select_for_update(of=("self",)).get(pk=moved["loser"]["id"])
    winner = Enrolment.objects.select_for_update(of=("self",)).get(pk=moved["winner"]["id"])
    if loser.state != EnrolmentState.CANCELLED:
        raise MovedAgain
    was = row_of_json(Enrolment, moved["loser"])
    if was.state == EnrolmentState.CONFIRMED:
        free = Training.objects.filter(HAS_ROOM, pk=training.pk)
        if not free.update(seats_taken=F("seats_taken") + 1):
            text = _("En «{training}» ya no hay lugar libre. Aumente el cupo o libere un lugar y deshaga otra vez.")
            raise ValidationError(text.format(training=training))
    for name in ENDED:
        setattr(loser, name, getattr(was, name))
    loser.save(update_fields=ENDED)
    before = row_of_json(Enrolment, moved["winner"])
    for name in FILLED_IN:
        setattr(winner, name, getattr(before, name))
    winner.save()
    winner.registrations.remove(*moved["registrations"])


def export(person: Person) -> Exported:
    rows = person.enrolments.select_related("training", "municipality", "privacy_notice")
    return {
        _("Capacitaciones"): [
            {
                _("Capacitación"): str(row.training),
                _("Estado"): row.get_state_display(),
                _("Nombre"): row.name,
                _("Correo"): row.email,
                _("Sexo"): row.get_sex_display(),
                _("Tipo de persona"): row.get_category_display(),
                _("Institución"): row.institution,
                _("Municipio"): str(row.municipality or ""),
                _("Modalidad"): row.get_modality_display(),
                _("Inscrita el"): row.created_at,
                _("Aviso de privacidad"): str(row.privacy_notice or ""),
                _("Aceptado el"): row.consented_at,
                _("Calificación"): row.score,
                _("Motivo de la excepción"): row.exception_reason,
            }
            for row in rows
        ]
    }


def outlook(person: Person) -> list[Outlook]:
    label = _("Lugares en capacitaciones: nombre, correo e institución")
    return [Outlook(label=label, kept=person.enrolments.count())]


def erase(person: Person) -> list[str]:
    """Places lose what was typed, and end where a session is still to come; that an exception was granted stays,
    without its words."""
    for row in person.enrolments.live().order_by("training", "pk"):
        if sessions_to_come(row.training):
            cancel_enrolment(enrolment=row, announce=False)
    rows = person.enrolments.all()
    pks = list(rows.values_list("pk", flat=True))
    forget_messages(Message.objects.filter(params__enrolment__in=pks))
    for pk in pks:
        Enrolment.objects.filter(pk=pk).update(token=new_token())  # the own page is nobody's any more
    rows.filter(exception_at__isnull=False).update(exception_reason="—")
    rows.update(name=ERASED_NAME, email="", email_normalised="", institution="", cancel_reason="")
    return []
