"""Migrations: equal to the models, repeatable, and safe to run at the same time."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import find_ready_stage, load_workshop
from models.database.engine import connect_database, take_driver
from models.migrations.run import alembic_config, current_revision, migrate, newest_revision
from models.rollups.workshop import record_workshop
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


def test_an_upgrade_knows_the_ready_stage_and_leaves_settled_days_alone(empty_database_url: str) -> None:
    workshop = load_workshop(DEFAULT_WORKSHOP_FILE)
    engine = connect_database(empty_database_url)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0018")
        take_driver(connection).cursor().executemany(
            "insert into workshop_stage values (%s, %s, %s, %s)",
            [
                (stage.key, place, stage.kind, stage.name_cause(None))
                for place, stage in enumerate(workshop.stages)
            ],
        )
        connection.execute(text("insert into workshop_site (site, timezone) values ('s1', 'Asia/Shanghai')"))
        connection.execute(
            text(
                "insert into stage_interval (site, work_order, position, stage, entered_at, inferred)"
                " values ('s1', 'RO-1', 0, 'received', '2026-06-01 08:00+08', false)"
            )
        )
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url, autocommit=True) as connected:
        ready = connected.execute("select stage from workshop_stage where is_ready").fetchall()
        assert ready == [(find_ready_stage(workshop.stages),)]
        record_workshop(connected, workshop.stages, workshop.sites[:1], one_company=False)
        assert connected.execute("select count(*) from rollup_dirty").fetchone() == (0,)
    engine.dispose()


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
