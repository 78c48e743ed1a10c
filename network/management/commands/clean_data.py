"""``manage.py clean_data [--dry-run]``: take out what has been kept long enough. Safe to run again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from network.services import retention


class Command(BaseCommand):
    help = "Takes out data whose retention ended, by the days of /gestion/ajustes/conservacion/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many rows each rule would take out")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            found = {rule.retention.name: rule.due or 0 for rule in retention.rules(count=True)}
        else:
            found = retention.clean()
        for name, number in found.items():
            self.stdout.write(f"{name}: {number}")
