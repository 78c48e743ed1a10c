"""``manage.py load_reference``: territory, vocabulary, formats, hazards, factors, notice. Safe to run again."""

from django.core.management.base import BaseCommand

from actions import services as actions
from actions.imports import load_hazards_and_factors
from events.imports import load_formats
from events.services import editing as events
from events.services.entries import rewrite_entries
from municipalities.imports import load_territory
from network.imports import load_privacy_notice, load_vocabulary
from reports.imports import load_declared_results
from trainings import services as trainings
from trainings.imports import load_certificate_template


class Command(BaseCommand):
    help = "Loads the reference data that every installation needs (docs/reference-data.md)."

    def handle(self, *args: object, **options: object) -> None:
        municipalities = load_territory()
        load_vocabulary()
        load_privacy_notice()
        load_formats()
        load_hazards_and_factors()
        load_declared_results()
        load_certificate_template()
        rewrite_entries()  # they say the names of formats, pathways and municipalities
        for app in (events, trainings, actions):  # so do search texts
            app.rewrite_search_texts()
        self.stdout.write(f"Reference data loaded: {municipalities} municipalities.")
