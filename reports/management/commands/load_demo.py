"""``manage.py load_demo``: the demonstration's people, events and actions. Safe to run again."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from reports.demo import load_demo


class Command(BaseCommand):
    help = "Loads the demonstration. Only where DEMO=1: its accounts have a published password."

    def handle(self, *args: object, **options: object) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is not on: the demonstration's accounts have a published password. Set DEMO=1.")
        counts = load_demo()
        self.stdout.write("Demo loaded: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
