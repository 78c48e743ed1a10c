"""One composer for each message about a registration. Each reads the rows as they are when the mail leaves."""

import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from events import ical, texts
from events.enums import Audience, EventStatus, MaterialKind, RegistrationState, ReminderAudience
from events.models import (
    Agreement,
    Announcement,
    BulkMessage,
    Event,
    Invitation,
    Material,
    Registration,
    ReminderStage,
    in_force,
)
from events.rules import check_in_seal, confirmation_code, own_list_code
from network.enums import Modality
from network.models import Designation
from outbox import mailing
from outbox.models import Message, normalise_email
from outbox.registry import Mail, NotWanted, Text
from outbox.texts import Words
from web import identity, qr
from web.mailhtml import inline

Params = dict[str, Any]
# How many of what a session left are named in the mail after it; the page of the event has all.
FOLLOW_UP_MATERIALS = 6


def registration_made(params: Params, language: str) -> Mail | NotWanted:
    """A place, or a place in the line: whichever it is when the mail leaves."""
    registration = _registration(params)
    if registration is None or registration.state == RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    if registration.event.status == EventStatus.CANCELLED:
        return NotWanted(_("El evento se canceló: se avisa aparte."))
    if registration.state == RegistrationState.UNCONFIRMED:
        return NotWanted(_("Aún no confirma su correo."))
    if registration.state == RegistrationState.OFFERED or _got_seat_later(registration):
        return NotWanted(_("Ya obtuvo lugar: se le avisa aparte."))
    name = {"confirmed": texts.CONFIRMED, "requested": texts.REQUESTED}.get(registration.state, texts.WAITING)
    return _mail(
        "registration",
        registration,
        with_calendar=_is_confirmed(registration),
        with_code=True,
        words=lambda person: texts.words(name, person),
    )


def series_registration(params: Params, language: str) -> Mail | NotWanted:
    """All that one form for several sessions left, each as it is when the mail leaves, in one mail."""
    related = ("event__format", "event__pathway", "event__municipality", "event__series")
    rows = (
        Registration.objects.live().filter(pk__in=params["registrations"]).exclude(event__status=EventStatus.CANCELLED)
    )
    by_day = (F("event__first_day").asc(nulls_last=True), "event__starts_at", "pk")
    registrations = list(rows.select_related(*related).order_by(*by_day))
    if not registrations:
        return NotWanted(_("La inscripción ya no está vigente."))
    context = {
        "lines": session_lines(registrations),
        "registration": registrations[0],
        "series": registrations[0].event.series,
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
    }
    subject, text, html = (
        render_to_string(f"emails/events/series_registration.{ending}", context)
        for ending in ("subject.txt", "txt", "html")
    )
    return Mail(
        subject=" ".join(subject.split()), text=text, html=inline(html), attachments=sessions_calendar(registrations)
    )


def session_lines(registrations: Iterable[Registration]) -> list[dict[str, Any]]:
    """What a mail about several sessions says of each: the place, the link of the meeting for who has one, and the
    address of the registration."""
    return [
        {
            "registration": row,
            "event": row.event,
            "confirmed": _is_confirmed(row),
            "meeting_url": row.event.meeting_url if _is_confirmed(row) and _attends_online(row) else "",
            "link": absolute(reverse("registration_detail", args=[row.token])),
        }
        for row in registrations
    ]


def sessions_calendar(registrations: Iterable[Registration]) -> list[tuple[str, bytes, str]]:
    """The sessions with a place as one calendar file to attach; nothing where none has a day."""
    entries = [
        event_entry(row.event, meeting_url=row.event.meeting_url if _attends_online(row) else "")
        for row in registrations
        if _is_confirmed(row) and row.event.first_day
    ]
    for entry in filter(None, entries):
        _add_organiser(entry)
    return [("sesiones.ics", ical.calendar(entries), "text/calendar; method=PUBLISH")] if entries else []


def confirm_email(params: Params, language: str) -> Mail | NotWanted:
    """The link that proves the e-mail; until then there is no seat."""
    registration = _registration(params)
    if registration is None or registration.state != RegistrationState.UNCONFIRMED:
        return NotWanted(_("El correo ya se confirmó, o venció el plazo."))
    url = absolute(reverse("registration_confirm", args=[confirmation_code(registration)]))
    return _mail("confirm_email", registration, extra={"confirm_url": url})


