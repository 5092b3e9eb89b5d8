"""What is kept how long: said in the workshop file, brought to the database, dropped when too old."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from config.settings import DEFAULT_WORKSHOP_FILE
from config.store import StoreRules
from config.workshop import WorkshopError, load_workshop
from ingest.tend.pruning import Pruning
from models.database.engine import connect_database, take_driver
from models.locks import Lock, hold
from models.migrations.run import migrate
from models.prune import prune_store
from models.schema.events import HYPERTABLES
from models.store import find_differences, find_horizon, list_rules
from models.timescale.edition import Database, Edition, MissingFeatureError, detect_database
from tests.rig.patience import PATIENCE_SECONDS

# The Community edition goes by its own clock.
NOW = datetime.now(UTC)
DEFAULT = StoreRules()


def rules(**classes: Mapping[str, int | str]) -> StoreRules:
    return StoreRules.model_validate(classes)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = connect_database(database_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
    engine.dispose()


def put_reading(connection: Connection, days_ago: float) -> None:
    connection.execute(
        text(
            "insert into odometer_reading (site, device, event_id, at, received_at, corrected_at, vin, km,"
            " value, unit) values ('s1', 'gw', :id, :at, :at, :at, 'VIN', 1, 1, 'km') on conflict do nothing"
        ),
        {"id": str(days_ago), "at": ago(days_ago)},
    )


def put_status(connection: Connection, device: str, days_ago: float, state: str) -> None:
    connection.execute(
        text("insert into device_status values ('s1', 'scanner', :device, :at, :state, :at)"),
        {"device": device, "at": ago(days_ago), "state": state},
    )


def count(connection: Connection, table: str) -> int:
    rows: int = connection.scalar(text(f"select count(*) from {table}"))
    return rows


def drop_too_old(connection: Connection, kept: StoreRules = DEFAULT) -> dict[str, int]:
    """Prune, and run now what the Community edition would do in the background."""
    if detect_database(connection).has_retention_policies():
        for job in connection.scalars(
            text("select job_id from timescaledb_information.jobs where proc_name = 'policy_retention'")
        ).all():
            connection.execute(text("call run_job(:job)"), {"job": job})
    # As `bayboard ingest` does, which is not the owner of the tables.
    connection.execute(text("set role bayboard_ingest"))
    try:
        return prune_store(connection, kept, NOW)
    finally:
        connection.execute(text("reset role"))


def test_the_example_keeps_what_the_defaults_keep() -> None:
    assert load_workshop(DEFAULT_WORKSHOP_FILE).store == DEFAULT


@pytest.mark.parametrize(
    ("line", "wrong", "problem"),
    [
        ("keep_days = 3650", 'keep_days = "long"', 'must be a whole number of days or "forever"'),
        ("keep_days = 3650", "keep_days = true", 'must be a whole number of days or "forever"'),
        ("keep_days = 3650", "keep_days = 1000000000000", 'must be a whole number of days or "forever"'),
        ("keep_days = 3650", "keep_days = 100", "must be at least 366 days"),
        ("keep_days = 400", "keep_days = 119", "must be at least 120 days"),
        ("compress_after_days = 30", "compress_after_days = 1", "must be at least 7 days"),
        ("compress_after_days = 30", 'compress_after_days = "forever"', 'number of days or "never"'),
        ("[store.timeless]", "[store.timeles]", "Extra inputs"),
    ],
)
def test_a_wrong_duration_is_refused_with_its_line(
    tmp_path: Path, line: str, wrong: str, problem: str
) -> None:
    lines = DEFAULT_WORKSHOP_FILE.read_text().splitlines()
    number = lines.index(line)
    path = tmp_path / "workshop.toml"
    path.write_text("\n".join([*lines[:number], wrong, *lines[number + 1 :]]))
    with pytest.raises(WorkshopError, match=f"workshop.toml:{number + 1}: store.*{problem}"):
        load_workshop(path)


def test_nothing_is_compressed_only_after_it_is_dropped() -> None:
    with pytest.raises(ValueError, match="compress_after_days must be less than keep_days"):
        rules(odometer={"keep_days": 120, "compress_after_days": 120})


def test_every_event_table_has_a_class() -> None:
    assert {rule.table for rule in list_rules(DEFAULT)} | {"device_status"} == set(HYPERTABLES)


def test_what_may_be_missing_is_told_to_who_reckons_anew() -> None:
    assert find_horizon(DEFAULT, "odometer_reading", NOW) == ago(400)
    assert find_horizon(rules(odometer={"keep_days": "forever"}), "odometer_reading", NOW) is None
    assert find_horizon(DEFAULT, "stage_interval", NOW) is None


def test_a_missing_feature_is_named_with_the_edition_that_brings_it() -> None:
    apache = Database(Edition.APACHE, "17.5", "2.19.3")
    assert apache.has_hypertables(check=True)
    assert not apache.has_continuous_aggregates()
    with pytest.raises(MissingFeatureError, match=r"Apache 2\.19\.3 .*TimescaleDB Community brings them"):
        apache.has_continuous_aggregates(check=True)


@pytest.mark.every_database
def test_migrating_again_brings_the_policies_to_the_changed_file(
    empty_database_url: str, database_kind: str
) -> None:
    first = migrate(empty_database_url)
    changed = rules(
        scans={"keep_days": "forever"},
        odometer={"keep_days": 200, "compress_after_days": "never"},
    )
    second, third = migrate(empty_database_url, changed), migrate(empty_database_url, changed)
    assert third.policies == []
    if database_kind == "timescaledb_community":
        assert len(first.policies) == 2 * len(list_rules(DEFAULT))
        assert [str(change) for change in second.policies] == [
            "retention off: stage_scan (was after 3650 days)",
            "retention off: labour_scan (was after 3650 days)",
            "compression off: odometer_reading (was after 30 days)",
            "retention on: odometer_reading after 200 days (was after 400 days)",
        ]
        assert "as the workshop file says already" in str(third)
        assert "continuous aggregate: mileage" in str(third)
    else:
        assert first.policies == second.policies == []
        assert "`bayboard ingest` drops what is too old" in str(first)


@pytest.mark.every_database
def test_a_database_that_differs_from_the_file_is_told(connection: Connection) -> None:
    database = detect_database(connection)
    assert list(find_differences(connection, database, DEFAULT)) == []
    differences = list(find_differences(connection, database, rules(odometer={"keep_days": 200})))
    assert differences == (["retention of odometer_reading"] if database.has_retention_policies() else [])


@pytest.mark.every_database
def test_raw_readings_that_are_too_old_are_dropped_and_no_others(connection: Connection) -> None:
    for days in (399, 500, 500.1):
        put_reading(connection, days)
    drop_too_old(connection)
    assert connection.scalars(text("select event_id from odometer_reading")).all() == ["399"]
    assert drop_too_old(connection) == {}


@pytest.mark.every_database
def test_what_is_kept_for_ever_is_never_dropped(connection: Connection) -> None:
    put_status(connection, "B01", 20000, "online")
    put_status(connection, "B01", 19000, "offline")
    prune_store(connection, rules(device_status={"keep_days": "forever"}), NOW)
    assert count(connection, "device_status") == 2


@pytest.mark.every_database
def test_a_devices_newest_state_outlives_its_age(connection: Connection) -> None:
    for device, days, state in (("B01", 300, "online"), ("B02", 200, "online"), ("B02", 100, "offline")):
        put_status(connection, device, days, state)
    put_status(connection, "B02", 10, "online")
    assert drop_too_old(connection) == {"device_status": 2}
    kept = connection.execute(text("select device, state from device_status order by device")).all()
    assert [tuple(row) for row in kept] == [("B01", "online"), ("B02", "online")]


def test_settled_messages_go_and_unsettled_ones_later(connection: Connection) -> None:
    for number, (status, settled, received) in enumerate(
        (("new", None, 390), ("new", None, 410), ("discarded", 100, 5000), ("replayed", 80, 5000))
    ):
        connection.execute(
            text(
                "insert into quarantined_message (digest, received_at, topic, payload, reason, status,"
                " settled_at) values (:digest, :received_at, 't', '', 'r', :status, :settled_at)"
            ),
            {
                "digest": bytes([number]),
                "received_at": ago(received),
                "status": status,
                "settled_at": settled and ago(settled),
            },
        )
    assert prune_store(connection, DEFAULT, NOW) == {"quarantined_message": 2}
    kept = connection.scalars(text("select status from quarantined_message order by id")).all()
    assert kept == ["new", "replayed"]


def test_first_hearings_go_when_no_redelivery_can_come(connection: Connection) -> None:
    for days in (59, 61):
        connection.execute(
            text("insert into timeless_message values (:digest, :at)"),
            {"digest": bytes([days]), "at": ago(days)},
        )
    assert prune_store(connection, DEFAULT, NOW) == {"timeless_message": 1}


@pytest.mark.every_database
def test_pruning_gives_way_to_whoever_holds_the_table(connection: Connection, database_url: str) -> None:
    put_status(connection, "B01", 300, "online")
    put_status(connection, "B01", 200, "offline")
    engine = connect_database(database_url)
    with engine.begin() as other:
        other.execute(text("lock table device_status in share mode"))
        assert prune_store(connection, DEFAULT, NOW) == {}
    engine.dispose()
    assert prune_store(connection, DEFAULT, NOW) == {"device_status": 1}


def test_one_process_prunes_at_a_time(connection: Connection, database_url: str) -> None:
    put_reading(connection, 500)
    engine = connect_database(database_url)
    with engine.begin() as other:
        hold(take_driver(other), Lock.PRUNING)
        assert prune_store(connection, DEFAULT, NOW) == {}
    engine.dispose()
    assert prune_store(connection, DEFAULT, NOW) == {"odometer_reading": 1}


def test_ingest_prunes_by_itself(connection: Connection, database_url: str) -> None:
    put_reading(connection, 500)
    pruning = Pruning(database_url=database_url, rules=DEFAULT, clock=lambda: NOW, first_seconds=0)
    pruning.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while count(connection, "odometer_reading") and time.monotonic() < deadline:
        time.sleep(0.05)
    pruning.stop()
    assert count(connection, "odometer_reading") == 0


@pytest.mark.every_database
def test_a_compressed_chunk_takes_late_rows_once(connection: Connection) -> None:
    for number in range(30):
        put_reading(connection, 200.0 + number)
    if detect_database(connection).has_columnstore():
        compressed = connection.scalars(
            text("select compress_chunk(chunk) from show_chunks('odometer_reading') as chunk")
        ).all()
        assert compressed
    for days in (200.0, 210.0, 210.5):
        put_reading(connection, days)
    assert count(connection, "odometer_reading") == 31
