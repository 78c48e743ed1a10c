"""Loads the formats of events and the default reminder stages. May run again; edited stages are left as they are."""

from django.db import transaction

from events.models import Format, ReminderStage
from web.reference import reference_rows

GLYPHS = {
    "workshop": "⚒", "conference": "▣", "talk": "◌", "paper": "▤", "webinar": "▶", "gaad": "◎", "conversatorio": "❝",
    "training-day": "◆", "awareness-day": "◇", "seminar": "≡", "forum": "⬡", "accompaniment": "⇄",
    "document-review": "✎",
}  # fmt: skip
DEFAULT_STAGES = [("24h", "1 día antes", 24 * 60), ("1h", "1 hora antes, con el enlace", 60)]


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
    for code, name, minutes in DEFAULT_STAGES:
        ReminderStage.objects.get_or_create(code=code, event=None, defaults={"name": name, "minutes_before": minutes})
