"""Words are looked for inside texts: on PostgreSQL by the three letters in a row that they hold.

SQLite reads the texts themselves, which is quick for the thousands of rows that it is for.
"""

from django.db import migrations

INDEXES = {
    "actions_action_words": ("actions_action", "search_text"),
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
    replaces = [("actions", "0010_words")]
    dependencies = [("actions", "0001_first_release")]
    operations = [migrations.RunPython(add, remove)]
