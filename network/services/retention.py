"""How long each kind of data is kept: the rules that the apps registered, the days that staff set, and the cleaning.

A rule counts and takes out the rows whose time ended; here are its days, the run of all of them and its log, which
says which rule, how many and when, and nothing of anybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from network.enums import ARCO_CLOSED, Act, ArcoState, DesignationState
from network.models import (
    ERASED_NAME,
    KEPT_DAYS,
    ArcoRequest,
    ArcoStep,
    Communication,
    Designation,
    Invitation,
    Person,
    PersonAlias,
    PersonEdit,
    PossibleDuplicate,
    Proposal,
    RetentionDays,
    RetentionRun,
    User,
)
from network.registry import Retention, retentions
from network.services import people
from network.services.audit import erase_entries, old_entries, record
from network.services.loads import erase_old_loads, old_loads
from outbox.enums import FINAL_STATES
from outbox.models import Message, MessageQuerySet
from outbox.services import forget_messages

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it counts here: ``days`` are those that staff set, else its own; ``due`` is known where it was asked
    for, ``last`` is when it last took something out."""

    retention: Retention
    days: int
    due: int | None
    last: RetentionRun | None


def days_of(name: str) -> int:
    """How long this kind is kept here. An unknown rule is a ``KeyError``."""
    rule = {each.name: each for each in retentions()}[name]
    chosen = RetentionDays.objects.filter(name=name).values_list("days", flat=True).first()
    return rule.days if chosen is None else chosen


def ended_before(days: int) -> date:
    """What ended before this day has been kept for so many days."""
    return timezone.localdate() - timedelta(days=days - 1)


def rules(*, count: bool = False) -> list[Rule]:
    """Every rule, with what is due now where that is asked for: a dry run."""
    chosen = dict(RetentionDays.objects.values_list("name", "days"))
    newest = RetentionRun.objects.values("name").annotate(newest=Max("pk")).values("newest")
    last = {run.name: run for run in RetentionRun.objects.filter(pk__in=newest)}
    return [
        Rule(
            each,
            days := chosen.get(each.name, each.days),
            each.due(ended_before(days)) if count else None,
            last.get(each.name),
        )
        for each in retentions()
    ]


@transaction.atomic
def set_days(*, days: Mapping[str, int], by: User | None = None) -> None:
    """Keep what staff set, for the rules that exist."""
    known = {each.name for each in retentions()}
    rows = [RetentionDays(name=name, days=number) for name, number in days.items() if name in known]
    RetentionDays.objects.bulk_create(rows, update_conflicts=True, unique_fields=["name"], update_fields=["days"])
    record(Act.RETENTION_CHANGED, by=by, days=" ".join(f"{row.name}={row.days}" for row in rows))


def clean() -> dict[str, int]:
    """Carry every rule out; harmless to repeat. One that fails keeps no other one from being carried out, and is raised
    at the end."""
    done: dict[str, int] = {}
    failures: list[Exception] = []
    for rule in rules():
        try:
            done[rule.retention.name] = erased = rule.retention.run(ended_before(rule.days))
        except Exception as error:  # the next rule does not wait for somebody to mend this one
            failures.append(error)
            continue
        if erased:
            RetentionRun.objects.create(name=rule.retention.name, days=rule.days, erased=erased)
    if failures:
        raise failures[0]
    return done


# --- What the network keeps


def unconfirmed(before: date) -> QuerySet[ArcoRequest]:
    return ArcoRequest.objects.filter(state=ArcoState.UNCONFIRMED, created_at__date__lt=before)


def erase_unconfirmed(before: date) -> int:
    """Requests whose address nobody proved."""
    rows = unconfirmed(before)
    with transaction.atomic():
        number = rows.count()
        keys = [f"arco:{pk}:confirm" for pk in rows.values_list("pk", flat=True)]
        forget_messages(Message.objects.filter(dedupe_key__in=keys))
        _erase_files(ArcoStep.objects.filter(request__in=rows))
        rows.delete()
    return number


def documents(before: date) -> QuerySet[ArcoStep]:
    """Files that persons sent with requests that are over."""
    return ArcoStep.objects.filter(by=None, request__closed_at__date__lt=before).exclude(file="")


def erase_documents(before: date) -> int:
    with transaction.atomic():
        return _erase_files(documents(before))


