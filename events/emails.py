"""One composer for each message about a registration. Each reads the rows as they are when the mail leaves."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events import ical
from events.enums import EventStatus, RegistrationState
from events.models import Event, Registration
from network.enums import Modality
from outbox.models import Message
from outbox.registry import Mail, NotWanted
from web import identity
from web.mailhtml import inline

Params = dict[str, Any]


def registration_made(params: Params, language: str) -> Mail | NotWanted:
    """A place, or a place in the line: whichever it is when the mail leaves."""
    registration = _registration(params)
    if registration is None or registration.state == RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    if registration.event.status == EventStatus.CANCELLED:
        return NotWanted(_("El evento se canceló: se avisa aparte."))
    if _got_seat_later(registration):
        return NotWanted(_("Ya obtuvo lugar: se le avisa aparte."))
    return _mail("registration", registration, with_calendar=_is_confirmed(registration))


def registration_link(params: Params, language: str) -> Mail | NotWanted:
    """The own link again, to who tried to register twice (or whose address somebody else typed)."""
    registration = _registration(params)
    if registration is None or registration.state == RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    return _mail("registration_link", registration)


def registration_cancelled(params: Params, language: str) -> Mail | NotWanted:
    """The person's own cancellation, with the entry taken out of the calendar."""
    registration = _registration(params)
    if registration is None or registration.state != RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción está vigente."))
    return _mail("registration_cancelled", registration, method="CANCEL", with_calendar=True)


def promoted(params: Params, language: str) -> Mail | NotWanted:
    """A seat became free for who waited."""
    registration = _registration(params)
    if registration is None or not _is_confirmed(registration):
        return NotWanted(_("La inscripción ya no tiene lugar."))
    if registration.event.status == EventStatus.CANCELLED:
        return NotWanted(_("El evento se canceló: se avisa aparte."))
    return _mail("promoted", registration, with_calendar=True)


def reminder(params: Params, language: str) -> Mail | NotWanted:
    """The event is near. Not sent where it moved, was cancelled or began, nor where a later stage stands in for it."""
    registration = _registration(params)
    if registration is None or not _is_confirmed(registration):
        return NotWanted(_("La inscripción ya no está confirmada."))
    event = registration.event
    if event.status != EventStatus.PUBLISHED:
        return NotWanted(_("El evento se canceló."))
    if event.start_revision != params["start_revision"] or event.starts_at is None:
        return NotWanted(_("El evento cambió de hora: su recordatorio es otro."))
    if event.starts_at <= timezone.now():
        return NotWanted(_("El evento ya empezó."))
    if _is_superseded(f"reminder:{registration.pk}:", params["stage"], f":{event.start_revision}"):
        return NotWanted(_("Hay un recordatorio más reciente."))
    return _mail("reminder", registration, with_calendar=True, extra={"nearness": nearness(event)})


def moved(params: Params, language: str) -> Mail | NotWanted:
    """New time or place, with the updated calendar entry."""
    registration = _registration(params)
    if registration is None or registration.state == RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    if registration.event.status != EventStatus.PUBLISHED:
        return NotWanted(_("El evento se canceló: se avisa aparte."))
    if _is_superseded(f"moved:{registration.pk}:", str(params["sequence"]), ""):
        return NotWanted(_("El evento volvió a cambiar: el aviso es otro."))
    return _mail("moved", registration, with_calendar=True)


def cancelled(params: Params, language: str) -> Mail | NotWanted:
    """The event will not take place, and why."""
    registration = _registration(params)
    if registration is None or registration.event.status != EventStatus.CANCELLED:
        return NotWanted(_("El evento no está cancelado."))
    if registration.state == RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    return _mail("cancelled", registration, method="CANCEL", with_calendar=True)


def nearness(event: Event) -> str:
    """How near the start is, in words that stay true while the mail is on its way."""
    assert event.starts_at is not None
    away = event.starts_at - timezone.now()
    if away <= timedelta(minutes=90):
        return _("Empieza en poco tiempo")
    zone = ZoneInfo(event.time_zone)
    days = (event.starts_at.astimezone(zone).date() - timezone.now().astimezone(zone).date()).days
    if days == 0:
        return _("Es hoy")
    return _("Es mañana") if days == 1 else _("Se acerca la fecha")


def calendar_entry(registration: Registration, *, method: str = "PUBLISH") -> bytes:
    """The event as an ``.ics`` for the registered person, with the meeting link where they have a place.

    Where the person cancelled, the entry says so although the event takes place.
    """
    event = registration.event
    gone = method == "CANCEL"
    has_link = not gone and _is_confirmed(registration) and _attends_online(registration)
    meeting_url = event.meeting_url if has_link else ""
    entry = ical.entry(event, url=absolute(event_path(event)), host=host(), meeting_url=meeting_url)
    if entry is not None and gone:
        entry["status"] = "CANCELLED"
    return ical.calendar([entry], method=method)


def absolute(path: str) -> str:
    """Links in mail come from settings, never from a request's Host."""
    return f"{settings.SITE_URL}{path}"


def host() -> str:
    """What follows the @ in identifiers."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def event_path(event: Event) -> str:
    return reverse("event_detail", args=[event.slug])


def _registration(params: Params) -> Registration | None:
    related = ("event__format", "event__pathway", "event__municipality", "event__series")
    return Registration.objects.select_related(*related).filter(pk=params["registration"]).first()


def _is_confirmed(registration: Registration) -> bool:
    return registration.state == RegistrationState.CONFIRMED


def _got_seat_later(registration: Registration) -> bool:
    """Confirmed out of the waiting list, not on registering."""
    return _is_confirmed(registration) and registration.confirmed_at != registration.created_at


def _attends_online(registration: Registration) -> bool:
    event = registration.event
    return (registration.modality or event.modality) != Modality.IN_PERSON and event.modality != Modality.IN_PERSON


def _is_superseded(prefix: str, own: str, suffix: str) -> bool:
    """Whether a message of the same family was queued after this one."""
    messages = Message.objects.filter(dedupe_key__startswith=prefix, dedupe_key__endswith=suffix)
    family = dict(messages.values_list("dedupe_key", "pk"))
    return max(family.values(), default=0) > family.get(f"{prefix}{own}{suffix}", 0)


def _mail(
    name: str,
    registration: Registration,
    *,
    with_calendar: bool = False,
    method: str = "PUBLISH",
    extra: dict[str, Any] | None = None,
) -> Mail:
    event = registration.event
    confirmed = _is_confirmed(registration)
    context = {
        "registration": registration,
        "event": event,
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
        "confirmed": confirmed,
        "meeting_url": event.meeting_url if confirmed and _attends_online(registration) else "",
        "link": absolute(reverse("registration_detail", args=[registration.token])),
        "event_url": absolute(event_path(event)),
        "calendar_url": absolute(reverse("calendar")),
        **(extra or {}),
    }
    subject, text, html = (
        render_to_string(f"emails/events/{name}.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    attachments = []
    if with_calendar and event.first_day:
        content = calendar_entry(registration, method=method)
        attachments.append(("evento.ics", content, f"text/calendar; method={method}"))
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html), attachments=attachments)
