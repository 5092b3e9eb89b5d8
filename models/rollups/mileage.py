"""What odometers said by the hour, kept for ever though readings are not.

Owns what keeps it: a continuous aggregate where the database has them, elsewhere the rows that are
put aside before readings are dropped. `mileage_hour` is the same of both. Stage times are in no
continuous aggregate: intervals are rewritten by order, and days are the site's own.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from config.store import StoreRules
from models.database.named import read_sql
from models.timescale.aggregates import make_continuous_aggregate, refresh_continuous_aggregate
from models.timescale.edition import Database, detect_database
from models.timescale.policies import Refresh, set_refresh

AGGREGATE = "mileage_hour_aggregate"
# Readings that are dropped must not be looked for again, or the aggregate would forget them.
_BEFORE_DROPPED = timedelta(days=7)
_FRESHLY_SETTLED = timedelta(hours=2)
_EVERY = timedelta(hours=1)


def aggregate_mileage(connection: Connection, database: Database, rules: StoreRules) -> str | None:
    """Have the database aggregate mileage by itself where it can; return the aggregate's name, else None."""
    if not database.has_continuous_aggregates():
        return None
    select = read_sql("rollups/sql/mileage_hour").replace(
        "date_trunc('hour', at, 'UTC')", "time_bucket('1 hour', at)"
    )
    make_continuous_aggregate(connection, AGGREGATE, select)
    keep = rules.odometer.keep
    start = keep - _BEFORE_DROPPED if keep else None
    set_refresh(connection, AGGREGATE, Refresh(start, _FRESHLY_SETTLED, _EVERY))
    return AGGREGATE


def aggregate_history(connection: Connection, until: datetime) -> None:
    """Bring an aggregate, where there is one, up to date from the beginning, as after a backfill.

    The connection must be in autocommit. What is kept of readings that are dropped would be
    forgotten, so it is for histories whose readings are all there.
    """
    if detect_database(connection).has_continuous_aggregates():
        refresh_continuous_aggregate(connection, AGGREGATE, None, until)


def keep_mileage(connection: Connection, before: datetime) -> None:
    """Put aside, by the hour, what readings say that are about to be dropped."""
    connection.execute(text(_KEEP), {"before": before})


_KEEP = """
insert into mileage_hour_settled as kept (site, vin, hour, least_km, most_km, readings)
select site, vin, date_trunc('hour', at, 'UTC'), min(km), max(km), count(*)
from odometer_reading
where trusted is distinct from false and at < :before
group by 1, 2, 3
on conflict (site, vin, hour) do update set
    least_km = least(kept.least_km, excluded.least_km),
    most_km = greatest(kept.most_km, excluded.most_km),
    readings = greatest(kept.readings, excluded.readings)
"""
