"""The query benchmark: its copies are as many as it says, and every query it times can be asked."""

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from bayboard.backfill.story import Plan
from bayboard.backfill.write import write_history
from bayboard.bench.queries.data import PLAYED_DAYS, extend
from bayboard.bench.queries.run import read_queries
from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.rollups.settle import refresh_rollups

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
[SITE] = WORKSHOP.sites
LAST_DAY = date(2026, 6, 6)


@pytest.mark.every_database
def test_years_and_sites_are_copies_of_what_was_played(database_url: str) -> None:
    plan = Plan(SITE, 3, "normal", average=True, first_day=LAST_DAY - timedelta(days=1), days=2)
    write_history(database_url, plan, make_rules(WORKSHOP), None, lambda _: True)
    with psycopg.connect(database_url, autocommit=True) as connection:
        refresh_rollups(connection, WORKSHOP, datetime(2026, 6, 7, tzinfo=UTC))
        played = connection.execute("select sum(orders) from order_day").fetchone()
        said: list[str] = []
        extend(database_url, SITE, years=2, sites=3, say=said.append)
        counted = connection.execute(
            "select site, sum(orders), min(day) from order_day group by site order by site"
        ).fetchall()
        assert played
        assert [(site, orders / played[0]) for site, orders, _ in counted] == [
            ("s1", 8),
            ("s1-2", 4),
            ("s1-3", 4),
        ]
        assert counted[0][2] >= LAST_DAY - timedelta(days=1 + 7 * PLAYED_DAYS)
        assert "copied to 2 of 2 other sites" in said
        asked = {"sites": ["s1", "s1-2"], "since": date(2024, 1, 1), "until": date(2026, 7, 1)}
        for name, query in read_queries().items():
            assert connection.execute(query, asked).fetchall(), name
