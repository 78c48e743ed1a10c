"""Loads goals, pathways, sectors, instruments and the privacy notice. May run again: rows are updated, none deleted."""

from pathlib import Path

import yaml
from django.db import transaction

from network.models import SDG, Instrument, Pathway, PrivacyNotice, Sector
from web.reference import reference_rows

NOTICE_FILE = Path(__file__).parent / "data" / "privacy_notice.yaml"


@transaction.atomic
def load_vocabulary() -> None:
    for row in reference_rows("network", "sdgs"):
        SDG.objects.update_or_create(
            number=int(row["number"]),
            defaults={
                "name": row["name_es"],
                "name_en": row["name_en"],
                "colour": row["color"],
                "text_colour": row["text_color"],
            },
        )
    for row in reference_rows("network", "pathways"):
        Pathway.objects.update_or_create(
            code=row["code"],
            defaults={
                "name": row["name_es"],
                "name_en": row["name_en"],
                "summary": row["summary_es"],
                "summary_en": row["summary_en"],
                "order": int(row["order"]),
            },
        )
    for row in reference_rows("network", "instruments"):
        names = {"name": row["name_es"], "name_en": row["name_en"], "order": int(row["order"])}
        Instrument.objects.update_or_create(code=row["code"], defaults=names)
    goals = {goal.number: goal for goal in SDG.objects.all()}
    pathways = {pathway.code: pathway for pathway in Pathway.objects.all()}
    for row in reference_rows("network", "sectors"):
        codes = row["pathways"].split()
        sector, _created = Sector.objects.update_or_create(
            code=row["code"],
            defaults={
                "name": row["name_es"],
                "name_en": row["name_en"],
                "scope": row["scope"],
                "gpc_sector": row["gpc_sector"],
                "entry_pathway": pathways[codes[0]],
                "order": int(row["order"]),
            },
        )
        sector.sdgs.set([goals[int(number)] for number in row["sdgs"].split()])
        sector.pathways.set([pathways[code] for code in codes])


@transaction.atomic
def load_privacy_notice() -> None:
    """Creates the shipped version of the notice once; an existing one is never rewritten (consents point to it)."""
    notice = yaml.safe_load(NOTICE_FILE.read_text(encoding="utf-8"))
    PrivacyNotice.objects.get_or_create(
        version=notice["version"], defaults={key: value for key, value in notice.items() if key != "version"}
    )
