"""Loads the formats of events. May run again."""

from django.db import transaction

from events.models import Format
from web.reference import reference_rows

GLYPHS = {
    "workshop": "⚒", "conference": "▣", "talk": "◌", "paper": "▤", "webinar": "▶", "gaad": "◎", "conversatorio": "❝",
    "training-day": "◆", "awareness-day": "◇", "seminar": "≡", "forum": "⬡", "accompaniment": "⇄",
    "document-review": "✎",
}  # fmt: skip


@transaction.atomic
def load_formats() -> None:
    for row in reference_rows("events", "formats"):
        modality = row["default_modality"]
        Format.objects.update_or_create(
            code=row["code"],
            defaults={
                "name": row["name_es"],
                "plural": row["plural_es"],
                "name_en": row["name_en"],
                "plural_en": row["plural_en"],
                "glyph": GLYPHS.get(row["code"], "•"),
                "default_modality": "" if modality == "any" else modality,
                "is_individual": row["audience"] == "individual",
                "counts_as_training": row["counts_training"] == "1",
                "definition": row["definition_es"],
                "order": int(row["order"]),
            },
        )
