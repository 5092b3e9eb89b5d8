"""Migrations: equal to the models, repeatable, and safe to run at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from models.database.engine import connect_database
from models.migrations.run import current_revision, migrate, newest_revision
from models.schema.events import HYPERTABLES
from models.schema.metadata import metadata
from models.timescale.edition import Edition

EDITIONS = {
    "postgresql": Edition.PLAIN,
    "timescaledb": Edition.APACHE,
    "timescaledb_community": Edition.COMMUNITY,
}
CONTRACT = {
    "stage_scan": "site device event_id at received_at work_order stage bay technician",
    "labour_scan": "site device event_id at received_at work_order job technician action",
    "stage_interval": "site work_order stage bay technician entered_at left_at",
    "work_order": "site work_order vin plate job_type stage opened_at promised_at closed_at registered",
    "diagnostic_report": "site device event_id at vin",
    "trouble_code": "site device event_id at vin code status",
    "odometer_reading": "vin at received_at device event_id km trusted reason",
    "quarantined_message": "id received_at topic payload reason status",
    "audit": "at who from_address what about before after",
    "service_reminder": "vin plan due_km due_on raised_at state channel",
}


@pytest.mark.every_database
def test_a_migrated_database_equals_the_models(database_url: str) -> None:
    engine = connect_database(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


@pytest.mark.parametrize("table", CONTRACT)
def test_the_contracts_columns_are_there(table: str) -> None:
    assert set(CONTRACT[table].split()) <= set(metadata.tables[table].columns.keys())


def test_all_times_know_their_zone() -> None:
    times = [
        column
        for table in metadata.tables.values()
        for column in table.columns
        if column.type.__visit_name__ == "datetime"
    ]
    assert times
    assert all(getattr(column.type, "timezone", False) for column in times)


@pytest.mark.every_database
def test_migrating_says_what_it_found_and_again_changes_nothing(
    empty_database_url: str, database_kind: str
) -> None:
    first, second = migrate(empty_database_url), migrate(empty_database_url)
    expected = EDITIONS[database_kind]
    assert (first.database.edition, first.before, first.after) == (expected, None, newest_revision())
    assert (second.before, second.hypertables) == (newest_revision(), [])
    assert sorted(first.hypertables) == ([] if expected is Edition.PLAIN else sorted(HYPERTABLES))
    assert str(expected) in str(first)


@pytest.mark.every_database
def test_processes_that_migrate_at_the_same_time_do_it_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        befores = [done.before for done in pool.map(migrate, [empty_database_url] * 4)]
    assert sorted(befores, key=str) == [newest_revision()] * 3 + [None]


@pytest.mark.every_database
def test_a_failed_migration_leaves_nothing_behind(empty_database_url: str) -> None:
    engine = connect_database(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("create table work_order (in_the_way int)"))
    with pytest.raises(Exception, match="work_order"):
        migrate(empty_database_url)
    with engine.connect() as connection:
        assert current_revision(connection) is None
        assert connection.scalar(text("select to_regclass('stage_scan')")) is None
    engine.dispose()
