"""The mail with the link to a short form of a training."""

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.emails import absolute
from outbox.registry import Mail, NotWanted
from trainings.enums import EnrolmentState, TrainingForm
from trainings.models import Enrolment
from trainings.rules import form_code
from web import identity
from web.mailhtml import inline


def training_form(params: dict[str, Any], language: str) -> Mail | NotWanted:
    row = Enrolment.objects.select_related("training").filter(pk=params["enrolment"]).first()
    if row is None or row.state != EnrolmentState.CONFIRMED:
        return NotWanted(_("La inscripción ya no está vigente."))
    form = TrainingForm(params["form"])
    context = {
        "enrolment": row,
        "training": row.training,
        "form": form,
        "link": absolute(reverse("training_form", args=[form_code(row, form)])),
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
    }
    subject, text, html = (
        render_to_string(f"emails/trainings/form.{ending}", context) for ending in ("subject.txt", "txt", "html")
    )
    return Mail(subject=" ".join(subject.split()), text=text, html=inline(html))
