"""Every figure of the overview, read from the database, is what really happened in the simulated shop."""

import sys
from collections.abc import Mapping
from datetime import datetime, time, timedelta

import psycopg
import pytest

from config.workshop import Site
from models.analytics.overview import FIGURES
from models.analytics.selection import Selection
from models.queries.analytics.overview import read_overview
from models.rollups.settle import refresh_rollups
from simulators.devices.spoil import Rates, read_rates
from simulators.life import Life
from simulators.site import simulate_history
from tests.fixtures.history import DAYS, FIRST_DAY, History
from tests.rig.asking import ask
from tests.rig.through_ingest import ingest, receive_life
from tests.rig.told_history import SITE, WORKSHOP, tell_history
from tests.rig.true_kpis import Said, Shop, TrueKpis

WEEK = 7


def read_figures(url: str, site: Site, days: int) -> dict[str, float | None]:
    """Read the overview of a history's days as the page does."""
    until = FIRST_DAY + timedelta(days=days)
    ends_at = datetime.combine(until, time(), site.zone)

    selection, bays = Selection((site.key,), FIRST_DAY, until), {site.key: len(site.bays)}
    overview = ask(url, lambda connection: read_overview(connection, selection, bays, ends_at))
    return {name: reckon(overview.now) for name, reckon in FIGURES.items()}


def describe_shop(site: Site, days: int) -> Shop:
    begins_at = datetime.combine(FIRST_DAY, time(), site.zone)
    ends_at = begins_at + timedelta(days=days)
    return Shop(len(site.bays), list(site.hours.spans_between(begins_at, ends_at)), site.zone, ends_at)


def print_table(found: Mapping[str, float | None], expected: Mapping[str, float]) -> None:
    """Print both beside each other; `pytest -rP` shows it."""
    sys.stdout.writelines(f"{name:16}{found[name]:14.4f}{expected[name]:14.4f}\n" for name in expected)


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
    shop = describe_shop(site, DAYS)
    expected = TrueKpis(history.truth, read_said(history_url), shop).reckon(DAYS)
    found = read_figures(history_url, site, DAYS)
    print_table(found, expected)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("rates", "within", "cars"),
    [({"duplicate": 0.2, "disorder": 0.2, "late-buffer": 0.2}, 1e-6, 0), (read_rates("some"), 0.05, 1)],
    ids=["faults that lose nothing", "all faults"],
)
def test_faults_change_no_figure_by_more_than_what_they_lost(
    database_url: str, rates: Rates, within: float, cars: int
) -> None:
    told = tell_history(seed=1, days=WEEK, rates={})
    life = Life(simulate_history(SITE, 1, first_day=FIRST_DAY, days=WEEK), rates)
    shop = describe_shop(SITE, WEEK)
    ingest(database_url, list(receive_life(life, shop.ends_at)))
    with psycopg.connect(database_url, autocommit=True) as connection:
        refresh_rollups(connection, WORKSHOP, shop.ends_at)
    said = {
        order: Said(
            row.vin,
            row.first_promised_at,
            row.promised_at,
            {job: hours for (its, job), hours in told.sold_hours.items() if its == order},
            row.operations,
        )
        for order, row in told.orders.items()
    }
    expected = TrueKpis(told.truth, said, shop).reckon(WEEK)
    found = read_figures(database_url, SITE, WEEK)
    print_table(found, expected)
    assert found.pop("carry_over") == pytest.approx(expected.pop("carry_over"), abs=cars)
    assert found == pytest.approx(expected, rel=within)
