"""Where what-if questions are answered: from a site's own database, in a process that always ends."""

import multiprocessing
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest

from bayboard.parts.whatif import WhatIfDesk, fit_site
from models.analytics.whatif import CYCLE, ON_TIME, THROUGHPUT, WAIT, Asked, Change, Progress, State, Thing
from simulators.truth.lines import ReadyTruth
from simulators.whatif.fitting import WhatIfError
from tests.fixtures.history import DAYS, FIRST_DAY, History
from tests.rig.patience import PATIENCE_SECONDS

BAY = Change(Thing.BAY, "general")
TECHNICIAN = Change(Thing.TECHNICIAN, "mechanical")


def _ask(history: History, change: Change, days: int = DAYS) -> Asked:
    return Asked(history.site, FIRST_DAY, FIRST_DAY + timedelta(days), change)


def _wait(desk: WhatIfDesk, asked: Asked, ready: Callable[[Progress], bool]) -> Progress:
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        progress = desk.look(asked)
        assert progress
        if ready(progress):
            return progress
        time.sleep(0.02)
    raise AssertionError(f"still {progress}")


def test_the_shop_is_fitted_to_what_the_database_holds(history: History, history_url: str) -> None:
    fitted = fit_site(history_url, history.workshop, _ask(history, BAY), history.ends_at)
    ready = [truth for truth in history.truth if isinstance(truth, ReadyTruth) and truth.at < history.ends_at]
    assert fitted.real[THROUGHPUT] == pytest.approx(len(ready) / DAYS, rel=0.03)
    assert 0.5 < fitted.real[ON_TIME] < 1
    assert fitted.real[CYCLE] > 1
    assert fitted.real[f"{WAIT}bay"] > 0
    missing = fitted.shop.parameters.part_missing_shares
    assert missing["Oil filter and 5 l engine oil"] == 0
    assert any(share > 0 for share in missing.values())


def test_a_question_is_answered_once_and_the_next_plays_half_as_much(
    history: History, history_url: str
) -> None:
    desk = WhatIfDesk(history_url, history.workshop, pairs=5, days=3, longest_seconds=PATIENCE_SECONDS)
    asked = _ask(history, BAY)
    assert desk.look(asked) is None
    assert desk.ask(asked, history.ends_at).state is State.WAITING
    done = _wait(desk, asked, lambda progress: progress.state.is_over)
    assert (done.state, done.played) == (State.DONE, 5)
    assert done.answer
    assert (done.answer.runs, done.answer.days) == (5, 3)
    assert desk.ask(asked, history.ends_at) is done
    with psycopg.connect(history_url, autocommit=True) as connection:
        # What was fitted and played before is not read and played again.
        connection.execute("drop table work_order_part, work_order_line, stage_interval cascade")
    other = _ask(history, TECHNICIAN)
    desk.ask(other, history.ends_at)
    again = _wait(desk, other, lambda progress: progress.state.is_over)
    assert again.answer
    assert again.answer.model == done.answer.model
    assert again.answer.changes != done.answer.changes


def test_a_question_can_be_stopped_leaves_no_process_and_goes_on_where_it_was(
    history: History, history_url: str
) -> None:
    desk = WhatIfDesk(history_url, history.workshop, pairs=500, days=3, longest_seconds=PATIENCE_SECONDS)
    asked = _ask(history, BAY)
    desk.ask(asked, history.ends_at)
    _wait(desk, asked, lambda progress: progress.played > 0)
    desk.stop(asked)
    stopped = _wait(desk, asked, lambda progress: progress.state.is_over)
    assert stopped.state is State.STOPPED
    ends = time.monotonic() + PATIENCE_SECONDS
    while multiprocessing.active_children() and time.monotonic() < ends:
        time.sleep(0.02)
    assert multiprocessing.active_children() == []
    desk.ask(asked, history.ends_at)
    going_on = _wait(desk, asked, lambda progress: progress.state is State.PLAYING)
    assert going_on.played >= stopped.played > 0
    desk.stop(asked)


def test_a_question_ends_in_time_and_can_be_asked_again(history: History, history_url: str) -> None:
    desk = WhatIfDesk(history_url, history.workshop, pairs=500, days=3, longest_seconds=0.05)
    asked = _ask(history, BAY)
    desk.ask(asked, history.ends_at)
    assert _wait(desk, asked, lambda progress: progress.state.is_over).state is State.TOO_SLOW
    assert desk.ask(asked, history.ends_at).state is State.WAITING
    assert _wait(desk, asked, lambda progress: progress.state.is_over).state is State.TOO_SLOW


def test_a_site_without_history_is_told_so(history: History, database_url: str) -> None:
    desk = WhatIfDesk(database_url, history.workshop, pairs=5, days=3, longest_seconds=PATIENCE_SECONDS)
    asked = _ask(history, BAY)
    desk.ask(asked, history.ends_at)
    assert _wait(desk, asked, lambda progress: progress.state.is_over).state is State.TOO_LITTLE
    with pytest.raises(WhatIfError, match="no order became ready"):
        fit_site(database_url, history.workshop, asked, history.ends_at)
