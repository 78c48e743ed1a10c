"""What follows a session: agreements that become tracked actions, and the reminder of results that nobody wrote."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from actions.enums import ActionKind, ActionStatus
from actions.models import Action
from actions.services import save_action, tell_liaisons
from events.emails import absolute, event_path
from events.enums import EventStatus
from events.models import Agreement, Event
from network.enums import Role
from network.models import User
from outbox.models import Message
from outbox.services import Row, enqueue_many

# Sessions that ended earlier than this are shown as pending, but nobody is written to about them any more.
REMIND_UP_TO = timedelta(days=120)


@transaction.atomic
def make_action(*, agreement: Agreement, by: User | None) -> tuple[Action, int]:
    """Make a draft action of an agreement in its municipality and tell those designated for it.

    Returns the action and to how many people the mail goes. A second call answers the first action. The municipality
    completes the draft: its kind is *mitigation and adaptation*, its sector the first of the event.
    """
    agreement = Agreement.objects.select_for_update().get(pk=agreement.pk)
    if agreement.action is not None:
        return agreement.action, 0
    event, municipality = agreement.event, agreement.municipality
    if event.status != EventStatus.PUBLISHED:
        raise ValidationError(_("Publique el evento antes de hacer acción un acuerdo suyo."))
    sector = event.sectors.select_related("entry_pathway").first()
    if municipality is None:
        raise ValidationError(_("Diga de qué municipio es el acuerdo y guarde antes de hacerlo acción."))
    if sector is None:
        raise ValidationError(_("El evento no tiene sector: póngalo en Editar, porque la acción lo necesita."))
    today = timezone.localdate()
    with translation.override("es"):
        source = _("Viene de un acuerdo de «{event}» ({day}).").format(event=event.title, day=event.day_label)
        area = agreement.owner[:160] or _("Por definir")
    action = save_action(
        action=None,
        municipality=municipality,
        values={
            "title": _shortened(agreement.text, 160),
            "kind": ActionKind.BOTH,
            "sector": sector,
            "pathway": event.pathway,
            "description": f"{agreement.text}\n\n{source}\n{absolute(event_path(event))}",
            "responsible_area": area,
            "starts_on": min(today, agreement.due_on or today),
            "ends_on": agreement.due_on,
            "status": ActionStatus.PLANNED,
        },
        linked_pathways=event.linked_pathways.all(),
        sdgs=event.sdgs.all(),
        by=by,
        request_key=uuid5(NAMESPACE_URL, f"{event.uid}/{agreement.pk}"),
    )
    agreement.action = action
    agreement.save(update_fields=["action"])
    key = f"agreement-action:{agreement.pk}"
    told = tell_liaisons(
        municipality=action.municipality_id,
        kind="events.agreement_action",
        key=key,
        params={"agreement": agreement.pk},
        cause=key,
    )
    return action, told


def _shortened(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rsplit(" ", 1)[0] + "…"


def remind_pending_results() -> int:
    """Write once about each session whose results are pending; returns how many messages were found missing.

    To the event's responsible, else to who programmed it, else to all of the institute's staff. Not about a session
    that was written down when it was over: a first load of earlier years writes to nobody.
    """
    key = Concat(Value("results-pending:"), Cast("pk", CharField()), Value(":"), output_field=CharField())
    in_time = Q(published_at=None) | Q(published_at__date__lte=F("last_day"))
    recent = Event.objects.results_pending().filter(in_time, last_day__gte=timezone.localdate() - REMIND_UP_TO)
    recent = recent.alias(key=key)
    told = Message.objects.filter(kind="events.results_pending", dedupe_key__startswith=OuterRef("key"))
    events = recent.filter(~Exists(told)).select_related("responsible", "created_by").order_by("last_day", "pk")
    rows = [row for event in events[:500] for row in _rows(event)]
    enqueue_many(rows)
    return len(rows)


def _rows(event: Event) -> Iterator[Row]:
    people = [user for user in (event.responsible, event.created_by) if user and user.is_staff_member][:1]
    staff = User.objects.filter(Q(role=Role.STAFF) | Q(role=Role.ADMIN), is_active=True).order_by("pk")
    for user in people or staff:
        yield Row(
            kind="events.results_pending",
            dedupe_key=f"results-pending:{event.pk}:{user.pk}",
            to_email=user.email,
            to_name=user.name,
            params={"event": event.pk},
            language=user.language,
            cause=f"event {event.pk}, results pending",
        )
