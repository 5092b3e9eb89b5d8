"""A day of changes on one page, in seconds: what it holds in memory afterwards is what it held before."""

import json
import time
from datetime import UTC, datetime

from playwright.sync_api import Page

from bayboard.bench.rig.chromium import PageMemory, weigh_page
from bayboard.bench.screens.soak import Hour, compare_ends
from models.signals import Signal
from tests.fixtures.access import let_in
from tests.fixtures.office import Office
from tests.rig.patience import PATIENCE_MS, PATIENCE_SECONDS, rounds

# A day of the simulated shop has some 560 changes (430 scans, 130 of the dealer system). A round changes
# each of the twelve bays, so forty-seven are a day's worth; after sixty rounds the same is shown again.
WARM_UP_ROUNDS, ROUNDS = rounds(20, proof=60), rounds(60, proof=600)

INSERT = """
    insert into work_order
        (site, work_order, plate, bay, stage, stage_entered_at, registered, cancelled, updated_at)
    select 's1', 'RO-' || n, '沪A·D' || n, case when n <= 12 then n::text end,
        'repairing', now(), true, false, now()
    from generate_series(1, 24) as n
"""
# Cars change bays and stages, wait and are late, as in a day.
ROUND = """
    update work_order set
        operation = 'round ' || %(round)s || ';',
        bay = 'B' || lpad((1 + (right(bay, 2)::int + 1) %% 12)::text, 2, '0'),
        stage = (array['inspecting', 'repairing', 'awaiting_parts', 'washing'])[%(round)s %% 4 + 1],
        stage_entered_at = now() - %(round)s %% 20 * interval '10 minutes'
"""
SHOWN = """(text) => [...document.querySelectorAll(".bay .work")]
    .filter((work) => work.textContent.includes(text)).length === 12"""


def change_all(office: Office, page: Page, rounds: range) -> None:
    """Change every tile once a round, as quickly as the page takes it."""
    for number in rounds:
        change = {"site": "s1", "received_at": datetime.now(UTC).isoformat(), "work_orders": ["RO-1"]}
        with office.connection.transaction():
            office.connection.execute(ROUND, {"round": number})
            office.connection.execute("select pg_notify(%s, %s)", [Signal.BOARD, json.dumps(change)])
        page.wait_for_function(SHOWN, arg=f"round {number};", timeout=PATIENCE_MS)


def test_a_day_of_changes_leaves_a_wall_no_larger(office: Office, page: Page) -> None:
    office.connection.execute(INSERT)
    let_in(page, office.address)
    page.goto(f"{office.address}/wall/s1")
    page.wait_for_selector("html:not([data-stale]) #board[data-age]", timeout=PATIENCE_MS)
    change_all(office, page, range(WARM_UP_ROUNDS))
    before = weigh_page(page)
    change_all(office, page, range(WARM_UP_ROUNDS, WARM_UP_ROUNDS + ROUNDS))
    after = weigh_page(page)
    # Alarms are shown in turn, some with more words; what leaks does not go away.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while after.nodes > before.nodes * 1.01 and time.monotonic() < deadline:
        page.wait_for_timeout(500)
        after = weigh_page(page)
    assert after.heap_bytes < before.heap_bytes * 1.1
    assert after.nodes <= before.nodes * 1.01
    assert after.listeners <= before.listeners


def test_growth_is_what_the_last_hours_hold_beyond_the_first() -> None:
    def hour(heap: float, server: int) -> Hour:
        page = PageMemory(int(heap * 2**20), 100, 10)
        return Hour({"wall": page, "lounge": page}, server * 2**20)

    heaps = (6, 7, 6, 6, 6, 6, 6, 6, 6, 12, 9, 9)
    growths = {growth.name: growth for growth in compare_ends([hour(heap, 100) for heap in heaps])}
    assert (growths["wall: heap"].start, growths["wall: heap"].end) == (6, 9)
    assert growths["lounge: heap"].percent == 50
    assert growths["server: resident memory"].percent == 0
