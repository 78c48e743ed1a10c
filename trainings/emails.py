"""One composer for each message about a training. Each reads the rows as they are when the mail leaves."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from outbox.registry import Mail, NotWanted
from trainings.documents.certificates import public_address
from trainings.models import Certificate
from trainings.rules import own_certificate_code
from web import identity
from web.mailhtml import inline


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
