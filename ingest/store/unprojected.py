"""Work orders whose events cannot be projected: each stays as it is and holds up no other.

Owns the table projection_failure and the judgement of whom to blame: a message that breaks an order is
refused; an order that its stored events break without any new message is listed, and its events are kept.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeVar

from psycopg import Connection, Rollback

from ingest.store.failures import first_line
from ingest.store.orders import OrderKey

_Result = TypeVar("_Result")


class ProjectionError(Exception):
    """The events of a work order cannot be projected."""

    def __init__(self, key: OrderKey, error: Exception) -> None:
        super().__init__(
            f"work order {key[1]} cannot be computed: {type(error).__name__}: {first_line(error)}"
        )
        self.key = key


class Attempts:
    """What is computed order by order: a failure counts against its order only."""

    def __init__(self, listed: Mapping[OrderKey, str]) -> None:
        self._listed = listed
        self.failed: dict[OrderKey, str] = {}

    def compute(
        self, keys: Collection[OrderKey], work: Callable[[OrderKey], _Result]
    ) -> dict[OrderKey, _Result]:
        """Return what `work` makes of each order; raises ProjectionError for one that is not listed."""
        results: dict[OrderKey, _Result] = {}
        for key in keys:
            try:
                results[key] = work(key)
            except Exception as error:  # whatever it is, it is the failure of this order
                failure = ProjectionError(key, error)
                if key not in self._listed:
                    raise failure from error
                self.failed[key] = str(failure)
        return results

    def find_mended(self, keys: Collection[OrderKey]) -> list[OrderKey]:
        """Return those of the orders that are listed as failing and did not fail this time."""
        return [key for key in keys if key in self._listed and key not in self.failed]


def read_listed(connection: Connection, sites: Collection[str]) -> dict[OrderKey, str]:
    """Read which orders of sites are listed as failing, and why."""
    found = connection.execute(
        "select site, work_order, reason from projection_failure where site = any(%s)", (list(sites),)
    )
    return {(site, order): reason for site, order, reason in found}


def count_listed(connection: Connection) -> int:
    """Return how many orders are listed as failing."""
    ((count,),) = connection.execute("select count(*) from projection_failure").fetchall()
    return int(count)


def list_failure(connection: Connection, key: OrderKey, reason: str, now: datetime) -> None:
    """List an order as failing."""
    connection.execute(
        "insert into projection_failure (site, work_order, failed_at, reason) values (%s, %s, %s, %s)"
        " on conflict (site, work_order) do update set reason = excluded.reason",
        (*key, now, reason),
    )


def strike_off(connection: Connection, mended: Collection[OrderKey]) -> None:
    """Take orders off the list of failing ones."""
    if mended:
        connection.execute(
            "delete from projection_failure"
            " using unnest(%s::text[], %s::text[]) as mended (of_site, of_order)"
            " where site = of_site and work_order = of_order",
            ([site for site, _ in mended], [order for _, order in mended]),
        )


def fails_without_news(
    connection: Connection, key: OrderKey, project: Callable[[OrderKey, datetime, datetime], None]
) -> bool:
    """Say whether an order's stored events alone cannot be projected; changes nothing.

    `project` is given the order, its earliest event time and newest receive time.
    """
    (span,) = connection.execute(_SPAN, {"site": key[0], "work_order": key[1]}).fetchall()
    if span[0] is None:
        return False
    try:
        with connection.transaction():
            project(key, *span)
            raise Rollback
    except ProjectionError:
        return True
    return False


_SPAN = """
select min(at), max(received_at)
from (
    select corrected_at as at, received_at from stage_scan
    where site = %(site)s and work_order = %(work_order)s
    union all
    select corrected_at as at, received_at from work_order_change
    where site = %(site)s and work_order = %(work_order)s
) as event
"""
