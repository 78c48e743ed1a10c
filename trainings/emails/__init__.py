"""One composer for each message about a training. Each reads the rows as they are when the mail leaves."""

from typing import Any

from django.conf import settings
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.emails import absolute, session_lines, sessions_calendar
from events.models import Registration
from outbox.registry import Mail, NotWanted
from trainings.documents.certificates import public_address
from trainings.enums import EnrolmentState
from trainings.models import Certificate, Enrolment
from trainings.rules import own_certificate_code
from web import identity
from web.mailhtml import inline

Params = dict[str, Any]


def enrolment_made(params: Params, language: str) -> Mail | NotWanted:
    """A place with its sessions, or a place in the line: whichever it is when the mail leaves."""
    row = _enrolment(params)
    if row is None or row.state == EnrolmentState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    return _mail(row, about="made")


def enrolment_link(params: Params, language: str) -> Mail | NotWanted:
    """Somebody tried to enrol again with this e-mail."""
    row = _enrolment(params)
    if row is None or row.state == EnrolmentState.CANCELLED:
        return NotWanted(_("La inscripción ya no está vigente."))
    return _mail(row, about="link")


def enrolment_promoted(params: Params, language: str) -> Mail | NotWanted:
    """A place became free for who waited."""
    row = _enrolment(params)
    if row is None or row.state != EnrolmentState.CONFIRMED:
        return NotWanted(_("La inscripción ya no está vigente."))
    return _mail(row, about="promoted")


def enrolment_cancelled(params: Params, language: str) -> Mail | NotWanted:
    row = _enrolment(params)
    if row is None or row.state != EnrolmentState.CANCELLED:
        return NotWanted(_("La inscripción sigue vigente."))
    return _mail(row, about="cancelled")


def _enrolment(params: Params) -> Enrolment | None:
    return Enrolment.objects.select_related("training__format").filter(pk=params["enrolment"]).first()


def _mail(row: Enrolment, *, about: str) -> Mail:
    registrations: list[Registration] = []
    if row.state == EnrolmentState.CONFIRMED:
        live = Registration.objects.live().filter(event__training_sessions__training=row.training, person=row.person)
        related = ("event__format", "event__pathway", "event__municipality", "event__series")
        by_day = (F("event__first_day").asc(nulls_last=True), "event__starts_at", "pk")
        registrations = list(live.select_related(*related).order_by(*by_day))
    context = {
        "enrolment": row,
        "training": row.training,
        "about": about,
        "lines": session_lines(registrations),
        "link": absolute(reverse("enrolment_detail", args=[row.token])),
        "training_url": absolute(reverse("training_detail", args=[row.training.slug])),
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
    }
    subject, text, html = (
        render_to_string(f"emails/trainings/enrolment.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return Mail(
        subject=" ".join(subject.split()), text=text, html=inline(html), attachments=sessions_calendar(registrations)
    )


def certificate_ready(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """To the person: the constancia is ready, with the link to it."""
    found = Certificate.objects.printed().in_force().select_related("person", "training")
    certificate = found.filter(pk=params["certificate"]).first()
    if certificate is None or not certificate.person.email:
        return NotWanted(_("La constancia ya no está vigente."))
    context = {
        "certificate": certificate,
        "said": certificate.snapshot,
        "address": public_address(certificate.folio),
        "link": f"{settings.SITE_URL}{reverse('own_certificate', args=[own_certificate_code(certificate)])}",
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
    }
    subject, text, html = (
        render_to_string(f"emails/trainings/certificate.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html))
