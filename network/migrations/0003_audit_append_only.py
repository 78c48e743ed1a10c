"""The audit trail is only ever added to: the database refuses to change a row, and to delete one under 1,825 days old.

PostgreSQL refuses to truncate the table too; SQLite knows no truncating. Nothing here may rebuild the table on SQLite:
its triggers would vanish.
"""

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION network_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '1825 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'network_audit_append_only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER network_audit_append_only BEFORE UPDATE OR DELETE ON network_auditentry
    FOR EACH ROW EXECUTE FUNCTION network_audit_append_only();
CREATE TRIGGER network_audit_no_truncate BEFORE TRUNCATE ON network_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION network_audit_append_only();
"""
POSTGRESQL_REVERSE = """
DROP TRIGGER network_audit_no_truncate ON network_auditentry;
DROP TRIGGER network_audit_append_only ON network_auditentry;
DROP FUNCTION network_audit_append_only();
"""
SQLITE = {
    "network_audit_no_update": "BEFORE UPDATE ON network_auditentry",
    "network_audit_no_delete": "BEFORE DELETE ON network_auditentry WHEN OLD.at >= datetime('now', '-1825 days')",
}


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    for name, when in SQLITE.items():
        schema_editor.execute(
            f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, 'network_audit_append_only'); END"
        )


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_REVERSE)
        return
    for name in SQLITE:
        schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    replaces = [("network", "0008_audit_append_only")]
    dependencies = [("network", "0002_designation_periods")]
    operations = [migrations.RunPython(add, remove)]
