"""What is derived of vehicles for service: written where it changed, read again to reckon what is due.

Owns the rows of vehicle_service, service_done and service_due, and the verdicts of readings. What is in
them is decided in `reminders`. Every caller holds the locks of the vehicles.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import class_row

from models.domain.service.due import Due, Hold
from models.queries.service.evidence import ReadingKey

# The key of a reading, and the verdict that it shall have.
Verdict = tuple[ReadingKey, bool, str | None]


@dataclass(frozen=True, slots=True)
class VehicleRow:
    """A row of vehicle_service, but for when it was reviewed."""

    vin: str
    site: str | None = None
    customer_ref: str | None = None
    customer_name: str | None = None
    customer_phone: str | None = None
    advisor: str | None = None
    first_km: float | None = None
    first_at: datetime | None = None
    km: float | None = None
    km_at: datetime | None = None
    km_per_day: float | None = None
    km_per_day_low: float | None = None
    km_per_day_high: float | None = None
    rate_from: str | None = None
    trusted_readings: int = 0
    refused_readings: int = 0
    orders_as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobDone:
    """When a job was last done on a vehicle, at which mileage, and by which work order."""

    vin: str
    job: str
    done_at: datetime
    km: float | None
    site: str
    work_order: str


# What of a vehicle is due: by which plan, and when.
VehicleDue = tuple[str, str, Due]

_ROW = tuple(column.name for column in fields(VehicleRow))
_DONE = tuple(column.name for column in fields(JobDone))
_DUE = ("vin", "plan", *Due._fields)


def _names(columns: Sequence[str], prefix: str = "") -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(prefix) + sql.Identifier(name) for name in columns)


def _upsert(table: str, key: Sequence[str], columns: Sequence[str], stamp: str | None) -> sql.Composed:
    """Return a statement that moves rows from their temporary table where they say something new."""
    rest = [name for name in columns if name not in key]
    return sql.SQL(
        "insert into {table} as known ({columns}{stamp}) select {columns}{now} from {incoming}"
        " on conflict ({key}) do update set ({rest}{stamp}) = row({news}{excluded_stamp})"
        " where ({known}) is distinct from ({news})"
    ).format(
        table=sql.Identifier(table),
        incoming=sql.Identifier(f"incoming_{table}"),
        columns=_names(columns),
        key=_names(key),
        rest=_names(rest),
        known=_names(rest, "known."),
        news=_names(rest, "excluded."),
        stamp=sql.SQL(f", {stamp}" if stamp else ""),
        excluded_stamp=sql.SQL(f", excluded.{stamp}" if stamp else ""),
        now=sql.SQL(", %(now)s" if stamp else ""),
    )


_COLUMNS = {"service_done": _DONE, "service_due": _DUE}
_UPSERT_DONE = _upsert("service_done", ("vin", "job"), _DONE, None)
_UPSERT_DUE = _upsert("service_due", ("vin", "item"), _DUE, "reckoned_at")


def prepare_tables(connection: Connection[Any]) -> None:
    """Make the temporary tables that rows are copied into; the connection must be in autocommit."""
    for table, columns in _COLUMNS.items():
        connection.execute(
            sql.SQL("create temp table {} on commit delete rows as select {} from {} limit 0").format(
                sql.Identifier(f"incoming_{table}"), _names(columns), sql.Identifier(table)
            )
        )


def write_verdicts(connection: Connection[Any], verdicts: Iterable[Verdict]) -> None:
    """Give readings their verdicts."""
    connection.cursor().executemany(
        "update odometer_reading set trusted = %s, reason = %s"
        " where vin = %s and site = %s and device = %s and event_id = %s and at = %s",
        [(trusted, reason, *key) for key, trusted, reason in verdicts],
    )


def write_vehicles(connection: Connection[Any], rows: Sequence[VehicleRow], now: datetime) -> None:
    """Write what is known of vehicles whose rows there are."""
    connection.cursor().executemany(
        sql.SQL("update vehicle_service set ({names}, reviewed_at) = ({values}, %s) where vin = %s").format(
            names=_names(_ROW), values=sql.SQL(", ").join([sql.Placeholder()] * len(_ROW))
        ),
        [(*astuple(row), now, row.vin) for row in rows],
    )


def write_done(connection: Connection[Any], vins: Sequence[str], done: Iterable[JobDone]) -> None:
    """Replace what was done on vehicles."""
    _copy(connection, "service_done", (astuple(each) for each in done))
    connection.execute(_UPSERT_DONE)
    connection.execute(
        "delete from service_done as known where vin = any(%s)"
        " and not exists (select from incoming_service_done as incoming"
        " where incoming.vin = known.vin and incoming.job = known.job)",
        (list(vins),),
    )
    connection.execute("truncate incoming_service_done")


def write_due(
    connection: Connection[Any], vins: Sequence[str], due: Iterable[VehicleDue], now: datetime
) -> None:
    """Replace what is due on vehicles; rows that say nothing new are left alone."""
    _copy(connection, "service_due", ((vin, plan, *each) for vin, plan, each in due))
    connection.execute(_UPSERT_DUE, {"now": now})
    connection.execute(
        "delete from service_due as known where vin = any(%s)"
        " and not exists (select from incoming_service_due as incoming"
        " where incoming.vin = known.vin and incoming.item = known.item)",
        (list(vins),),
    )
    connection.execute("truncate incoming_service_due")


def read_rows(connection: Connection[Any], after: str, limit: int) -> list[VehicleRow]:
    """Read and lock the next reviewed vehicles after a VIN; leave out those that another engine holds."""
    with connection.cursor(row_factory=class_row(VehicleRow)) as cursor:
        return cursor.execute(
            sql.SQL(
                "select {} from vehicle_service where vin > %s and reviewed_at is not null"
                " order by vin limit %s for no key update skip locked"
            ).format(_names(_ROW)),
            (after, limit),
        ).fetchall()


def read_done(
    connection: Connection[Any], vins: Sequence[str], jobs: Sequence[str]
) -> Mapping[str, list[JobDone]]:
    """Read when jobs were last done on vehicles."""
    found: defaultdict[str, list[JobDone]] = defaultdict(list)
    with connection.cursor(row_factory=class_row(JobDone)) as cursor:
        for done in cursor.execute(
            sql.SQL("select {} from service_done where vin = any(%s) and job = any(%s)").format(
                _names(_DONE)
            ),
            (list(vins), list(jobs)),
        ):
            found[done.vin].append(done)
    return found


def read_holds(connection: Connection[Any], vins: Sequence[str]) -> Mapping[str, Mapping[str, list[Hold]]]:
    """Read what somebody does not want raised, by vehicle and item."""
    found: defaultdict[str, dict[str, list[Hold]]] = defaultdict(dict)
    for vin, item, cycle, until in connection.execute(
        "select vin, item, cycle, until from service_hold where vin = any(%s)", (list(vins),)
    ):
        found[vin].setdefault(item, []).append(Hold(cycle, until))
    return found


def _copy(connection: Connection[Any], table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(f"incoming_{table}"), _names(_COLUMNS[table])
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