def old_requests(before: date) -> QuerySet[ArcoRequest]:
    return ArcoRequest.objects.filter(state__in=ARCO_CLOSED, closed_at__date__lt=before, redacted_at=None)


def erase_requests(before: date) -> int:
    """What stays is the folio, the right, the dates and what was decided."""
    with transaction.atomic():
        pks = list(old_requests(before).values_list("pk", flat=True))
        rows, steps = ArcoRequest.objects.filter(pk__in=pks), ArcoStep.objects.filter(request__in=pks)
        about = Q(params__request__in=pks, kind__startswith="network.") | Q(
            params__step__in=list(steps.values_list("pk", flat=True)), kind="network.arco_step"
        )
        forget_messages(Message.objects.filter(about))
        _erase_files(steps)
        steps.update(text="", note="")
        nobody = {"name": ERASED_NAME, "email": "", "asks": "", "represents": "", "identity_how": ""}
        return rows.update(**nobody, person=None, redacted_at=timezone.now())


def _erase_files(steps: QuerySet[ArcoStep]) -> int:
    with_file = list(steps.exclude(file=""))
    ArcoStep.objects.filter(pk__in=[step.pk for step in with_file]).update(file="")
    for step in with_file:
        name, storage = step.file.name, step.file.storage
        transaction.on_commit(lambda name=name, storage=storage: storage.delete(name))  # type: ignore[misc]
    return len(with_file)


def ended_invitations(before: date) -> QuerySet[Invitation]:
    """Accepted, revoked or expired, and still with the address."""
    over = (
        Q(accepted_at__date__lt=before)
        | Q(revoked_at__date__lt=before)
        | Q(accepted_at=None, revoked_at=None, expires_at__date__lt=before)
    )
    return Invitation.objects.filter(over).exclude(email="")


def erase_invitations(before: date) -> int:
    now = timezone.now()
    with transaction.atomic():
        pks = list(ended_invitations(before).values_list("pk", flat=True))
        Invitation.objects.pending().filter(pk__in=pks).update(revoked_at=now)
        return Invitation.objects.filter(pk__in=pks).update(email="")


def old_mail(before: date) -> MessageQuerySet:
    """Messages that ended and still say to whom they went; those about a request go with it."""
    rows = Message.objects.filter(state__in=FINAL_STATES, due_at__date__lt=before, created_at__date__lt=before)
    return rows.exclude(to_email="").exclude(kind__startswith="network.arco")


def erase_mail(before: date) -> int:
    erased = 0
    while batch := list(old_mail(before).values_list("pk", flat=True)[:AT_ONCE]):
        erased += forget_messages(Message.objects.filter(pk__in=batch))
    return erased


def rejected_proposals(before: date) -> QuerySet[Proposal]:
    """Rejected, no longer to be corrected (the link does not serve any more), and still saying whom they were about."""
    rows = Proposal.objects.filter(designation__state=DesignationState.REJECTED, decided_at__date__lt=before)
    served = Q(link__revoked_at=None, link__ends_on__gte=timezone.localdate())
    return rows.exclude(served).exclude(reason="", designation__oficio_file="", designation__signed_by="")


@transaction.atomic
def erase_rejected(before: date) -> int:
    """What stays is that a municipality proposed somebody, and when it was rejected. Who is known from such letters
    alone is known no more."""
    rows = list(rejected_proposals(before).select_related("designation__person"))
    letters = [row.designation for row in rows]
    for person in {letter.person for letter in letters}:
        if _is_known_from(letters, person):
            people.erase(person)
    nothing = {"oficio_file": "", "oficio_sha256": "", "signed_by": ""}
    Designation.objects.filter(pk__in=[letter.pk for letter in letters]).update(**nothing)
    Designation.history.filter(id__in=[letter.pk for letter in letters]).update(**nothing, history_change_reason="")
    Proposal.objects.filter(pk__in=[row.pk for row in rows]).update(reason="")
    for file in (letter.oficio_file for letter in letters if letter.oficio_file):
        transaction.on_commit(lambda name=file.name, storage=file.storage: storage.delete(name))  # type: ignore[misc]
    return len(rows)


