"""A database that holds the simulated history of one site, made once and cloned for each test.

Owns which history: 14 days of the default workshop's site, of seed 1, with a hidden slow bay and a
hidden slow technician; and its truth.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bayboard.backfill.run import run_backfill, settle_history
from bayboard.backfill.story import Plan
from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import Workshop, load_workshop
from simulators.truth.lines import Truth, read_truth
from tests.fix_database import DatabaseServer

DAYS = 14
# Early summer of 2026: Monday to the Sunday of the week after, without a holiday.
FIRST_DAY = date(2026, 6, 1)


@dataclass(frozen=True, slots=True)
class History:
    """A written history: the site, from when until when, and what really happened."""

    workshop: Workshop
    site: str
    begins_at: datetime
    ends_at: datetime
    truth: list[Truth]
    truth_file: Path


@dataclass(frozen=True, slots=True)
class WrittenHistory:
    template: str
    history: History


def write_history(
    database_url: str, plan: Plan, workshop: Workshop, now: datetime, truth: Path | None = None
) -> None:
    """Write what a plan simulates and settle it as ingest would have by now."""
    run_backfill(
        database_url,
        [plan],
        make_rules(workshop),
        jobs=1,
        truth=truth,
        stop=threading.Event(),
        tell=lambda _site, _days: None,
    )
    settle_history(database_url, [plan], workshop, now)


@pytest.fixture(scope="session")
def written_history(
    postgresql_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> WrittenHistory:
    """The history in a database that serves as a template, and its truth."""
    workshop = load_workshop(DEFAULT_WORKSHOP_FILE)
    [site] = workshop.sites
    template = "history"
    truth_file = tmp_path_factory.mktemp("history") / "truth.jsonl"
    url = postgresql_server.make_template(template)
    plan = Plan(site, 1, "hidden-slow", average=True, first_day=FIRST_DAY, days=DAYS)
    begins_at = datetime.combine(FIRST_DAY, datetime.min.time(), site.zone)
    ends_at = datetime.combine(date.fromordinal(FIRST_DAY.toordinal() + DAYS), begins_at.time(), site.zone)
    write_history(url, plan, workshop, ends_at, truth_file)
    history = History(
        workshop,
        site.key,
        begins_at.astimezone(UTC),
        ends_at.astimezone(UTC),
        read_truth(truth_file),
        truth_file,
    )
    return WrittenHistory(template, history)


@pytest.fixture(scope="session")
def history(written_history: WrittenHistory) -> History:
    """What is in the database of `history_url`."""
    return written_history.history


@pytest.fixture
def history_url(written_history: WrittenHistory, postgresql_server: DatabaseServer) -> Iterator[str]:
    """A database of this test's own that holds the history."""
    with postgresql_server.make_database(written_history.template) as url:
        yield url
