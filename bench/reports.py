"""How fast municipal reports are printed: ``python -m bench.reports`` (needs what ``python -m bench`` does).

In turns, in one run: a batch of one report a municipality in one process; the same with two processes that share it as
two workers do (goal: 1.8 × by wall time); one bare WeasyPrint loop over the HTML of that batch (goal for two workers
against it: 1.8 ×); one document at a time by ``web.pdf`` against bare WeasyPrint that writes the same standard from the
same HTML (goal: 0.9); and what it costs to bring the batch up to date after one municipality changed: a new version of
that report, counted anew, and the ZIP of all of them (goal: 4 % of printing all in one process).
"""

import argparse
import statistics
import time
from datetime import date, timedelta
from typing import Any

from bench.database import fresh_database
from bench.results import Result, say, tell
from bench.workers import seconds_of

WORKER = """
import sys, django
django.setup()
from reports.services import batches
from web.pdf import _fonts
_fonts()
batches.TURN_SECONDS = 1e9
print(flush=True)
sys.stdin.readline()
batches.print_batch(int(sys.argv[1]))
"""
# The plain loop of somebody who has the HTML already, in a process of its own as the workers are.
BARE = """
import sys, time, django
from pathlib import Path
django.setup()
from weasyprint import HTML
from web.pdf import _fetcher
pages = [path.read_text() for path in sorted(Path(sys.argv[1]).glob("*.html"))]
print(flush=True)
sys.stdin.readline()
for html in pages:
    HTML(string=html, url_fetcher=_fetcher()).write_pdf()
"""
DOCUMENTS = 8  # printed alone, one way and the other


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.reports", description=__doc__.split("\n")[0])
    parser.add_argument("--municipalities", type=int, default=125)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with fresh_database() as (folder, environment):
        make_data(wanted.municipalities)
        measure(wanted.municipalities, wanted.rounds, environment, folder / "pages")


def measure(number: int, rounds: int, environment: dict[str, str], folder: Any) -> None:
    folder.mkdir()
    found: dict[str, list[float]] = {"one": [], "bare": [], "document": [], "again": []}
    for turn in range(rounds):
        first, second = make_batch(turn, "one"), make_batch(turn, "two")
        alone = printed(first, environment, 1)
        shared = printed(second, environment, 2)
        pages = pages_of(second)
        for place, (html, _moment) in enumerate(pages):
            (folder / f"{place:04}.html").write_text(html)
        limit = seconds_of(BARE, [str(folder)], environment, 1)
        again = bring_up_to_date(first)
        found["one"].append(alone / shared)
        found["bare"].append(limit / shared)
        found["document"].append(one_at_a_time(pages[:DOCUMENTS]))
        found["again"].append(again / alone)
        say(f"  one process {alone:.1f} s, two {shared:.1f} s, bare loop {limit:.1f} s, one changed {again:.2f} s")
    tell(Result("Reports", f"{number} municipal reports, two workers, × the rate of one", found["one"], at_least=1.8))
    name = f"{number} municipal reports, two workers, × the rate of one bare WeasyPrint loop over the same HTML"
    tell(Result("Reports", name, found["bare"], at_least=1.8, note="bare: neither tagged nor archival"))
    name = "one document, × the rate of bare WeasyPrint that writes tagged PDF/A-3a from the same HTML"
    tell(Result("Reports", name, found["document"], at_least=0.9))
    name = f"new version of one of {number} reports and the ZIP of all, of the time of printing all in one process"
    tell(Result("Reports", name, found["again"], at_most=0.04))


def make_data(number: int) -> None:
    """So many of the state's municipalities and no other, each with two actions, and people at an event."""
    from django.utils import timezone

    from municipalities.models import Municipality
    from tests import factories as f

    Municipality.objects.all().delete()
    region = f.RegionFactory()
    event = f.EventFactory(day=timezone.localdate() - timedelta(days=1))
    for place in range(number):
        municipality = f.MunicipalityFactory(region=region, cvegeo=f"15{place + 1:03}", slug=f"banco-{place}")
        for _each in range(2):
            action = f.ActionFactory(municipality=municipality, review_state="published")
            f.MilestoneFactory(action=action)
            f.IndicatorFactory(action=action)
            f.EvidenceFactory(action=action)
        f.AttendanceFactory(event=event, municipality=municipality, minutes=60)


def make_batch(turn: int, name: str) -> int:
    from django.utils import timezone

    from reports.services.batches import request_batch

    today = timezone.localdate()
    batch = request_batch(
        kind="capacity", starts_on=date(today.year, 1, 1), ends_on=today, language="es", length="full",
        key=f"{name}-{turn}", by=None,
    )  # fmt: skip
    return batch.pk


def printed(batch: int, environment: dict[str, str], workers: int) -> float:
    from reports.models import IssuedReport

    taken = seconds_of(WORKER, [str(batch)], environment, workers)
    assert not IssuedReport.objects.filter(batch=batch, sha256="").exists()
    return taken


def pages_of(batch: int) -> list[tuple[str, Any]]:
    """The HTML of its documents, with the moment that each bears."""
    from django.template.loader import render_to_string

    from municipalities.figures import places
    from reports.documents.kinds import kind_of
    from reports.documents.printed import report_context
    from reports.models import IssuedReport
    from web import identity

    found, at = [], places()
    for report in IssuedReport.objects.filter(batch=batch).select_related("municipality__region").order_by("pk"):
        shared = {"installation": identity.current(), "moment": report.requested_at, "LANGUAGE_CODE": "es"}
        context = shared | report_context(report, at)
        found.append((render_to_string(f"pdf/reports/{kind_of(report).template}.html", context), report.requested_at))
    return found


def one_at_a_time(pages: list[tuple[str, Any]]) -> float:
    """Bare WeasyPrint and ours in turns, the order changing; the median ratio of their rates."""
    from weasyprint import HTML

    from web.pdf import COLOURS, SCHEME, _fetcher, _srgb, html_to_pdf

    def bare(html: str, moment: Any) -> None:
        HTML(string=html, base_url=SCHEME, url_fetcher=_fetcher()).write_pdf(
            pdf_variant="pdf/a-3a", pdf_tags=True, output_intent=COLOURS, color_profiles={COLOURS: _srgb()}
        )

    def ours(html: str, moment: Any) -> None:
        html_to_pdf(html, moment=moment)

    ratios = []
    for place, page in enumerate(pages):
        taken = {}
        for act in (bare, ours) if place % 2 else (ours, bare):
            start = time.monotonic()
            act(*page)
            taken[act] = time.monotonic() - start
        ratios.append(taken[bare] / taken[ours])
    return statistics.median(ratios)


def bring_up_to_date(batch: int) -> float:
    """One municipality corrects its attendance: its new version, and the ZIP of the whole batch."""
    from reports.documents.packed import packed
    from reports.models import IssuedReport
    from reports.services.reports import correct_report, render_report
    from tests import factories as f

    old = IssuedReport.objects.filter(batch=batch).select_related("municipality").latest("pk")
    f.AttendanceFactory(municipality=old.municipality, event=f.EventFactory(day=old.ends_on - timedelta(days=1)))
    staff = f.StaffFactory()
    start = time.monotonic()
    new = correct_report(report=old, reason="Llegó una lista", by=staff)
    render_report(new.pk)
    assert sum(map(len, packed(IssuedReport.objects.filter(batch=batch)))) > 0
    return time.monotonic() - start


if __name__ == "__main__":
    main()
