"""``manage.py load_reference``: territory, vocabulary, formats, hazards, factors, notice. Safe to run again."""

from django.core.management.base import BaseCommand

from actions.imports import load_hazards_and_factors
from events.imports import load_formats
from municipalities.imports import load_territory
from network.imports import load_privacy_notice, load_vocabulary
from reports.imports import load_declared_results


class Command(BaseCommand):
    help = "Loads the reference data that every installation needs (docs/reference-data.md)."

    def handle(self, *args: object, **options: object) -> None:
        municipalities = load_territory()
        load_vocabulary()
        load_privacy_notice()
        load_formats()
        load_hazards_and_factors()
        load_declared_results()
        self.stdout.write(f"Reference data loaded: {municipalities} municipalities.")
