"""Faults, parts and answers over the orders closed in a period.

Owns how far back each looks, so that no request reads more than it can in a moment, over however many sites.
What needs the events of every order looks at fewer days than what needs its figures alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from psycopg import sql
from psycopg.rows import class_row

from models.analytics.faults import BANDS_KM, Answer, CodeCount, FaultsRead, LeadTime, MissingPart, PartUse
from models.analytics.pictures import SHARES, ListedOrder
from models.analytics.selection import Selection
from models.database.named import read_sql
from models.queries.analytics.orders import MOST_ORDERS
from models.queries.analytics.overview import Connection

# At most so many days, over all sites.
FAULT_SITE_DAYS, ANSWER_SITE_DAYS = 200, 60
MOST_CODES, MOST_PARTS = 10, 15
_MOST_MISSING = 100

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class FaultCondition:
    """Which orders: those with a trouble code, of a model, that needed a part."""

    code: str | None = None
    model: str | None = None
    part: str | None = None


async def read_faults(connection: Connection, selection: Selection, now: datetime) -> FaultsRead:
    """Read everything the view shows."""
    faults, answers = selection.latest(FAULT_SITE_DAYS), selection.latest(ANSWER_SITE_DAYS)
    of_codes = {"most": MOST_CODES, "bands": list(BANDS_KM)}
    return FaultsRead(
        codes=await _read(connection, CodeCount, "codes", faults, of_codes),
        parts=await _read(connection, PartUse, "parts", faults, {"most": MOST_PARTS}),
        missing=await _read(connection, MissingPart, "missing", faults, {"most": _MOST_MISSING, "now": now}),
        leads=await _read(connection, LeadTime, "leads", answers, {}),
        answers=await _read(connection, Answer, "answers", answers, {"shares": list(SHARES)}),
        days=faults.days,
        answer_days=answers.days,
    )


async def list_faulty_orders(
    connection: Connection, selection: Selection, condition: FaultCondition
) -> list[ListedOrder]:
    """List the orders behind a code or a part."""
    more = {
        "code": condition.code,
        "model": condition.model,
        "part": condition.part,
        "most": MOST_ORDERS,
    }
    return await _read(connection, ListedOrder, "orders", selection.latest(FAULT_SITE_DAYS), more)


async def _read(
    connection: Connection, row: type[_Row], name: str, selection: Selection, more: Mapping[str, object]
) -> list[_Row]:
    source: sql.Composable = sql.Identifier("order_figures")
    if selection.picks_places:
        source = sql.SQL("({})").format(sql.SQL(read_sql("queries/analytics/chosen/orders")))
    query = sql.SQL(read_sql(f"queries/analytics/faults/{name}")).format(order_figures=source)
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        return await (await cursor.execute(query, {**selection.query(), **more})).fetchall()
