"""A person's data: which orders are theirs, everything that is stored of them, and erasing it.

A person is found by the customer's number, by a phone or by a car, and is everybody with the same number or
phone at that site. What erasing does is the database's own function `erase_orders` (migration 0018).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection, sql
from psycopg.rows import tuple_row

from models.domain.names import canonical_name, canonical_vin

# Whom the orders that a search begins with belong to: everybody with their number or phone.
_BELONGING: LiteralString = """
select work_order from begun
union
select work_order from work_order
where site = %(site)s and (
    customer_ref in (select customer_ref from begun where customer_ref <> '')
    or customer_phone in (select customer_phone from begun where customer_phone <> '')
)
order by work_order
"""
_BEGUN_BY_PERSON: LiteralString = """
with begun as (
    select customer_ref, customer_phone, work_order from work_order
    where site = %(site)s and (
        customer_ref = any(%(words)s) or vin = %(vin)s or customer_phone = any(%(words)s)
        or length(%(digits)s) >= 7
            and right(regexp_replace(customer_phone, '[^0-9]', '', 'g'), 11) = right(%(digits)s, 11)
    )
)
"""
_BEGUN_BY_ORDER: LiteralString = """
with begun as (
    select customer_ref, customer_phone, work_order from work_order
    where site = %(site)s and work_order = any(%(spellings)s)
)
"""
# Tables with rows of orders, and with rows of cars, as the database knows them.
_TABLES: LiteralString = """
select table_name, bool_or(column_name = 'work_order') from information_schema.columns
join information_schema.tables using (table_schema, table_name)
where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name not like '%\\_settled'
group by 1 having bool_or(column_name = 'work_order') and bool_or(column_name = 'site')
    or table_name in ('vehicle_service', 'vehicle')
order by 1
"""
_VINS: LiteralString = (
    "select distinct vin from work_order where site = %s and work_order = any(%s) and vin is not null"
)


async def find_orders(connection: AsyncConnection[Any], site: str, word: str) -> list[str]:
    """Return the work orders of the person with a number, a phone or a car; none if nobody has it."""
    typed = word.strip()
    values = {
        "site": site,
        "words": [typed, canonical_name(typed) or typed],
        "vin": canonical_vin(typed) or typed,
        "digits": "".join(filter(str.isdigit, typed)),
    }
    async with connection.cursor(row_factory=tuple_row) as cursor:
        return [
            order
            for (order,) in await (await cursor.execute(_BEGUN_BY_PERSON + _BELONGING, values)).fetchall()
        ]


async def find_orders_of_person(
    connection: AsyncConnection[Any], site: str, spellings: Sequence[str]
) -> list[str]:
    """Return the work orders of the person one of them is of, itself among them."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        rows = await cursor.execute(
            _BEGUN_BY_ORDER + _BELONGING, {"site": site, "spellings": list(spellings)}
        )
        return [order for (order,) in await rows.fetchall()]


async def export_customer(
    connection: AsyncConnection[Any], site: str, orders: Sequence[str]
) -> dict[str, list[Any]]:
    """Return every row that is stored of a person's orders and cars at a site, by table, as JSON values."""
    found: dict[str, list[Any]] = {}
    async with connection.cursor(row_factory=tuple_row) as cursor:
        vins = [vin for (vin,) in await (await cursor.execute(_VINS, [site, list(orders)])).fetchall()]
        tables = await (await cursor.execute(_TABLES)).fetchall()
        for table, of_order in tables:
            condition: LiteralString = (
                "site = %(site)s and work_order = any(%(orders)s)" if of_order else "vin = any(%(vins)s)"
            )
            query = sql.SQL("select to_jsonb(found) - 'token_hash' from {} as found where ").format(
                sql.Identifier(table)
            ) + sql.SQL(condition)
            rows = await cursor.execute(query, {"site": site, "orders": list(orders), "vins": vins})
            if values := [row for (row,) in await rows.fetchall()]:
                found[table] = values
    return found


async def erase_orders(
    connection: AsyncConnection[Any], site: str, orders: Sequence[str], now: datetime
) -> Mapping[str, int]:
    """Erase the person of some orders of a site; return how many rows of what kind that concerned."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        row = await (
            await cursor.execute("select erase_orders(%s, %s, %s)", [site, list(orders), now])
        ).fetchone()
    counts: dict[str, int] = row[0] if row else {}
    return counts
