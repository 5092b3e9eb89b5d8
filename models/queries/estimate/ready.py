"""Expected ready times: what they are learned from, what was learned, and how they turned out.

Owns the reading of open cars and of past intervals, and the daily refresh of a site's model: judge
the old one by the orders that became ready since, then learn anew. Any number of processes may ask
for a refresh; one does it.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import msgspec
from psycopg import AsyncConnection, Connection, sql
from psycopg.rows import class_row, tuple_row

from config.workshop import Site, Stage, find_ready_stage
from models.analytics.estimate.calibration import Judged, judge, judge_walking
from models.analytics.estimate.model import FEWEST_ORDERS, SiteModel, decode_model, encode_model
from models.analytics.estimate.ready import OpenCar
from models.analytics.estimate.training import train
from models.analytics.estimate.visits import PastInterval
from models.database.named import read_sql
from models.locks import Lock, try_hold

_OPEN_CARS = read_sql("queries/estimate/open_cars")
_PAST_INTERVALS = read_sql("queries/estimate/past_intervals")
_MODEL = "select model from site_model where site = %(site)s"

# Older history would teach how the shop was, not how it is.
_WINDOW = timedelta(days=120)
# A site without a model has this much of its history, at most half, judged by a model of what was before.
_FIRST_LOOK_BACK = timedelta(days=28)
_WEEK = timedelta(days=7)
# Orders that were in the shop when the old model was trained came no earlier than this.
_LONGEST_VISIT = timedelta(days=14)
_FRESH = timedelta(hours=20)
_FRESH_WITHOUT_HISTORY = timedelta(minutes=10)
# What the dealer system says of an order as a stage begins was known in it.
_TOGETHER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did: from how many orders it learned, and how many estimates it judged."""

    orders: int
    judged: int


async def read_open_cars(connection: AsyncConnection[Any], site: str) -> list[OpenCar]:
    """Read every car of a site that is not gone."""
    async with connection.cursor(row_factory=class_row(OpenCar)) as cursor:
        return await (await cursor.execute(_OPEN_CARS, {"site": site})).fetchall()


async def read_site_model(connection: AsyncConnection[Any], site: str) -> SiteModel | None:
    """Read what a site has learned; None where nothing was, or by another version of us."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        return _decode(await (await cursor.execute(_MODEL, {"site": site})).fetchone())


def refresh_estimates(
    connection: Connection[Any], site: Site, stages: Sequence[Stage], now: datetime
) -> Refreshed | None:
    """Judge a site's model by what became ready since, and train it anew, in one transaction.

    None while the model is fresh, or another process is at it.
    """
    with connection.transaction():
        if not try_hold(connection, Lock.ESTIMATES, site.key):
            return None
        old = _decode(connection.execute(_MODEL, {"site": site.key}).fetchone())
        if old and _is_fresh(old.until, old.orders, now):
            return None
        since = now - _WINDOW
        if old:
            since = min(since, old.until - _LONGEST_VISIT)
        past = read_past_intervals(connection, site.key, since)
        ready_stage = find_ready_stage(stages)
        promises = _read_promises(connection, site.key, since)
        judged = (
            judge(past, promises, old, stages, site.hours)
            if old
            else judge_walking(past, promises, _list_look_backs(past, now), now, stages, site.hours)
        )
        _keep_judged(connection, site.key, judged)
        model = train(past, ready_stage, site.hours, now)
        _keep_model(connection, site.key, model)
        return Refreshed(model.orders, len(judged))


def read_past_intervals(
    connection: Connection[Any], site: str, since: datetime, until: datetime | None = None
) -> list[PastInterval]:
    """Read the intervals of every order opened since a moment, before another, and not cancelled."""
    with connection.cursor(row_factory=class_row(PastInterval)) as cursor:
        parameters = {"site": site, "since": since, "until": until, "together": _TOGETHER}
        return cursor.execute(_PAST_INTERVALS, parameters).fetchall()


def find_stale_sites(connection: Connection[Any], sites: Sequence[Site], now: datetime) -> list[Site]:
    """Return the sites whose model is missing or old."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        models = cursor.execute("select site, until, orders from site_model").fetchall()
    fresh = {site for site, until, orders in models if _is_fresh(until, orders, now)}
    return [site for site in sites if site.key not in fresh]


def _is_fresh(until: datetime, orders: int, now: datetime) -> bool:
    return now - until < (_FRESH if orders >= FEWEST_ORDERS else _FRESH_WITHOUT_HISTORY)


def _list_look_backs(past: Sequence[PastInterval], now: datetime) -> list[datetime]:
    """Return until when a site without a model learns, week by week, to be judged by what came after."""
    first = min((row.entered_at for row in past), default=now)
    begin = max(now - _FIRST_LOOK_BACK, first + (now - first) / 2)
    return [begin + _WEEK * n for n in range(ceil((now - begin) / _WEEK))]


def _decode(row: tuple[Any, ...] | None) -> SiteModel | None:
    try:
        return decode_model(row[0]) if row else None
    except msgspec.DecodeError:
        return None


def _read_promises(connection: Connection[Any], site: str, since: datetime) -> dict[str, datetime]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            "select work_order, first_promised_at from work_order"
            " where site = %s and opened_at >= %s and first_promised_at is not null",
            [site, since],
        )
        return dict(cursor.fetchall())


def _keep_judged(connection: Connection[Any], site: str, judged: Sequence[Judged]) -> None:
    columns = [column.name for column in fields(Judged)]
    statement = sql.SQL("insert into ready_estimate (site, {}) values ({}) on conflict do nothing").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * (len(columns) + 1)),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(site, *astuple(one)) for one in judged])


def _keep_model(connection: Connection[Any], site: str, model: SiteModel) -> None:
    connection.execute(
        "insert into site_model (site, since, until, orders, model) values (%s, %s, %s, %s, %s)"
        " on conflict (site) do update set since = excluded.since, until = excluded.until,"
        " orders = excluded.orders, model = excluded.model",
        [site, model.since, model.until, model.orders, encode_model(model)],
    )
