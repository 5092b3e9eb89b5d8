"""One batch, one transaction: rows, quarantine, projection, announcement.

Owns the statements that store events exactly once: COPY, and where that meets a duplicate,
COPY into a temporary table and INSERT … ON CONFLICT DO NOTHING. Nothing is visible, and nothing may
be acknowledged, before
the commit. What a failure means is decided by the caller with `ingest.store.failures`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from psycopg import Connection, sql
from psycopg.errors import UniqueViolation

from ingest.message import digest_message
from ingest.steps.batch import Batch, Refusal
from ingest.steps.clocks import Measured, store_hearings
from ingest.steps.decode import Rules
from ingest.steps.hear import DeviceKey
from ingest.steps.rows import COLUMNS, Row
from ingest.store.orders import OrderKey
from ingest.store.project import Touched, project_work_orders
from ingest.store.unprojected import ProjectionError, fails_without_news, list_failure
from models.database.copy import copy_rows, name_columns
from models.rollups.marks import mark_labour
from models.signals import BoardChange, announce_change

# Beyond this a notification would come near PostgreSQL's 8000 bytes; screens read the site anyway.
_MAX_NAMED_ORDERS = 100
# Of a labour scan: where, on which order, when.
_OF_LABOUR = itemgetter(*map(COLUMNS["labour_scan"].index, ("site", "work_order", "corrected_at")))
_NAMES_WORK_ORDERS = ("stage_scan", "work_order_change")


@dataclass(slots=True)
class Written:
    """What one commit stored: rows by table, reasons of refusals newly kept, and what holds of clocks."""

    stored: dict[str, int] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    quarantined: list[str] = field(default_factory=list)
    clocks: dict[DeviceKey, Measured] = field(default_factory=dict)


def prepare_connection(connection: Connection) -> None:
    """Make the temporary tables that batches are copied into; the connection must be in autocommit."""
    for table, columns in COLUMNS.items():
        connection.execute(
            sql.SQL("create temp table {} on commit delete rows as select {} from {} limit 0").format(
                sql.Identifier(_incoming(table)), name_columns(columns), sql.Identifier(table)
            )
        )


def write_batch(connection: Connection, batch: Batch, rules: Rules) -> Written:
    """Store a batch in one transaction; on any error nothing of it is stored."""
    written = Written()
    touched: Touched = {}
    with connection.transaction():
        for table in COLUMNS:
            rows = batch.rows.get(table)
            if rows and (table in _NAMES_WORK_ORDERS or not _copy_straight(connection, table, rows, written)):
                _store_rows(connection, table, rows, written, touched)
        if batch.refusals:
            written.quarantined = _quarantine(connection, batch.refusals)
        changed = project_work_orders(connection, touched, rules.end_stages, rules.repairs)
        if clocked := batch.rows.get("labour_scan"):
            mark_labour(connection, map(_OF_LABOUR, clocked))
        written.clocks = store_hearings(connection, batch.devices) if batch.devices else {}
        announce(connection, batch.heard, changed)
    return written


def list_if_broken(connection: Connection, error: ProjectionError, rules: Rules, now: datetime) -> bool:
    """List an order as failing if its stored events fail without any new one; say whether that is so."""

    def project(key: OrderKey, earliest: datetime, newest: datetime) -> None:
        project_work_orders(connection, {key: (earliest, newest)}, rules.end_stages, rules.repairs)

    if not fails_without_news(connection, error.key, project):
        return False
    list_failure(connection, error.key, str(error), now)
    return True


def announce(connection: Connection, heard: Mapping[str, datetime], changed: Iterable[OrderKey]) -> None:
    """Tell every screen's feed, in the same transaction, which sites and orders changed."""
    orders: dict[str, list[str]] = {site: [] for site in heard}
    for site, work_order in sorted(changed):
        orders.setdefault(site, []).append(work_order)
    for site in sorted(heard):
        connection.execute(
            "insert into site_pulse values (%s, %s) on conflict (site) do update"
            " set received_at = greatest(site_pulse.received_at, excluded.received_at)",
            (site, heard[site]),
        )
        named = orders[site] if len(orders[site]) <= _MAX_NAMED_ORDERS else None
        announce_change(connection, BoardChange(site, heard[site], named))


def _copy_straight(connection: Connection, table: str, rows: list[Row], written: Written) -> bool:
    """Copy rows into their table at once; on a duplicate undo it and return False.

    Redelivery is rare, so the common batch is written once instead of twice.
    """
    try:
        with connection.transaction():
            copy_rows(connection, table, COLUMNS[table], rows)
    except UniqueViolation:
        return False
    written.stored[table] = len(rows)
    written.duplicates[table] = 0
    return True


def _store_rows(
    connection: Connection, table: str, rows: list[Row], written: Written, touched: Touched
) -> None:
    columns = COLUMNS[table]
    cursor = connection.cursor()
    copy_rows(connection, table, columns, rows, into=_incoming(table))
    named = table in _NAMES_WORK_ORDERS
    insert = sql.SQL(
        "insert into {table} ({columns}) select {columns} from {incoming} on conflict do nothing {returning}"
    )
    cursor.execute(
        insert.format(
            table=sql.Identifier(table),
            columns=name_columns(columns),
            incoming=sql.Identifier(_incoming(table)),
            returning=sql.SQL("returning site, work_order, corrected_at, received_at" if named else ""),
        )
    )
    written.stored[table] = cursor.rowcount
    written.duplicates[table] = len(rows) - cursor.rowcount
    if named:
        for site, work_order, at, received_at in cursor:
            earliest, latest = touched.get((site, work_order), (at, received_at))
            touched[site, work_order] = (min(at, earliest), max(received_at, latest))


def _quarantine(connection: Connection, refusals: Sequence[Refusal]) -> list[str]:
    """Keep refused messages, each once by its topic and bytes; return the reasons of those that are new."""
    kept = connection.execute(
        "insert into quarantined_message"
        " (digest, received_at, topic, payload, reason, site, device, status)"
        " select *, 'new' from unnest(%b::bytea[], %s::timestamptz[], %s::text[], %b::bytea[], %s::text[],"
        " %s::text[], %s::text[]) on conflict (digest) do nothing returning reason",
        (
            [digest_message(refusal.message.topic, refusal.message.payload) for refusal in refusals],
            [refusal.message.received_at for refusal in refusals],
            [_as_text(refusal.message.topic) for refusal in refusals],
            [refusal.message.payload for refusal in refusals],
            [_as_text(refusal.reason) for refusal in refusals],
            [refusal.site for refusal in refusals],
            [refusal.device for refusal in refusals],
        ),
    )
    return [reason for (reason,) in kept]


def _as_text(words: str) -> str:
    """Return words as PostgreSQL can hold them: without NUL and halves of a character."""
    return words.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _incoming(table: str) -> str:
    return f"incoming_{table}"
