"""How fast a batch of constancias is printed: ``python -m bench.certificates`` (needs what ``python -m bench`` does).

In turns, in one run: one bare WeasyPrint loop over the same HTML in one process, and two processes that share a batch
as two workers do (claims, files flushed to the disk, hashes, rows). Prints wall times and their ratio (goal: 1.7).
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench.__main__ import drop_database, make_database, say, settings_for, spread
from bench.servers import ROOT

WORKER = """
import sys, django
django.setup()
from trainings.services import certificates
from web.pdf import _weasyprint
_weasyprint()
certificates.TURN_SECONDS = 1e9
print(flush=True)
sys.stdin.readline()
certificates.print_batch(int(sys.argv[1]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.certificates", description=__doc__.split("\n")[0])
    parser.add_argument("--certificates", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = settings_for(Path(folder))
        os.environ.update(environment)
        make_database()
        try:
            measure(wanted.certificates, wanted.rounds, environment)
        finally:
            drop_database()


def measure(number: int, rounds: int, environment: dict[str, str]) -> None:
    import django

    django.setup()
    ratios = []
    for turn in range(rounds):
        batch, pages = make_batch(turn, number)
        limit, ours = bare(pages), shared(batch, environment, number)
        ratios.append(limit / ours)
        say(f"  bare {limit:.1f} s ({number / limit:.1f}/s), two workers {ours:.1f} s ({number / ours:.1f}/s)")
    say(f"{number:,} constancias with two workers: {spread(ratios)} × one bare WeasyPrint loop (goal ≥ 1.7)")


def make_batch(turn: int, number: int) -> tuple[int, list[str]]:
    """A batch for so many people who met the rule, and the HTML of its documents."""
    from django.utils import timezone

    from tests import factories
    from trainings.documents.certificates import Shared, certificate_html
    from trainings.models import Certificate
    from trainings.services.certificates import issue_certificates

    training = factories.TrainingFactory(min_sessions_share=100, hours=20, slug=f"banco-{turn}")
    event = factories.EventFactory(day=timezone.localdate() - timedelta(days=1))
    factories.TrainingSessionFactory(training=training, event=event)
    for place in range(number):
        person = factories.PersonFactory(name=f"María Guadalupe Ejemplo de la Cruz {place}")
        factories.AttendanceFactory(event=event, person=person, minutes=60)
    template = factories.CertificateTemplateFactory()
    template.signatories.get_or_create(
        name="Rosa Firmante", defaults={"position": "Directora", "consented_on": timezone.localdate()}
    )
    batch = issue_certificates(
        training=training, template=template, key=f"banco-{turn}", notify=False, by=factories.StaffFactory()
    )
    assert batch
    parts = Shared()
    rows = Certificate.objects.filter(batch=batch).values_list("folio", "snapshot")
    return batch.pk, [certificate_html(folio, said, parts) for folio, said in rows]


def bare(pages: list[str]) -> float:
    from weasyprint import HTML

    from web.pdf import _fetcher

    start = time.monotonic()
    for html in pages:
        HTML(string=html, url_fetcher=_fetcher()).write_pdf()
    return time.monotonic() - start


def shared(batch: int, environment: dict[str, str], number: int) -> float:
    """Two processes that are up and wait for the word."""
    from trainings.models import Certificate

    words = [sys.executable, "-c", WORKER, str(batch)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    workers = [subprocess.Popen(words, cwd=ROOT, env=environment, **pipes) for _each in range(2)]
    for worker in workers:
        assert worker.stdout
        worker.stdout.readline()
    start = time.monotonic()
    for worker in workers:
        assert worker.stdin
        worker.stdin.write(b"\n")
        worker.stdin.flush()
    for worker in workers:
        worker.wait()
    taken = time.monotonic() - start
    assert Certificate.objects.filter(batch=batch).printed().count() == number
    return taken


if __name__ == "__main__":
    main()
