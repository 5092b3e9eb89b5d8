"""The daily refresh of a site's model: learned from the database, judged by what it had not seen."""

from datetime import timedelta

import psycopg
from psycopg.rows import dict_row

from bayboard.parts.estimates import refresh_sites
from dashboard.boards.learned import Learned
from dashboard.figures.board.look import Look
from dashboard.pages.board.wall import wall_kind
from models.analytics.estimate.calibration import calibrate
from models.analytics.estimate.model import SiteModel
from models.analytics.estimate.ready import Basis, expect_ready
from models.queries.estimate.ready import (
    Refreshed,
    find_stale_sites,
    read_open_cars,
    read_site_model,
    refresh_estimates,
)
from tests.fixtures.history import History
from tests.rig.asking import ask

OPEN_ORDER = """
    insert into work_order (
        site, work_order, job_type, plate, bay, stage, stage_entered_at, promised_at,
        registered, cancelled, updated_at
    )
    values (
        %(site)s, %(order)s, 'repair', %(order)s, %(bay)s, 'repairing', %(at)s, %(promised_at)s,
        true, false, %(at)s
    )
"""


def _refresh(url: str, history: History, hours_later: float = 0.0) -> Refreshed | None:
    site = history.workshop.site(history.site)
    assert site
    with psycopg.connect(url) as connection:
        now = history.ends_at + timedelta(hours=hours_later)
        return refresh_estimates(connection, site, history.workshop.stages, now)


def _read_model(url: str, site: str) -> SiteModel | None:
    return ask(url, lambda connection: read_site_model(connection, site))


def test_a_site_learns_from_its_history_and_is_judged_by_the_second_half(
    history: History, history_url: str
) -> None:
    refreshed = _refresh(history_url, history)
    assert refreshed
    model = _read_model(history_url, history.site)
    assert model
    assert model.has_history
    assert model.orders == refreshed.orders
    with psycopg.connect(history_url, row_factory=dict_row) as connection:
        rows = connection.execute("select * from ready_estimate").fetchall()
    assert len(rows) == refreshed.judged > 0
    assert {row["stage"] for row in rows} == {"received", "repairing"}
    assert all(row["at"] <= row["p50_at"] <= row["p80_at"] for row in rows)
    middle = history.begins_at + (history.ends_at - history.begins_at) / 2
    assert all(row["ready_at"] > middle for row in rows)


def test_a_fresh_model_is_left_alone(history: History, history_url: str) -> None:
    assert _refresh(history_url, history)
    assert _refresh(history_url, history, hours_later=1) is None
    assert _refresh(history_url, history, hours_later=24) is not None


def test_only_one_process_refreshes_a_site(history: History, history_url: str) -> None:
    site = history.workshop.site(history.site)
    assert site
    with psycopg.connect(history_url) as first, first.transaction():
        assert refresh_estimates(first, site, history.workshop.stages, history.ends_at)
        assert _refresh(history_url, history) is None


def test_cars_in_the_shop_are_estimated_from_what_was_learned(history: History, history_url: str) -> None:
    _refresh(history_url, history)
    model = _read_model(history_url, history.site)
    site = history.workshop.site(history.site)
    assert site

    cars = ask(history_url, lambda connection: read_open_cars(connection, site.key))
    found = expect_ready(cars, model, history.workshop.stages, site.hours, history.ends_at)
    not_ready = {car.work_order for car in cars if car.stage not in {"ready", "delivered"}}
    assert set(found) == not_ready
    assert any(estimate.basis is Basis.HISTORY for estimate in found.values())


def test_a_wall_says_the_risk_that_history_knows_and_targets_do_not(
    history: History, history_url: str
) -> None:
    site = history.workshop.site(history.site)
    assert site
    # Within the opening hours of the last day, with a promise that the targets just miss.
    now = history.ends_at - timedelta(hours=10)
    order = {
        "site": site.key,
        "order": "RO-RISK",
        "bay": "B99",
        "at": now,
        "promised_at": now + timedelta(minutes=50),
    }

    def draw() -> str:
        wall = wall_kind(history.workshop, Learned())
        drawn = ask(history_url, lambda connection: wall.read(connection, site, now))
        parts = {part.id: part for part in drawn(Look("en"))}
        return str(parts["strays"].tree)

    with psycopg.connect(history_url) as connection:
        connection.execute(OPEN_ORDER, order)
    assert "RO-RISK" in draw()
    assert "% risk" not in draw()
    assert _refresh(history_url, history)
    assert "% risk" in draw()


def test_nothing_judged_has_no_calibration() -> None:
    assert calibrate([]) is None


def test_a_site_is_stale_until_it_has_learned_and_again_a_day_later(
    history: History, history_url: str
) -> None:
    sites = history.workshop.sites

    def find_stale(hours_later: float) -> list[str]:
        with psycopg.connect(history_url) as connection:
            now = history.ends_at + timedelta(hours=hours_later)
            return [site.key for site in find_stale_sites(connection, sites, now)]

    assert find_stale(0) == [history.site]
    assert refresh_sites(history_url, history.workshop, sites, history.ends_at) == 1
    assert find_stale(1) == []
    assert find_stale(24) == [history.site]
