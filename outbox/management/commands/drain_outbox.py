from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outbox import alarm
from outbox.drain import drain, reconcile
from outbox.heartbeat import beating


class Command(BaseCommand):
    help = "Sends the mail that is due, as the worker does every 15 seconds, and flags what was left half sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=50, help="stop claiming after so many seconds")

    def handle(self, *args: Any, seconds: float, **options: Any) -> None:
        with beating("outbox.reconcile"):
            doubtful = reconcile()
        with beating("outbox.drain") as pulse:
            tally = drain(seconds=seconds)
            pulse.trouble = tally.trouble
        self.stdout.write(
            f"sent {tally.sent}, retry {tally.retried}, failed {tally.failed}, in doubt {tally.in_doubt + doubtful}, "
            f"skipped {tally.skipped}, suppressed {tally.suppressed}"
        )
        if tally.trouble:
            raise CommandError(tally.trouble)
        alarm.close()
