"""Words are looked for inside texts: on PostgreSQL by the three letters in a row that they hold.

SQLite reads the texts themselves, which is quick for the thousands of rows that it is for.
"""

from django.db import migrations

INDEXES = {
    "events_event_words": ("events_event", "search_text"),
    "events_library_words": ("events_libraryitem", "search_text"),
}


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for name, (table, expression) in INDEXES.items():
            schema_editor.execute(f"CREATE INDEX {name} ON {table} USING gin ({expression} gin_trgm_ops)")


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    replaces = [("events", "0005_words")]
    dependencies = [("events", "0002_default_reminder_stages")]
    operations = [migrations.RunPython(add, remove)]
