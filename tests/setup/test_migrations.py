"""Migrations that stand for several earlier ones."""

import pytest
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from web.management.commands.prepare import migrate

pytestmark = pytest.mark.django_db


@pytest.mark.both_databases
def test_database_with_all_that_was_joined_counts_as_migrated() -> None:
    joined = {key for key, migration in MigrationLoader(None).disk_migrations.items() if migration.replaces}
    applied = MigrationRecorder.Migration.objects
    for app, name in joined:
        applied.filter(app=app, name=name).delete()
    assert not migrate()
    assert joined <= set(applied.values_list("app", "name"))
