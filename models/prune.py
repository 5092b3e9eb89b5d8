"""Drops what is older than the workshop file keeps, where the database does not do it by itself.

Event tables are dropped by chunks on TimescaleDB Apache and deleted in batches on plain
PostgreSQL; on the Community edition its own policies do it. Refused messages, first hearings and
device states are deleted in batches everywhere. Each step is a short transaction of its own that
gives way rather than keep ingest waiting, and one process prunes at a time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from config.store import StoreRules
from models.database.engine import take_driver
from models.locks import Lock, release, try_take
from models.rollups.mileage import keep_mileage
from models.schema.events import HYPERTABLES
from models.schema.metadata import metadata
from models.store import list_rules
from models.timescale.edition import Database, detect_database
from models.timescale.hypertables import drop_chunks

BATCH_ROWS = 5000
# Any number that no other program locks on: the first letters of "prunebay".
# Whoever waits for a lock makes all that come after it wait too; so not for long.
_LOCK_WAIT = "500ms"

# What ingest may not read or change by itself: of orders it is their persons that go.
_FUNCTIONS = {
    "audit": "drop_audit",
    "outbox_message": "drop_old_messages",
    "work_order": "erase_old_customers",
}
# What is kept of who came in and from where; the audit trail keeps more, and longer.
_SESSIONS_KEPT = timedelta(days=30)
_ADDRESSES_KEPT = timedelta(days=90)
_ATTEMPTS_KEPT = timedelta(days=1)

# A device's newest state says how it is now, however old.
_OUTLIVED = (
    "received_at < :horizon and exists (select from device_status as newer"
    " where (newer.site, newer.source, newer.device)"
    " = (device_status.site, device_status.source, device_status.device)"
    " and newer.received_at > device_status.received_at)"
)


def prune_store(connection: Connection, rules: StoreRules, now: datetime) -> dict[str, int]:
    """Drop what is too old; return what went, as table -> rows, or chunks where those were dropped whole.

    The connection must be in autocommit. What is locked or being pruned by another process is
    left for the next time.
    """
    driver = take_driver(connection)
    if not try_take(driver, Lock.PRUNING):
        return {}
    connection.execute(text(f"set lock_timeout = '{_LOCK_WAIT}'"))
    try:
        database = detect_database(connection)
        gone: dict[str, int] = {}
        for step in [*_list_event_steps(database, rules), *_list_message_steps(rules)]:
            if step.keep is not None and (count := _take(connection, step, now - step.keep)):
                gone[step.table] = gone.get(step.table, 0) + count
        return gone
    finally:
        connection.execute(text("reset lock_timeout"))
        release(driver, Lock.PRUNING)


@dataclass(frozen=True, slots=True)
class _Step:
    """A table to prune: rows by a condition, or whole chunks where there is none."""

    table: str
    keep: timedelta | None
    condition: str | None


def _list_event_steps(database: Database, rules: StoreRules) -> list[_Step]:
    if database.has_retention_policies():
        return []
    by_chunk = database.has_hypertables()
    return [
        _Step(rule.table, rule.keep, None if by_chunk else f"{HYPERTABLES[rule.table]} < :horizon")
        for rule in list_rules(rules)
    ]


def _list_message_steps(rules: StoreRules) -> list[_Step]:
    return [
        _Step("device_status", rules.device_status.keep, _OUTLIVED),
        _Step("quarantined_message", rules.quarantine.keep, "settled_at < :horizon"),
        _Step(
            "quarantined_message",
            rules.quarantine.keep_unsettled,
            "settled_at is null and received_at < :horizon",
        ),
        _Step("timeless_message", rules.timeless.keep, "received_at < :horizon"),
        *(
            _Step(table, keep, None)
            for table, keep in (
                ("audit", rules.audit.keep),
                ("outbox_message", rules.outbox.keep),
                ("work_order", rules.customers.keep),
            )
        ),
        _Step("session", _SESSIONS_KEPT, "expires_at < :horizon"),
        _Step("screen_address", _ADDRESSES_KEPT, "seen_at < :horizon"),
        _Step("sign_in_attempts", _ATTEMPTS_KEPT, "since < :horizon"),
    ]


def _take(connection: Connection, step: _Step, horizon: datetime) -> int:
    """Take one step, or leave it for the next time when somebody holds what it needs."""
    if step.table == "odometer_reading":
        keep_mileage(connection, horizon)
    try:
        if function := _FUNCTIONS.get(step.table):
            return connection.scalar(text(f"select {function}(:horizon)"), {"horizon": horizon}) or 0
        if step.condition is None:
            return drop_chunks(connection, step.table, horizon)
        return _delete(connection, step.table, step.condition, horizon)
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            return 0
        raise


def _delete(connection: Connection, table: str, condition: str, horizon: datetime) -> int:
    """Delete in batches, by primary key, since a hypertable's rows have no other address."""
    key = ", ".join(column.name for column in metadata.tables[table].primary_key)
    statement = text(
        f"delete from {table} where ({key}) in"  # noqa: S608  # names of our own tables and columns
        f" (select {key} from {table} where {condition} limit {BATCH_ROWS})"
    )
    deleted = 0
    while batch := connection.execute(statement, {"horizon": horizon}).rowcount:
        deleted += batch
    return deleted
