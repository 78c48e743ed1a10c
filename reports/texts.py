"""The words of the mails about reports that staff may change: what they are at first, and what fills them in."""

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from outbox import registry, texts
from outbox.registry import Label, Mail, Text
from reports.documents import period_in_words
from reports.models import IssuedReport

MUNICIPAL_REPORT = "reports.municipal_report"
PLACEHOLDERS: dict[str, Label] = {
    "nombre": gettext_lazy("el nombre de la persona titular"),
    "municipio": gettext_lazy("el nombre del municipio"),
    "periodo": gettext_lazy("los días de los que informa"),
    "folio": gettext_lazy("el folio del informe"),
    "enlace": gettext_lazy("la dirección donde se ve y se descarga el informe"),
}
LINKS = frozenset({"enlace"})


def register(compose: Callable[[IssuedReport, str, Text], Mail]) -> None:
    """Let staff change these; ``compose`` makes the mail about a report to somebody, with words not stored."""
    registry.register_text(
        registry.TextKind(
            name=MUNICIPAL_REPORT,
            label=gettext_lazy("Informe periódico del municipio"),
            placeholders=PLACEHOLDERS,
            links=LINKS,
            facts=gettext_lazy("los días de los que informa y el folio"),
            default=_municipal_report,
            sample=lambda: values(sample(), sample_name()),
            compose=lambda text: compose(sample(), sample_name(), text),
        )
    )


def words(report: IssuedReport, name: str, text: Text | None = None) -> texts.Words:
    """The words about this report for the titular of that name; ``text`` instead of the current ones, for a preview."""
    kind = registry.text(MUNICIPAL_REPORT)
    assert kind is not None
    return texts.fill(kind, text or texts.current(MUNICIPAL_REPORT, get_language() or ""), values(report, name))


def values(report: IssuedReport, name: str) -> dict[str, str]:
    """What stands for each placeholder, in the active language."""
    return {
        "nombre": name,
        "municipio": report.municipality.name if report.municipality else "",
        "periodo": period_in_words(report.starts_on, report.ends_on),
        "folio": report.folio,
        "enlace": address(report),
    }


def address(report: IssuedReport) -> str:
    """Where its titular reads it."""
    return f"{settings.SITE_URL}{reverse('liaison_report_detail', args=[report.folio])}"


# --- The words as they are shipped


def _municipal_report(variant: str) -> Text:
    says = _("Ya está listo el informe de **{municipio}**.")
    return Text(_("Informe de {municipio}: {periodo}"), f"{says}\n\n{{{texts.FACTS}}}")


# --- An invented report, to look at the words


def sample_name() -> str:
    return _("María Ejemplo")


def sample() -> IssuedReport:
    """Of last month; it is not stored."""
    last = timezone.localdate().replace(day=1) - dt.timedelta(days=1)
    return IssuedReport(
        folio="EJEMPLO",
        municipality=Municipality(name=_("Municipio de ejemplo")),
        starts_on=last.replace(day=1),
        ends_on=last,
    )
