"""Loads the figures that outside sources declared. May run again: rows are updated by their code, never deleted."""

from django.db import transaction

from network.models import Organisation
from reports.models import DeclaredResult
from web.reference import reference_rows


@transaction.atomic
def load_declared_results() -> None:
    for row in reference_rows("reports", "declared_results"):
        organisation, _created = Organisation.objects.get_or_create(
            name=row["organisation_name"], defaults={"acronym": row["organisation"]}
        )
        DeclaredResult.objects.update_or_create(
            code=row["code"],
            defaults={
                "organisation": organisation,
                "statement": row["statement"],
                "minimum_value": int(row["minimum_value"]) if row["minimum_value"] else None,
                "source": row["source"],
                "note": row["note"],
            },
        )