def approved(params: Params, language: str) -> Mail | NotWanted:
    """The institute let the person in: with a seat, or to the line."""
    registration = _registration(params)
    if registration is None or registration.state not in {RegistrationState.CONFIRMED, RegistrationState.WAITING}:
        return NotWanted(_("La inscripción ya no está vigente."))
    if registration.event.status == EventStatus.CANCELLED:
        return NotWanted(_("El evento se canceló: se avisa aparte."))
    return _mail("approved", registration, with_calendar=_is_confirmed(registration))


def invitation(params: Params, language: str) -> Mail | NotWanted:
    """Who is invited gets the link that opens the registration."""
    related = ("event__format", "event__pathway", "event__municipality", "event__series")
    row = Invitation.objects.select_related(*related).filter(pk=params["invitation"]).first()
    if row is None or row.registration_id:
        return NotWanted(_("La invitación se retiró o ya se usó."))
    event = row.event
    if event.status != EventStatus.PUBLISHED or event.is_over:
        return NotWanted(_("El evento ya no recibe inscripciones."))
    link = f"{absolute(reverse('event_register', args=[event.slug]))}?invitacion={row.token}"
    context = {
        "event": event,
        "registration": {"modality": ""},
        "meeting_url": "",
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
        "link": link,
    }
    subject, text, html = (
        render_to_string(f"emails/events/invitation.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html))


def own_registrations(params: Params, language: str) -> Mail | NotWanted:
    """A link to the list of what this address has, where it has anything still to come."""
    asked = Message.objects.filter(dedupe_key=params["key"]).first()
    live = Registration.objects.live().filter(event__in=Event.objects.published().not_over())
    row = live.filter(email_normalised=normalise_email(asked.to_email)).first() if asked else None
    if row is None:
        return NotWanted(_("Esta dirección no tiene inscripciones próximas."))
    context = {
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
        "link": absolute(reverse("own_registrations_list", args=[own_list_code(row)])),
    }
    subject, text, html = (
        render_to_string(f"emails/events/own_registrations.{ending}", context)
        for ending in ("subject.txt", "txt", "html")
    )
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html))


def registration_link(params: Params, language: str) -> Mail | NotWanted:
    """The own link again, to who tried to register twice (or whose address somebody else typed)."""
    registration = _registration(params)
    if registration is None or registration.state == RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    return _mail("registration_link", registration)


def registration_cancelled(params: Params, language: str) -> Mail | NotWanted:
    """The registration has ended, and why; the entry is taken out of the calendar."""
    registration = _registration(params)
    if registration is None or registration.state != RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción está vigente."))
    return _mail("registration_cancelled", registration, method="CANCEL", with_calendar=True)


def offered(params: Params, language: str) -> Mail | NotWanted:
    """A seat is kept for who waited, until they accept it or the time is over."""
    registration = _registration(params)
    if registration is None or registration.state != RegistrationState.OFFERED:
        return NotWanted(_("El lugar ya se aceptó, se rechazó o venció el plazo."))
    if registration.event.status == EventStatus.CANCELLED:
        return NotWanted(_("El evento se canceló: se avisa aparte."))
    return _mail("offered", registration, words=lambda person: texts.words(texts.OFFERED, person))


def promoted(params: Params, language: str) -> Mail | NotWanted:
    """Who waited has a seat now: it was given, or offered and accepted."""
    registration = _registration(params)
    if registration is None or not _is_confirmed(registration):
        return NotWanted(_("La inscripción ya no tiene lugar."))
    if registration.event.status == EventStatus.CANCELLED:
        return NotWanted(_("El evento se canceló: se avisa aparte."))
    return _mail(
        "promoted",
        registration,
        with_calendar=True,
        with_code=True,
        words=lambda person: texts.words(texts.PROMOTED, person),
    )


def reminder(params: Params, language: str) -> Mail | NotWanted:
    """The event is near, or on. Not sent where it moved, was cancelled or began, nor where a later stage stands in."""
    found = _awaiting(params)
    if isinstance(found, NotWanted):
        return found
    registration, stage = found
    confirmed = _is_confirmed(registration)
    name = texts.REMINDER if confirmed else texts.REMINDER_WAITING
    alike = {"stage": stage.code, "nearness": texts.nearness(registration.event)}
    return _mail(
        "reminder",
        registration,
        with_calendar=confirmed,
        with_code=True,
        extra=alike,
        words=lambda person: texts.words(name, person, variant=stage.code),
    )


