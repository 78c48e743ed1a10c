"""Periods of one person's designation in one municipality never overlap (rule 1), kept by the database itself.

PostgreSQL has exclusion constraints; SQLite gets triggers that refuse the same rows. Rejected and proposed letters do
not count.
"""

from django.db import migrations

POSTGRESQL = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE network_designation ADD CONSTRAINT network_designation_no_overlap EXCLUDE USING gist (
    municipality_id WITH =, person_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&
) WHERE (state NOT IN ('proposed', 'rejected'));
"""
POSTGRESQL_REVERSE = "ALTER TABLE network_designation DROP CONSTRAINT network_designation_no_overlap"

SQLITE = """
CREATE TRIGGER network_designation_no_overlap_{name} BEFORE {event} ON network_designation
WHEN NEW.state NOT IN ('proposed', 'rejected') AND EXISTS (
    SELECT 1 FROM network_designation AS other
    WHERE other.id IS NOT NEW.id AND other.municipality_id = NEW.municipality_id AND other.person_id = NEW.person_id
      AND other.state NOT IN ('proposed', 'rejected')
      AND other.starts_on <= COALESCE(NEW.ends_on, '9999-12-31')
      AND NEW.starts_on <= COALESCE(other.ends_on, '9999-12-31')
) BEGIN SELECT RAISE(ABORT, 'network_designation_no_overlap'); END
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
    else:
        schema_editor.execute(SQLITE.format(name="insert", event="INSERT"))
        schema_editor.execute(SQLITE.format(name="update", event="UPDATE"))


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_REVERSE)
    else:
        schema_editor.execute("DROP TRIGGER network_designation_no_overlap_insert")
        schema_editor.execute("DROP TRIGGER network_designation_no_overlap_update")


class Migration(migrations.Migration):
    dependencies = [("network", "0001_first_release")]
    operations = [migrations.RunPython(add, remove)]
