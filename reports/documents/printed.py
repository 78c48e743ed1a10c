"""The documents: what a report prints from its frozen figures, as PDF, CSV and JSON."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from municipalities import maps
from municipalities.figures import Place
from reports.documents import period_in_words
from reports.documents.changes import Change
from reports.documents.kinds import figures_of, kind_of
from reports.figures import Figures, csv_head, from_json
from reports.models import IssuedReport, period_before
from web import identity, markdown, qr
from web.pdf import Attachment, render_pdf
from web.tabular import csv_bytes

CSV, JSON = "text/csv; charset=utf-8", "application/json"


def subject_of(report: IssuedReport) -> str:
    """What it is about, in words."""
    return report.subject_label or identity.current().state_name


# --- Comparison and texts


@dataclass(frozen=True)
class Compared:
    """A number of this period and of the one before; null is unknown, and then no difference is said."""

    label: str
    now: int | None
    before: int | None

    @property
    def difference(self) -> str:
        if self.now is None or self.before is None:
            return "—"
        change = self.now - self.before
        return f"{'+' if change > 0 else '−'}{abs(change):,}" if change else _("igual")


def compared(now: Figures, before: Figures) -> tuple[Compared, ...]:
    """The headline numbers of two periods."""
    rows = [
        Compared(_("Eventos celebrados"), now.events.held, before.events.held),
        Compared(_("Asistencias"), now.people.attendances, before.people.attendances),
        Compared(_("Personas únicas"), now.people.persons, before.people.persons),
        Compared(_("Aforo declarado"), now.events.headcount, before.events.headcount),
    ]
    if now.coverage and before.coverage:
        rows.append(Compared(_("Municipios con titular vigente"), now.coverage.titular, before.coverage.titular))
    if now.actions and before.actions:
        rows.append(Compared(_("Acciones climáticas validadas"), now.actions.total, before.actions.total))
    return tuple(rows)


def prose(text: str) -> SafeString:
    """What staff wrote, below a heading of the second level: headings of their own are all of the third. Paper has no
    address of its own, so a link without a host leads to the portal, not to a file of whoever reads it."""
    html = markdown.render(re.sub(r"^#{1,6}(?=\s)", "###", text, flags=re.MULTILINE))
    linked = re.sub(r'href="([^"]*)"', lambda link: f'href="{urljoin(settings.SITE_URL, link[1])}"', html)
    return mark_safe(re.sub(r"<(/?)h[24]>", r"<\1h3>", linked))  # noqa: S308 (cleaned by markdown.render)


# --- Data


def figures_csv(report: IssuedReport, *, public: bool = False) -> bytes:
    """Every printed number, a row each; the period before follows in its own table."""
    return csv_bytes(csv_head(), figures_rows(report, public=public))


def figures_rows(report: IssuedReport, *, public: bool = False) -> list[list[str | int | Decimal]]:
    kind, figures = kind_of(report), figures_of(report, public=public)
    rows = kind.rows(figures)
    if report.previous_figures and kind.headline and not public:
        note = " / ".join(day.isoformat() for day in period_before(report.starts_on, report.ends_on))
        table = _("Periodo anterior")
        for one in compared(kind.headline(figures), from_json(report.previous_figures)):
            rows.append([table, "", one.label, "", "" if one.before is None else one.before, "", note])
    return rows


def figures_json(report: IssuedReport, *, public: bool = False) -> bytes:
    """The frozen figures with what they are of. Keys are sorted: the same figures are always the same bytes."""
    data = {
        "folio": report.folio,
        "version": report.version,
        "counted": report.public_figures if public else report.figures,
    }
    if not public:
        data["previous"] = report.previous_figures or None
    return json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1).encode()


def changes_since(report: IssuedReport, places: Sequence[Place], *, public: bool = False) -> tuple[Change, ...]:
    """What this version says otherwise than the one it replaces, in exact figures or in those for everybody."""
    if report.replaces is None:
        return ()
    old, new = (figures_of(version, public=public) for version in (report.replaces, report))
    return kind_of(report).changes(old, new, {place.code: place.name for place in places})


# --- The document


def report_context(report: IssuedReport, places: Sequence[Place]) -> dict[str, Any]:
    """What the template of its kind prints."""
    kind, figures = kind_of(report), figures_of(report)
    context = {**kind.context(figures, places), **shared_context(report, places)}
    if report.previous_figures and kind.headline:
        before = from_json(report.previous_figures)
        context["compared"] = compared(kind.headline(figures), before)
        context["period_before"] = period_in_words(before.starts_on, before.ends_on)
    return context


def shared_context(report: IssuedReport, places: Sequence[Place]) -> dict[str, Any]:
    """What every kind of report prints around its figures."""
    installation = identity.current()
    address = f"{settings.SITE_URL}{reverse('report_public', args=[report.folio])}"
    return {
        "report": report,
        "subject": subject_of(report),
        "address": address,
        "code": qr.printed(address),
        "changes": changes_since(report, places),
        "compared": (),
        "introduction": prose(report.introduction),
        "results": prose(report.results),
        "next_steps": prose(report.next_steps),
        "figures_sha256": hashlib.sha256(figures_json(report)).hexdigest(),
        "ornament": maps.ornament(
            [(place.column, place.row) for place in places],
            primary=installation.primary_light,
            accent=installation.accent,
        ),
    }


def report_pdf(report: IssuedReport, context: dict[str, Any]) -> bytes:
    """The document with its figures attached as CSV and JSON. Raises :class:`web.pdf.PdfUnavailable`."""
    description = _("Las cifras de este informe")
    attachments = [
        Attachment(_("cifras-%(folio)s.csv") % {"folio": report.folio}, figures_csv(report), description),
        Attachment(_("cifras-%(folio)s.json") % {"folio": report.folio}, figures_json(report), description, JSON),
    ]
    name = "summary" if report.is_short else kind_of(report).template
    template = f"pdf/reports/{name}.html"
    return render_pdf(template, context, moment=report.requested_at, attachments=attachments, language=report.language)
