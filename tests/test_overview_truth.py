"""Every figure of the overview, read from the database, is what really happened in the simulated shop."""

import asyncio
import sys

import psycopg
import pytest

from models.analytics.overview import FIGURES, Sums
from models.analytics.selection import Selection
from models.queries.analytics_overview import read_overview
from tests.fix_history import DAYS, FIRST_DAY, History
from tests.true_kpis import Said, Shop, TrueKpis


def read_sums(url: str, history: History) -> Sums:
    """Read the overview of the whole history as the page does."""
    [site] = history.workshop.sites
    until = history.ends_at.astimezone(site.zone).date()

    async def read() -> Sums:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            selection = Selection((site.key,), FIRST_DAY, until)
            bays = {site.key: len(site.bays)}
            return (await read_overview(connection, selection, bays, history.ends_at)).now

    return asyncio.run(read())


def read_said(url: str) -> dict[str, Said]:
    with psycopg.connect(url) as connection:
        return {
            order: Said(vin, first, promised, dict(zip(jobs, hours, strict=True)), frozenset(operations))
            for order, vin, first, promised, jobs, hours, operations in connection.execute(
                "select work_order, vin, first_promised_at, promised_at,"
                " array_remove(array_agg(line.job), null), array_remove(array_agg(line.hours), null),"
                " array_remove(array_agg(line.operation), null)"
                " from work_order left join work_order_line as line using (site, work_order)"
                " where not cancelled group by 1, 2, 3, 4"
            )
        }


def test_every_figure_of_the_overview_equals_the_truth(history: History, history_url: str) -> None:
    [site] = history.workshop.sites
    shop = Shop(
        len(site.bays),
        list(site.hours.spans_between(history.begins_at, history.ends_at)),
        site.zone,
        history.ends_at,
    )
    expected = TrueKpis(history.truth, read_said(history_url), shop).reckon(DAYS)
    sums = read_sums(history_url, history)
    found = {name: reckon(sums) for name, reckon in FIGURES.items()}
    # `pytest -rP` shows the table.
    sys.stdout.writelines(f"{name:16}{found[name]:14.4f}{expected[name]:14.4f}\n" for name in expected)
    assert found == pytest.approx(expected, rel=1e-6)
