"""What the waiting room's board reads: the public view of a site's open visits, and nothing else."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.database.named import read_sql
from models.domain.board.public import PublicVisit

_LOUNGE = read_sql("queries/board/lounge")


async def read_lounge(connection: AsyncConnection[Any], site: str) -> list[PublicVisit]:
    """Read every open visit of a site, by ticket."""
    async with connection.cursor(row_factory=class_row(PublicVisit)) as cursor:
        return await (await cursor.execute(_LOUNGE, {"site": site})).fetchall()
