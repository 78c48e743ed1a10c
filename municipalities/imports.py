"""Loads regions, municipalities and metropolitan zones. May run again: rows are updated by their key, never deleted."""

from django.db import transaction

from municipalities.models import MetropolitanZone, Municipality, Region
from web.reference import reference_rows
from web.search import fold, search_text

ZONE_YEARS = {"metro_2015": 2015, "metro_2020": 2020}


@transaction.atomic
def load_territory() -> int:
    """Returns how many municipalities there are afterwards."""
    for row in reference_rows("municipalities", "regions"):
        Region.objects.update_or_create(
            number=int(row["number"]),
            defaults={
                "name": row["name"],
                "slug": row["slug"],
                "zone_number": int(row["zone_number"]),
                "zone": row["zone"],
            },
        )
    regions = {region.number: region for region in Region.objects.all()}
    rows = list(reference_rows("municipalities", "municipalities"))
    existing = dict(Municipality.objects.values_list("cvegeo", "pk"))
    municipalities = [
        Municipality(
            pk=existing.get(row["cvegeo"]),
            cvegeo=row["cvegeo"],
            name=row["name"],
            alternative_name=row["alternative_name"],
            slug=row["slug"],
            seat=row["seat"],
            region=regions[int(row["region"])],
            population=int(row["population"]),
            population_women=int(row["population_women"]),
            population_men=int(row["population_men"]),
            area_km2=row["area_km2"],
            seat_latitude=row["seat_latitude"],
            seat_longitude=row["seat_longitude"],
            vulnerability_level=int(row["vulnerability_level"]) if row["vulnerability_level"] else None,
            tile_column=int(row["tile_column"]),
            tile_row=int(row["tile_row"]),
            sort_name=fold(row["name"]),
            search_text=search_text(row["name"], row["alternative_name"], row["seat"], limit=400),
        )
        for row in rows
    ]
    Municipality.objects.bulk_create([row for row in municipalities if row.pk is None])
    columns = [
        field.name
        for field in Municipality._meta.concrete_fields
        if field.name not in {"id", "cvegeo", "boundary", "tile_column", "tile_row"}
    ]
    Municipality.objects.bulk_update([row for row in municipalities if row.pk in set(existing.values())], columns)
    _load_zones(rows)
    return Municipality.objects.count()


def _load_zones(rows: list[dict[str, str]]) -> None:
    keys = dict(Municipality.objects.values_list("cvegeo", "pk"))
    for column, year in ZONE_YEARS.items():
        members: dict[str, list[int]] = {}
        kinds: dict[str, str] = {}
        for row in rows:
            if name := row[column]:
                members.setdefault(name, []).append(keys[row["cvegeo"]])
                kinds[name] = row.get(f"{column}_type") or "Zona metropolitana"
        for name, municipality_ids in members.items():
            zone, _created = MetropolitanZone.objects.update_or_create(
                name=name, delimitation_year=year, defaults={"kind": kinds[name]}
            )
            zone.municipalities.set(municipality_ids)