def _is_known_from(letters: Iterable[Designation], person: Person) -> bool:
    """No account, and nothing else in the portal points to this person."""
    if person.user_id is not None or person.designations.exclude(pk__in=[letter.pk for letter in letters]).exists():
        return False
    about_the_record = {Designation, Designation.history.model, PersonAlias, PersonEdit, PossibleDuplicate}
    others = [key for key in Person._meta.related_objects if key.related_model not in about_the_record]
    return not any(key.related_model._default_manager.filter(**{key.field.name: person}).exists() for key in others)


def old_communications(before: date) -> QuerySet[Communication]:
    """With nothing left to do, and still saying with whom or about what."""
    done = Communication.objects.filter(happened_on__lt=before).filter(Q(next_step="") | Q(done_at__isnull=False))
    return done.exclude(counterpart="", summary="", next_step="")


def erase_communications(before: date) -> int:
    """What stays is when, by which means and about which subject the institute spoke with a municipality."""
    return old_communications(before).update(
        counterpart="", summary="", next_step="", due_on=None, done_at=None, done_by=None
    )


def ended_sessions(before: date) -> QuerySet[UserSession]:
    """Begun before that day and over: signed out, closed or expired."""
    alive = Session.objects.filter(expire_date__gt=timezone.now())
    return UserSession.objects.filter(created_at__date__lt=before).exclude(session_key__in=alive.values("session_key"))


def erase_sessions(before: date) -> int:
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return ended_sessions(before).delete()[0]


def network_rules() -> list[Retention]:
    """What the network registers (see ``network/apps.py``)."""
    from django.utils.translation import gettext_lazy as _

    return [
        Retention(
            name="network.arco_unconfirmed",
            label=_("Solicitudes ARCO sin correo confirmado"),
            counted_from=_("que se enviaron"),
            days=7,
            due=lambda before: unconfirmed(before).count(),
            run=erase_unconfirmed,
        ),
        Retention(
            name="network.arco_documents",
            label=_("Identificaciones y archivos que enviaron las personas en solicitudes ARCO"),
            counted_from=_("que se cerró la solicitud"),
            days=30,
            due=lambda before: documents(before).count(),
            run=erase_documents,
        ),
        Retention(
            name="network.arco_requests",
            label=_("Solicitudes ARCO cerradas: nombre, correo y textos"),
            counted_from=_("que se cerró la solicitud"),
            days=730,
            due=lambda before: old_requests(before).count(),
            run=erase_requests,
        ),
        Retention(
            name="network.invitations",
            label=_("Correos de invitaciones a abrir una cuenta"),
            counted_from=_("que se aceptó, se retiró o caducó"),
            days=90,
            due=lambda before: ended_invitations(before).count(),
            run=erase_invitations,
        ),
        Retention(
            name="network.proposals",
            label=_("Propuestas de designación rechazadas: la persona, el oficio y el motivo"),
            counted_from=_("que se rechazó"),
            days=180,
            due=lambda before: rejected_proposals(before).count(),
            run=erase_rejected,
        ),
        Retention(
            name="network.communications",
            label=_("Bitácora de los municipios: con quién y qué se trató (la fecha y el asunto quedan)"),
            counted_from=_("que ocurrió"),
            days=1825,
            due=lambda before: old_communications(before).count(),
            run=erase_communications,
        ),
        Retention(
            name="network.loads",
            label=_("Cargas desde Excel que nadie confirmó: lo que decía el archivo"),
            counted_from=_("que se subió el archivo"),
            days=7,
            due=lambda before: old_loads(before).count(),
            run=erase_old_loads,
        ),
        Retention(
            name="network.audit",
            label=_("Auditoría: qué cuenta hizo qué (menos de cinco años no se borra)"),
            counted_from=_("que ocurrió"),
            days=KEPT_DAYS,
            due=lambda before: old_entries(before).count(),
            run=erase_entries,
        ),
        Retention(
            name="network.sessions",
            label=_("Sesiones terminadas de las cuentas: dirección IP y navegador"),
            counted_from=_("que se entró"),
            days=30,
            due=lambda before: ended_sessions(before).count(),
            run=erase_sessions,
        ),
        Retention(
            name="outbox.messages",
            label=_("Correos enviados: dirección, nombre, asunto y respuesta del servidor"),
            counted_from=_("que salieron o se dieron por terminados"),
            days=180,
            due=lambda before: old_mail(before).count(),
            run=erase_mail,
        ),
    ]