def follow_up(params: Params, language: str) -> Mail | NotWanted:
    """The event is over: thanks to who came, and where what it left is to be found."""
    found = _awaiting(params)
    if isinstance(found, NotWanted):
        return found
    registration, stage = found
    event = registration.event
    if not event.is_over:
        return NotWanted(_("El evento aún no termina."))
    came = event.attendances.filter(person=registration.person_id).exists()
    by_audience = {ReminderAudience.ABSENT: texts.AFTER_ABSENT, ReminderAudience.WAITING: texts.AFTER_WAITING}
    name = by_audience.get(ReminderAudience(stage.audience), texts.AFTER_CAME if came else texts.AFTER)
    return _mail(
        "follow_up",
        registration,
        extra=_left_by(event.materials.exclude(kind=MaterialKind.REFERENCE)[:FOLLOW_UP_MATERIALS])
        | {"stage": stage.code, "says": name},
        words=lambda person: texts.words(name, person, variant=stage.code),
    )


def _left_by(materials: Iterable[Material]) -> dict[str, Any]:
    """What the mail after an event says besides its words: where to find what the session left."""
    return {"materials": materials, "meeting_url": "", "library_url": absolute(reverse("library"))}


def _awaiting(params: Params) -> tuple[Registration, ReminderStage] | NotWanted:
    """The registration and the stage of a reminder that has still its sense, as both are now."""
    registration = _registration(params)
    if registration is None or registration.state == RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    event = registration.event
    if event.status != EventStatus.PUBLISHED:
        return NotWanted(_("El evento se canceló."))
    if event.start_revision != params["start_revision"]:
        return NotWanted(_("El evento cambió de hora: su recordatorio es otro."))
    stages = mailing.once(("stages", event.pk), lambda: in_force(event, ReminderStage.objects.about(event)))
    stage = next((stage for stage in stages if stage.code == params["stage"]), None)
    if stage is None or not stage.is_active:
        return NotWanted(_("Esa etapa de recordatorio se apagó."))
    expires = stage.expires_at(event)
    if expires is None or expires <= timezone.now():
        return NotWanted(_("El evento ya empezó.") if stage.is_before_start else _("Ya pasó su momento."))
    keys = {stage.code: f"reminder:{registration.pk}:{stage.code}:{event.start_revision}" for stage in stages}
    if _is_superseded(keys.pop(stage.code), keys.values()):
        return NotWanted(_("Hay un recordatorio más reciente."))
    if not _is_reached(stage, registration):
        return NotWanted(_("La persona ya no está entre quienes lo reciben."))
    return registration, stage


def _is_reached(stage: ReminderStage, registration: Registration) -> bool:
    """As ``stage.reached()`` says it; the most common case without asking the database."""
    if stage.audience == ReminderAudience.CONFIRMED and not stage.modality:
        return _is_confirmed(registration)
    return Registration.objects.filter(stage.reached(), pk=registration.pk).exists()


def moved(params: Params, language: str) -> Mail | NotWanted:
    """New time or place, with the updated calendar entry."""
    registration = _registration(params)
    if registration is None or registration.state == RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    if registration.event.status != EventStatus.PUBLISHED:
        return NotWanted(_("El evento se canceló: se avisa aparte."))
    own, now = params["sequence"], registration.event.sequence
    later = [f"moved:{registration.pk}:{sequence}" for sequence in range(own + 1, now + 1)]
    if later and _is_superseded(f"moved:{registration.pk}:{own}", later):
        return NotWanted(_("El evento volvió a cambiar: el aviso es otro."))
    return _mail("moved", registration, with_calendar=True, words=lambda person: texts.words(texts.MOVED, person))


def cancelled(params: Params, language: str) -> Mail | NotWanted:
    """The event will not take place, and why."""
    registration = _registration(params)
    if registration is None or registration.event.status != EventStatus.CANCELLED:
        return NotWanted(_("El evento no está cancelado."))
    if registration.state == RegistrationState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    return _mail(
        "cancelled",
        registration,
        method="CANCEL",
        with_calendar=True,
        words=lambda person: texts.words(texts.CANCELLED, person),
    )


TEMPLATES = {
    texts.REMINDER: "reminder",
    texts.REMINDER_WAITING: "reminder",
    texts.CONFIRMED: "registration",
    texts.REQUESTED: "registration",
    texts.WAITING: "registration",
    texts.OFFERED: "offered",
    texts.PROMOTED: "promoted",
    texts.MOVED: "moved",
    texts.CANCELLED: "cancelled",
    texts.AFTER_CAME: "follow_up",
    texts.AFTER: "follow_up",
    texts.AFTER_ABSENT: "follow_up",
    texts.AFTER_WAITING: "follow_up",
}


