"""The desk of the ARCO rights: a request is asked, its address proven, the identity checked, answered and carried out.

The clock counts working days: Saturdays, Sundays and the days of the calendar (:class:`NonWorkingDay`) stand still. How
many each step may take is a setting of the installation; ``due_on`` is written with each step and anew where calendar
or deadlines change.
"""

import datetime
from collections.abc import Collection
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from network.enums import ARCO_CLOSED, ARCO_WITH_PERSON, Act, ArcoKind, ArcoState
from network.models import ArcoRequest, ArcoStep, NonWorkingDay, Person, PrivacyNotice, RightsDeadlines, User
from network.registry import Exported, Outlook
from network.services.audit import record
from outbox.models import Message, normalise_email
from outbox.services import enqueue

KEYS = ("network.ArcoRequest.person",)
# So many requests an address may begin in a day, whoever types it.
REQUESTS_A_DAY = 3
# States that the person is not written about: the desk's own order of work.
SILENT = {ArcoState.IN_PROGRESS}
SATURDAY = 5


class WrongMove(Exception):
    """The request is not where the page thought: somebody else was faster."""


def working_days_after(day: datetime.date, number: int, holidays: Collection[datetime.date]) -> datetime.date:
    """The last of ``number`` working days that follow this day; the day itself where the number is 0."""
    while number > 0:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and day not in holidays:
            number -= 1
    return day


def working_days_until(day: datetime.date, today: datetime.date, holidays: Collection[datetime.date]) -> int:
    """How many working days are left, the last one included; negative where it has passed."""
    first, last = min(day, today), max(day, today)
    between = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    count = sum(1 for each in between if each.weekday() < SATURDAY and each not in holidays)
    return count if day >= today else -count


def holidays() -> set[datetime.date]:
    return set(NonWorkingDay.objects.values_list("day", flat=True))


def ask(
    *,
    kind: ArcoKind,
    name: str,
    email: str,
    asks: str,
    represents: str,
    file: File | None,
    notice: PrivacyNotice | None,
    language: str,
    form_key: str,
) -> ArcoRequest:
    """Keep what was asked and send the link that proves the address; until then nothing else happens.

    The same form sent twice answers the first request. ``ValidationError`` where the address had too many today.
    """
    since = timezone.now() - timedelta(days=1)
    same = ArcoRequest.objects.filter(email__iexact=email.strip(), created_at__gte=since)
    if same.exclude(form_key=form_key).count() >= REQUESTS_A_DAY:
        raise ValidationError(_("Hoy ya se enviaron varias solicitudes con este correo. Vuelva a intentarlo mañana."))
    try:
        with transaction.atomic():
            request = ArcoRequest.objects.create(
                form_key=form_key,
                kind=kind,
                name=name,
                email=email.strip(),
                asks=asks,
                represents=represents,
                language=language,
                privacy_notice=notice,
                consented_at=timezone.now() if notice else None,
            )
            step = ArcoStep(request=request, state=ArcoState.UNCONFIRMED, text=asks)
            if file is not None:
                step.file = file
            step.save()
            _tell(request, "network.arco_confirm", f"arco:{request.pk}:confirm", {"request": request.pk})
    except IntegrityError:
        known = ArcoRequest.objects.filter(form_key=form_key).first()
        if known is None:
            raise
        return known
    return request


@transaction.atomic
def confirm(*, request: ArcoRequest) -> ArcoRequest:
    """The address is proven: the request gets its folio and the clock begins. Twice changes nothing."""
    stored = ArcoRequest.objects.select_for_update().get(pk=request.pk)
    if stored.state != ArcoState.UNCONFIRMED:
        return stored
    now = timezone.now()
    stored.number = f"ARCO-{timezone.localdate().year}-{stored.pk:05d}"
    stored.confirmed_at = now
    return _enter(stored, ArcoState.RECEIVED, by=None)


@transaction.atomic
def move(
    *,
    request: ArcoRequest,
    state: ArcoState,
    by: User,
    text: str = "",
    note: str = "",
    identity: str = "",
    file: File | None = None,
) -> ArcoRequest:
    """The desk's next step. ``text`` and ``file`` reach the person, ``note`` does not.

    ``identity`` says how it was checked, and is asked where the request is taken up for the first time.
    :class:`WrongMove` where that step does not follow from where the request is now.
    """
    stored = ArcoRequest.objects.select_for_update().get(pk=request.pk)
    if state not in stored.moves:
        raise WrongMove
    if state == ArcoState.EXTENDED and stored.steps.filter(state=ArcoState.EXTENDED).exists():
        raise ValidationError(_("El plazo ya se amplió una vez."))
    if state == ArcoState.IN_PROGRESS and stored.identity_at is None:
        if not identity:
            raise ValidationError({"identity": _("Diga cómo se acreditó la identidad.")})
        stored.identity_how, stored.identity_at, stored.identity_by = identity, timezone.now(), by
    record(Act.RIGHTS_MOVED, by=by, of=stored, state=state)
    return _enter(stored, state, by=by, text=text, note=note, file=file)


