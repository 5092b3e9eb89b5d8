"""How many of those who were told of a service came within 30 days."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from models.database.named import read_sql
from models.domain.service.listed import Conversion

_CONVERSION = read_sql("queries/service/conversion")


async def read_conversion(
    connection: AsyncConnection[Any], site: str, zone: str, since: datetime, until: datetime, now: datetime
) -> list[Conversion]:
    """Read the conversion of a site by month, the oldest first."""
    parameters = {"site": site, "zone": zone, "since": since, "until": until, "now": now}
    async with connection.cursor(row_factory=class_row(Conversion)) as cursor:
        await cursor.execute(_CONVERSION, parameters)
        return await cursor.fetchall()