def example(name: str, registration: Registration, text: Text) -> Mail:
    """The mail of that name with these words and without attachments: what staff see before they save them."""
    template = TEMPLATES[name]
    facts = _left_by([]) if template == "follow_up" else {}
    return _mail(template, registration, extra=facts, words=lambda person: texts.words(name, person, text=text))


def agreement_action(params: Params, language: str) -> Mail | NotWanted:
    """To the municipality: an agreement of a session waits as a draft action."""
    rows = Agreement.objects.select_related("event", "action__municipality")
    agreement = rows.filter(pk=params["agreement"]).first()
    if agreement is None or agreement.action is None or not agreement.action.is_draft:
        return NotWanted(_("El borrador de la acción ya no está."))
    in_force = Designation.objects.in_force().filter(municipality=agreement.action.municipality_id)
    if not in_force.filter(pk=params["designation"]).exists():
        return NotWanted(_("La designación ya no está vigente."))
    link = absolute(reverse("liaison_action_detail", args=[agreement.action.pk]))
    return _letter("agreement_action", agreement=agreement, action=agreement.action, event=agreement.event, link=link)


def results_pending(params: Params, language: str) -> Mail | NotWanted:
    """To the institute: the session is over for days and nothing of it was written."""
    event = Event.objects.results_pending().select_related("format", "series").filter(pk=params["event"]).first()
    if event is None:
        return NotWanted(_("Los resultados ya se escribieron."))
    return _letter("results_pending", event=event, link=absolute(reverse("staff_event_results", args=[event.pk])))