@transaction.atomic
def complete(*, request: ArcoRequest, text: str, file: File | None) -> ArcoRequest:
    """The person sends what was missing; the time to answer begins anew. :class:`WrongMove` where nothing is."""
    stored = ArcoRequest.objects.select_for_update().get(pk=request.pk)
    if stored.state == ArcoState.IDENTITY:
        return _enter(stored, ArcoState.RECEIVED, by=None, text=text, file=file)
    if stored.state != ArcoState.INCOMPLETE:
        raise WrongMove
    return _enter(stored, ArcoState.IN_PROGRESS, by=None, text=text, file=file)


@transaction.atomic
def identify(*, request: ArcoRequest, person: Person | None, by: User) -> ArcoRequest:
    """Say which person it is (none: take it back). Only once the identity was checked."""
    stored = ArcoRequest.objects.select_for_update().get(pk=request.pk)
    if person is not None and stored.identity_at is None:
        raise ValidationError(_("Primero acredite la identidad."))
    if stored.person_id != (person.pk if person else None):
        stored.person = person
        stored.save(update_fields=["person"])
        note = _("Se dijo de qué persona se trata.") if person else _("Se retiró a la persona asignada.")
        ArcoStep.objects.create(request=stored, state=stored.state, note=note, by=by)
    return stored


def recount() -> None:
    """Write the last days of all open requests anew: calendar or deadlines changed."""
    with transaction.atomic():
        deadlines, free = RightsDeadlines.current(), holidays()
        for row in ArcoRequest.objects.open().select_for_update().order_by("pk"):
            row.due_on = _due(row, deadlines, free)
            row.save(update_fields=["due_on"])


@transaction.atomic
def change_deadlines(*, deadlines: RightsDeadlines) -> None:
    deadlines.pk = 1
    deadlines.save()
    recount()


@transaction.atomic
def add_holiday(*, day: NonWorkingDay) -> None:
    day.save()
    recount()


@transaction.atomic
def remove_holiday(*, day: NonWorkingDay) -> None:
    day.delete()
    recount()


def send_own_data(*, request: ArcoRequest, by: User) -> None:
    """Send the person the link to their own data; each hour at most one."""
    if request.person is None or request.kind != ArcoKind.ACCESS or not request.identity_at:
        raise ValidationError(_("Falta acreditar la identidad o decir de qué persona se trata."))
    with transaction.atomic():
        ArcoStep.objects.create(request=request, state=request.state, note=_("Se envió el enlace a sus datos."), by=by)
        key = f"arco:{request.pk}:data:{timezone.now():%Y%m%d%H}"
        _tell(request, "network.own_data", key, {"request": request.pk})
        record(Act.OWN_DATA_SENT, by=by, of=request.person, request=request.pk)


def export(person: Person) -> Exported:
    """What was asked about this person's data, once it was found to be them."""
    return {
        _("Solicitudes sobre mis datos"): [
            {
                _("Folio"): row.folio,
                _("Derecho"): row.get_kind_display(),
                _("Estado"): row.get_state_display(),
                _("Qué pidió"): row.asks,
                _("Recibida"): row.confirmed_at,
            }
            for row in person.arco_requests.confirmed()
        ]
    }


def outlook(person: Person) -> list[Outlook]:
    why = _("Prueban que el derecho se atendió; se borran cuando vence su propio plazo de conservación.")
    return [Outlook(label=_("Solicitudes sobre sus datos"), held=person.arco_requests.count(), why=why)]


def erase(person: Person) -> list[str]:
    """A request stays as it is: it is the proof that the right was attended to, and goes with its own retention. It
    does not say any more whose rows they were that lost their name."""
    person.arco_requests.update(person=None)
    return []


def _enter(
    request: ArcoRequest, state: ArcoState, *, by: User | None, text: str = "", note: str = "", file: File | None = None
) -> ArcoRequest:
    """Write the step, start or stop the clock, tell the person. The request is held."""
    if request.state in ARCO_WITH_PERSON or state in {ArcoState.INCOMPLETE, ArcoState.GRANTED}:
        request.clock_from = timezone.localdate()
    request.state = state
    request.closed_at = timezone.now() if state in ARCO_CLOSED else None
    request.due_on = _due(request, RightsDeadlines.current(), holidays())
    request.save()
    step = ArcoStep(request=request, state=state, text=text, note=note, by=by)
    if file is not None:
        step.file = file
    step.save()
    if state not in SILENT:
        _tell(request, "network.arco_step", f"arco:{request.pk}:step:{step.pk}", {"step": step.pk})
    return request


def _due(request: ArcoRequest, deadlines: RightsDeadlines, free: set[datetime.date]) -> datetime.date | None:
    if request.clock_from is None or request.state in ARCO_CLOSED:
        return None
    days = {
        ArcoState.INCOMPLETE: deadlines.completion_days,
        ArcoState.EXTENDED: deadlines.answer_days + deadlines.extension_days,
        ArcoState.GRANTED: deadlines.fulfilment_days,
    }.get(ArcoState(request.state), deadlines.answer_days)
    return working_days_after(request.clock_from, days, free)


def _tell(request: ArcoRequest, kind: str, key: str, params: dict[str, int]) -> Message | None:
    return enqueue(
        kind=kind,
        dedupe_key=key,
        to_email=normalise_email(request.email),
        to_name=request.name if request.confirmed_at else "",
        params=params,
        language=request.language,
        cause=f"arco {request.pk}",
    )
