"""Loads hazards and emission factors. May run again: rows are updated by their code, never deleted."""

from django.db import transaction

from actions.models import EmissionFactor, Hazard
from web.reference import reference_rows


@transaction.atomic
def load_hazards_and_factors() -> None:
    for row in reference_rows("actions", "hazards"):
        Hazard.objects.update_or_create(
            code=row["code"],
            defaults={
                "name": row["name_es"],
                "name_en": row["name_en"],
                "group": row["group_en"],
                "order": int(row["order"]),
                "applies_inland": row["applies_inland"] == "1",
                "source": row["source"],
            },
        )
    for row in reference_rows("actions", "factors"):
        values = {name: row[name] for name in ("category", "value", "unit", "gas", "source", "source_url", "evidence")}
        EmissionFactor.objects.update_or_create(
            code=row["code"],
            defaults={
                **values,
                "name": row["name_es"],
                "year": int(row["year"]),
                "evidence_note": row["evidence_note"],
            },
        )
