"""What a simulated shop is fitted to and compared with: a site's orders, visits and parts in a period.

Owns the reading of the parts that were missing and of the site's own figures; visits and jobs are read by
the queries that estimates and comparisons read them by.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import inf
from zoneinfo import ZoneInfo

import numpy as np
from psycopg.rows import class_row, tuple_row

from config.workshop import Site, Stage
from models.analytics.open_clock import OpenClock
from models.analytics.whatif import Figures, ShopOrder, ShopSpell, measure_shop
from models.database.named import read_sql
from models.domain.intervals import IntervalRow
from models.queries.analytics.bottleneck import read_intervals
from models.queries.analytics.overview import Connection

_PARTS = read_sql("queries/whatif/parts")
# Cars that are in the shop as a period begins came no earlier than this.
_LONGEST_VISIT = timedelta(days=30)
_MOST_DAYS = 60


@dataclass(frozen=True, slots=True)
class PartNamed:
    """A part that an order needed, and whether it had to be ordered."""

    part: str
    missing: bool


async def read_parts_named(
    connection: Connection, site: str, begins_at: datetime, ends_at: datetime
) -> list[PartNamed]:
    """Read every part that an order opened in a period needed."""
    async with connection.cursor(row_factory=class_row(PartNamed)) as cursor:
        asked = {"site": site, "begins_at": begins_at, "ends_at": ends_at}
        return await (await cursor.execute(_PARTS, asked)).fetchall()


async def read_missing_parts(
    connection: Connection, site: str, since: date, zone: ZoneInfo
) -> list[tuple[str, int, int]]:
    """Read which parts had to be ordered since a day: how often each was needed and missing, most first."""
    begins_at = datetime.combine(since, time(), zone)
    counted: defaultdict[str, list[bool]] = defaultdict(list)
    for each in await read_parts_named(connection, site, begins_at, begins_at + timedelta(days=_MOST_DAYS)):
        counted[each.part].append(each.missing)
    found = [(part, len(missing), sum(missing)) for part, missing in counted.items() if any(missing)]
    return sorted(found, key=lambda each: (-each[2], each[0]))


async def read_shop_figures(
    connection: Connection, site: Site, stages: Sequence[Stage], begins_at: datetime, ends_at: datetime
) -> Figures | None:
    """Reckon a site's own figures of the orders that became ready in a period; None of none."""
    start = begins_at - _LONGEST_VISIT
    clock = OpenClock(site.hours, start, (ends_at - start).days + 60)
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(
            "select work_order, opened_at, first_promised_at from work_order"
            " where site = %s and opened_at >= %s and opened_at < %s and not cancelled",
            [site.key, start, ends_at],
        )
        orders = {
            order: ShopOrder(
                clock.open_seconds_until(opened), clock.open_seconds_until(promised) if promised else None
            )
            for order, opened, promised in await cursor.fetchall()
        }
    rows = await read_intervals(connection, site.key, begins_at, ends_at)
    begin, end = clock.open_seconds_until(begins_at), clock.open_seconds_until(ends_at)
    days = sum(
        bool(site.hours.spans_on(begins_at.astimezone(site.zone).date() + timedelta(number)))
        for number in range((ends_at - begins_at).days)
    )
    return measure_shop(orders, _list_spells(rows, clock), stages, begin, end, max(days, 1))


def _list_spells(rows: Sequence[IntervalRow], clock: OpenClock) -> list[ShopSpell]:
    def tick(instants: Iterable[datetime | None]) -> list[float]:
        elapsed = [(at - clock.start).total_seconds() if at else inf for at in instants]
        seconds = np.array(elapsed)
        known = np.isfinite(seconds)
        seconds[known] = clock.count(seconds[known])
        return [float(each) for each in seconds]

    entered, left = tick(row.entered_at for row in rows), tick(row.left_at for row in rows)
    return [
        ShopSpell(row.work_order, row.stage, row.reason, begins, ends)
        for row, begins, ends in zip(rows, entered, left, strict=True)
    ]
