"""The stages of reminders that a new portal begins with.

Once, so that a default that staff deleted stays deleted.
"""

from django.db import migrations

DAY = 24 * 60
# code: name, name in English, from which moment, minutes from there, to whom
DEFAULTS = {
    "7d": ("7 días antes", "7 days before", "start", -7 * DAY, "confirmed"),
    "24h": ("1 día antes", "1 day before", "start", -DAY, "confirmed"),
    "1h": ("1 hora antes, con el enlace", "1 hour before, with the link", "start", -60, "confirmed"),
    "thanks": ("Gracias y materiales", "Thanks and materials", "end", DAY, "attended"),
}


def add_defaults(apps, schema_editor):
    stages = apps.get_model("events", "ReminderStage").objects
    for code, (name, name_en, anchor, minutes, audience) in DEFAULTS.items():
        values = {"name": name, "name_en": name_en, "anchor": anchor, "offset_minutes": minutes, "audience": audience}
        stages.get_or_create(code=code, event=None, format=None, defaults=values)


class Migration(migrations.Migration):
    dependencies = [("events", "0001_first_release")]
    operations = [migrations.RunPython(add_defaults, migrations.RunPython.noop)]
