"""How fast a batch of constancias is printed: ``python -m bench.certificates`` (needs what ``python -m bench`` does).

In turns, in one run: one bare WeasyPrint loop over the same HTML in one process, and two processes that share a batch
as two workers do (claims, files flushed to the disk, hashes, rows). Says the ratio of their wall times (goal: 1.7).
"""

import argparse
import time
from datetime import timedelta

from bench.database import fresh_database
from bench.results import Result, say, tell
from bench.workers import seconds_of

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
    with fresh_database() as (_folder, environment):
        measure(wanted.certificates, wanted.rounds, environment)


def measure(number: int, rounds: int, environment: dict[str, str]) -> None:
    from trainings.models import Certificate

    ratios = []
    for turn in range(rounds):
        batch, pages = make_batch(turn, number)
        limit, ours = bare(pages), seconds_of(WORKER, [str(batch)], environment, 2)
        assert Certificate.objects.filter(batch=batch).printed().count() == number
        ratios.append(limit / ours)
        say(f"  bare {limit:.1f} s ({number / limit:.1f}/s), two workers {ours:.1f} s ({number / ours:.1f}/s)")
    name = f"{number:,} constancias, two workers, × the rate of one bare WeasyPrint loop over the same HTML"
    tell(Result("Certificates", name, ratios, at_least=1.7))


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


if __name__ == "__main__":
    main()