def _letter(name: str, **context: Any) -> Mail:
    context |= {"installation": identity.current(), "LANGUAGE_CODE": get_language()}
    subject, text, html = (
        render_to_string(f"emails/events/{name}.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html))


def calendar_entry(registration: Registration, *, method: str = "PUBLISH") -> bytes:
    """The event as an ``.ics`` for the registered person, with the meeting link where they have a place.

    Where the person cancelled, the entry says so although the event takes place. The same organiser stands in what is
    published and in what takes it out again, which also names who it is taken from (RFC 5546, 3.2.1 and 3.2.5): some
    calendars take nothing out without them.
    """
    if method == "CANCEL":
        return _calendar_file(registration, _changed_at(registration), method)
    event = registration.event
    key = ("entry", event.pk, get_language(), method, _is_confirmed(registration), _attends_online(registration))
    shared = mailing.once(key, lambda: _calendar_file(registration, ical.UNSTAMPED, method))
    return ical.stamped(shared, _changed_at(registration))


def _calendar_file(registration: Registration, changed_at: datetime, method: str) -> bytes:
    entry = _entry(registration, changed_at, gone=method == "CANCEL")
    if entry is not None:
        _add_organiser(entry)
        if method == "CANCEL" and registration.email:
            entry.add("attendee", ical.person(registration.name, registration.email))
    return ical.calendar([entry], method=method)


def _add_organiser(entry: ical.icalendar.Event) -> None:
    """Who sends the mail that the entry comes with."""
    entry.add("organizer", ical.person(identity.current().name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def registration_entry(registration: Registration, *, gone: bool) -> ical.icalendar.Event | None:
    """The event's VEVENT as the registered person alone has it: tentative until they have a place; ``gone``: it is none
    of theirs any more. It changed when the person's state did or the event, the later."""
    return _entry(registration, _changed_at(registration), gone=gone)


def _changed_at(registration: Registration) -> datetime:
    changed = (registration.created_at, registration.confirmed_at, registration.cancelled_at)
    return max(moment for moment in (*changed, registration.event.revised_at) if moment)


def _entry(registration: Registration, changed_at: datetime, *, gone: bool) -> ical.icalendar.Event | None:
    event = registration.event
    has_link = not gone and _is_confirmed(registration) and _attends_online(registration)
    entry = event_entry(event, meeting_url=event.meeting_url if has_link else "")
    if entry is None:
        return None
    if gone:
        entry["status"] = "CANCELLED"
    elif not _is_confirmed(registration) and event.status != EventStatus.CANCELLED:
        entry["status"] = "TENTATIVE"
    for name in ("dtstamp", "last-modified"):
        entry.pop(name)
        entry.add(name, changed_at)
    return entry


def event_entry(event: Event, *, meeting_url: str = "") -> ical.icalendar.Event | None:
    """The event's VEVENT under its one identity and address; see :func:`events.ical.entry`."""
    return ical.entry(event, url=absolute(event_path(event)), host=host(), meeting_url=meeting_url)


def absolute(path: str) -> str:
    """Links in mail come from settings, never from a request's Host."""
    return f"{settings.SITE_URL}{path}"


def host() -> str:
    """What follows the @ in identifiers."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def event_path(event: Event) -> str:
    return reverse("event_detail", args=[event.slug])


# What staff may write in a message to many, and what it becomes for each person.
PLACEHOLDERS = ("nombre", "evento", "fecha", "enlace_inscripcion")


def bulk(params: Params, language: str) -> Mail | NotWanted:
    """What staff wrote to many, to one of them; not where the registration is in another state by now."""
    registration = _registration(params)
    message = BulkMessage.objects.filter(pk=params["bulk"]).first()
    if registration is None or message is None:
        return NotWanted(_("La inscripción o el mensaje ya no existen."))
    if registration.state not in message.states:
        return NotWanted(_("La inscripción cambió de estado después de escribir el mensaje."))
    return compose_bulk(message, registration)


def compose_bulk(message: BulkMessage, registration: Registration) -> Mail:
    """The mail to one person; the event and what it belongs to come with the registration."""
    event = registration.event
    values = {
        "nombre": registration.name,
        "evento": event.label,
        "fecha": f"{event.day_label}, {event.time_label}" if event.time_label else event.day_label,
        "enlace_inscripcion": absolute(reverse("registration_detail", args=[registration.token])),
    }
    extra = {"subject": _filled(message.subject, values), "text": _filled(message.body, values)}
    return _mail("bulk", registration, extra=extra)


# The same in an announcement: who is designated, and who is registered in a series.
LIAISON_PLACEHOLDERS = ("nombre", "municipio")
SERIES_PLACEHOLDERS = ("nombre", "ciclo")


def announcement(params: Params, language: str) -> Mail | NotWanted:
    """What staff wrote to a segment, to one address of it; not to who has left it, or has another address by now."""
    pk = params["announcement"]
    sent = mailing.once(("announcement", pk), lambda: Announcement.objects.with_segments().filter(pk=pk).first())
    if sent is None:
        return NotWanted(_("El aviso ya no existe."))
    segment = sent.segment
    rows = [
        row for row in segment.reachable().filter(pk__in=params["rows"]) if sent.seal(row.address) == params["address"]
    ]
    if not rows:
        return NotWanted(_("Ya no está entre las personas a quienes se escribió, o cambió de correo."))
    still = segment.rows().filter(pk__in=[row.pk for row in rows])
    with override(language if sent.body_en else settings.LANGUAGE_CODE):
        return replace(compose_announcement(sent, rows), still=still)


def compose_announcement(sent: Announcement, rows: Sequence[Any]) -> Mail:
    """The mail to the address that these designations or registrations share; several people are named together."""
    if sent.audience == Audience.SERIES:
        values = {"nombre": _together(row.name for row in rows), "ciclo": sent.series.label if sent.series else ""}
    else:
        places = _together(row.municipality.name for row in rows)
        values = {"nombre": _together(row.person.name for row in rows), "municipio": places}
    context = {
        "subject": _filled(sent.subject_label, values),
        "text": _filled(sent.body_label, values),
        "why": _why_announced(sent),
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
    }
    subject, text, html = (
        render_to_string(f"emails/events/announcement.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html))


def _why_announced(sent: Announcement) -> str:
    """Why the person gets it, at the foot of the mail."""
    if sent.audience == Audience.SERIES:
        series = sent.series.label if sent.series else ""
        return _("Le escribimos porque se inscribió en el ciclo {series}.").format(series=series)
    if sent.audience == Audience.VACANT:
        return _(
            "Le escribimos porque su municipio envió su nombre en un oficio de designación, y hoy no tiene titular "
            "vigente."
        )
    return _("Le escribimos porque representa a su municipio en la red.")


def _together(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _filled(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders filled in, in one pass: what a person typed is never read as a placeholder."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)


def check_in_url(registration: Registration) -> str:
    """What the person's QR code says: the page that staff open at the door, in the portal's first language."""
    with override(settings.LANGUAGE_CODE):
        return absolute(reverse("staff_check_in", args=[registration.pk, check_in_seal(registration)]))


def _registration(params: Params) -> Registration | None:
    registration = Registration.objects.filter(pk=params["registration"]).first()
    if registration is not None:
        registration.event = mailing.once(("event", registration.event_id), lambda: _event(registration.event_id))
    return registration


def _event(number: int) -> Event:
    return Event.objects.select_related("format", "pathway", "municipality", "series").get(pk=number)


def _is_confirmed(registration: Registration) -> bool:
    return registration.state == RegistrationState.CONFIRMED


def _got_seat_later(registration: Registration) -> bool:
    """Confirmed out of the waiting list, not on registering."""
    return _is_confirmed(registration) and registration.confirmed_at != registration.created_at


def _attends_online(registration: Registration) -> bool:
    """The event's own way decides; only where it is held both ways the person's choice does."""
    event = registration.event
    chosen = registration.modality if event.modality == Modality.HYBRID else ""
    return (chosen or event.modality) != Modality.IN_PERSON


def _is_superseded(own: str, others: Iterable[str]) -> bool:
    """Whether one of these messages was queued after this one; asked by whole keys, which the index finds."""
    queued = Message.objects.filter(dedupe_key__in=[own, *others]).values_list("dedupe_key", "pk")
    family = dict(queued)
    return max(family.values(), default=0) > family.get(own, 0)


def _mail(
    name: str,
    registration: Registration,
    *,
    with_calendar: bool = False,
    with_code: bool = False,
    method: str = "PUBLISH",
    extra: dict[str, Any] | None = None,
    words: Callable[[Registration], Words] | None = None,
) -> Mail:
    """The mail of that name to one person; ``words`` are those that staff may change, filled in for a person."""
    event = registration.event
    confirmed = _is_confirmed(registration)
    with_code = with_code and registration.comes_in_person
    context = {
        "event": event,
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
        "confirmed": confirmed,
        "with_code": with_code,
        "meeting_url": event.meeting_url if confirmed and _attends_online(registration) else "",
        "event_url": absolute(event_path(event)),
        "calendar_url": absolute(reverse("calendar")),
        **(extra or {}),
    }

    def rendered(person: Registration) -> tuple[str, str, str]:
        own = {"registration": person, "link": _own_link(person)}
        return _rendered(name, context | own | ({"words": words(person)} if words else {}))

    if name in SHARED:
        subject, text, html = _for_one_of_many(name, registration, context, rendered)
    else:
        subject, text, html = rendered(registration)
    attachments = []
    if with_calendar and event.first_day:
        content = calendar_entry(registration, method=method)
        attachments.append(("evento.ics", content, f"text/calendar; method={method}"))
    if with_code:
        attachments.append(("entrada.png", qr.png(check_in_url(registration)), "image/png"))
    return Mail(
        subject=" ".join(subject.split()),
        text=text,
        html=html,
        attachments=attachments,
        still=Event.objects.filter(pk=event.pk, status=event.status, sequence=event.sequence),
    )


def _own_link(registration: Registration) -> str:
    return absolute(reverse("registration_detail", args=[registration.token]))


# Mail that goes to many for one event: between people of one state and modality only the name and the link differ.
SHARED = frozenset({"reminder", "follow_up", "moved", "cancelled"})
_MARK = secrets.token_hex(12)


def _for_one_of_many(
    name: str,
    registration: Registration,
    context: dict[str, Any],
    rendered: Callable[[Registration], tuple[str, str, str]],
) -> tuple[str, str, str]:
    """Subject, text and HTML of a mailing: written once with marks where the name and the link come, then filled in.

    Whatever else is in the context tells one text from another, but for what belongs to the event.
    """
    anyone = copy(registration)
    anyone.name, anyone.token = f"nombre{_MARK}", f"enlace{_MARK}"
    of_the_event = {"event", "installation", "materials"}
    said = tuple((key, value) for key, value in sorted(context.items()) if key not in of_the_event)
    key = (name, registration.event_id, registration.state, registration.modality, said)
    shared = mailing.once(key, lambda: rendered(anyone))
    subject, text, html = (part.replace(anyone.token, registration.token) for part in shared)
    return (
        subject.replace(anyone.name, registration.name),
        text.replace(anyone.name, registration.name),
        html.replace(anyone.name, escape(registration.name)),
    )


def _rendered(name: str, context: dict[str, Any]) -> tuple[str, str, str]:
    subject, text, html = (
        render_to_string(f"emails/events/{name}.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return subject, text, inline(html)
