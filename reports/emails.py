"""One composer for each message about a report. Each reads the rows as they are when the mail leaves."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from network.models import Designation
from outbox.registry import Mail, NotWanted, Text
from outbox.texts import Words
from reports import texts
from reports.documents import period_in_words
from reports.models import IssuedReport
from web import identity
from web.mailhtml import inline


def municipal_report(params: dict[str, Any], language: str) -> Mail | NotWanted:
    """A titular is told where the periodic report of the municipality is, while they are titular."""
    in_force = Designation.objects.in_force().filter(pk=params["designation"]).select_related("person").first()
    report = IssuedReport.objects.issued().filter(pk=params["report"]).select_related("municipality").first()
    if report is None or report.municipality is None:
        return NotWanted(_("El informe ya no existe."))
    if in_force is None:
        return NotWanted(_("La designación ya no está vigente."))
    return _mail(report, texts.words(report, in_force.person.name))


def example(report: IssuedReport, name: str, text: Text) -> Mail:
    """The mail about a report with these words: what staff see before they save them."""
    return _mail(report, texts.words(report, name, text))


def _mail(report: IssuedReport, words: Words) -> Mail:
    assert report.municipality is not None
    context = {
        "municipality": report.municipality.name,
        "period": period_in_words(report.starts_on, report.ends_on),
        "folio": report.folio,
        "link": texts.address(report),
        "words": words,
        "installation": identity.current(),
        "LANGUAGE_CODE": get_language(),
    }
    name = "emails/reports/municipal_report"
    return Mail(
        subject=words.subject,
        text=render_to_string(f"{name}.txt", context),
        html=inline(render_to_string(f"{name}.html", context)),
    )
