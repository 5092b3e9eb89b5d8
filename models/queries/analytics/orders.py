"""The orders behind a figure, at most so many, those that matter most first."""

from dataclasses import asdict, dataclass

from psycopg import sql
from psycopg.rows import class_row

from models.analytics.bins import find_edge
from models.analytics.pictures import ListedOrder
from models.analytics.selection import Selection
from models.database.named import read_sql
from models.queries.analytics.overview import Connection

MOST_ORDERS = 500


@dataclass(frozen=True, slots=True)
class OrderCondition:
    """Which of a period's orders: those that waited for a cause, came too late, or came back."""

    cause: str | None = None
    late: bool = False
    came_back: bool = False


@dataclass(frozen=True, slots=True)
class VisitCondition:
    """Which visits of a stage: begun in an hour of a weekday (1 is Monday), or of a length in seconds.

    Visits are counted in bins, so lengths are taken to be from the edge of a bin to before that of another.
    """

    stage: str
    hour: int | None = None
    weekday: int | None = None
    least: float | None = None
    most_seconds: float | None = None


async def list_orders(
    connection: Connection, selection: Selection, condition: OrderCondition
) -> list[ListedOrder]:
    """List orders closed in a period."""
    source: sql.Composable = sql.Identifier("order_figures")
    if selection.picks_places:
        source = sql.SQL("({})").format(sql.SQL(read_sql("queries/analytics/chosen/orders")))
    query = sql.SQL(read_sql("queries/analytics/orders")).format(order_figures=source)
    asked = selection.query() | asdict(condition) | {"most": MOST_ORDERS}
    async with connection.cursor(row_factory=class_row(ListedOrder)) as cursor:
        return await (await cursor.execute(query, asked)).fetchall()


async def list_visits(
    connection: Connection, selection: Selection, condition: VisitCondition
) -> list[ListedOrder]:
    """List visits of a stage that began in a period."""
    asked = selection.query() | {
        "stage": condition.stage,
        "hour": condition.hour,
        "weekday": condition.weekday,
        "least_bin": None if condition.least is None else find_edge(condition.least),
        "end_bin": None if condition.most_seconds is None else find_edge(condition.most_seconds),
        "most": MOST_ORDERS,
    }
    async with connection.cursor(row_factory=class_row(ListedOrder)) as cursor:
        return await (await cursor.execute(read_sql("queries/analytics/stage/orders"), asked)).fetchall()
