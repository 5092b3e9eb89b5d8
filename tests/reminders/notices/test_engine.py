"""Rules on a real database: messages in the outbox once, by any number of engines, and withdrawn in time."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest

from config.notices import Rule
from models.analytics.open_clock import OpenClock
from models.queries.notice.facts import read_visits
from models.signals import Signal
from reminders.notices.engine import RuleEngine
from reminders.notices.facts import RuleFacts, make_rule_facts
from reminders.service.metrics import Metrics
from tests.fixtures.database import as_role
from tests.fixtures.ingest import wait_for_rows
from tests.fixtures.visit import NOON, Visits
from tests.rig.shop_floor import DAY, HOUR, MINUTE, WORKSHOP, make_rule

READY = make_rule("car_ready", tell="customer")
APPROVAL = make_rule("approval_unanswered", **{"for": "2 h"}, tell="director")
MESSAGES = "select template, recipient_role, state from outbox_message order by id"


@pytest.fixture
def shop(visits: Visits) -> Visits:
    """A shop in which rules have been judged before."""
    judge(visits, NOON - DAY, READY, APPROVAL)
    return visits


def make_engine(shop: Visits, *rules: Rule) -> RuleEngine:
    facts = make_rule_facts(WORKSHOP.model_copy(update={"rules": list(rules)}))
    return RuleEngine(
        database_url=as_role(shop.database_url, "remind"),
        facts=facts,
        metrics=Metrics(),
        clock=lambda: NOON,
    )


def judge(shop: Visits, now: datetime, *rules: Rule) -> int:
    return make_engine(shop, *rules).pass_once(now)


def read(shop: Visits, query: str) -> list[tuple[Any, ...]]:
    return shop.connection.execute(query.encode()).fetchall()


@pytest.mark.every_database
def test_a_customer_is_told_once_and_the_outbox_holds_no_link(shop: Visits) -> None:
    shop.open(stage="ready", stage_entered_at=NOON)
    assert judge(shop, NOON + MINUTE, READY) == 1
    assert judge(shop, NOON + 2 * MINUTE, READY) == 0
    [(role, recipient, payload)] = read(shop, "select recipient_role, recipient, payload from outbox_message")
    assert (role, recipient, payload["stage"]["zh"]) == ("customer", "C00017", "待取车")
    assert payload["with_link"] is True
    assert "progress" not in repr(payload)
    assert read(shop, "select * from progress_link") == []


class OneSiteFails(RuleFacts):
    """Facts of which one site's cannot be used."""

    def find_clock(self, site: str, now: datetime) -> OpenClock:
        if site == "s0":
            raise IndexError("no such day")
        return super().find_clock(site, now)


def test_a_site_that_cannot_be_judged_silences_no_other_and_is_said(shop: Visits) -> None:
    [site] = WORKSHOP.sites
    sites = [site.model_copy(update={"key": "s0"}), site]
    facts = make_rule_facts(WORKSHOP.model_copy(update={"rules": [READY], "sites": sites}))
    failing = OneSiteFails(facts.workshop, facts.stages, facts.sites, facts.fingerprints)
    engine = RuleEngine(database_url=shop.database_url, facts=failing, metrics=Metrics(), clock=lambda: NOON)
    shop.open(stage="ready", stage_entered_at=NOON)
    assert engine.pass_once(NOON) == 1
    assert engine.find_troubles() == ["rules cannot be judged at s0: IndexError: no such day"]


@pytest.mark.every_database
def test_engines_that_run_at_once_tell_each_thing_once(shop: Visits) -> None:
    for number in range(12):
        shop.open(f"RO-{number}", stage="ready", stage_entered_at=NOON, vin=None)
        shop.open(f"AP-{number}", stage="awaiting_approval", stage_entered_at=NOON, vin=None)
    together = Barrier(3)

    def run() -> int:
        engine = make_engine(shop, READY, APPROVAL)
        together.wait(30)
        return sum(engine.pass_once(NOON + minutes * MINUTE) for minutes in (0, 119, 120, 121))

    with ThreadPoolExecutor(3) as pool:
        told = [each.result(60) for each in [pool.submit(run) for _ in range(3)]]
    assert sum(told) == 24
    assert read(shop, "select template, count(*) from outbox_message group by 1 order by 1") == [
        ("approval_unanswered", 12),
        ("ready_for_pickup", 12),
    ]


def test_a_corrected_scan_withdraws_what_waits_and_another_lets_it_wait_again(shop: Visits) -> None:
    at_night = NOON + 10 * HOUR
    shop.open(stage="ready", stage_entered_at=at_night)
    judge(shop, at_night, READY)
    assert read(shop, "select state, due_at from outbox_message") == [("waiting", NOON + 21 * HOUR)]
    shop.update(stage="washing", stage_entered_at=at_night - HOUR)
    judge(shop, at_night + MINUTE, READY)
    assert read(shop, MESSAGES) == [("ready_for_pickup", "customer", "cancelled")]
    shop.update(stage="ready", stage_entered_at=at_night)
    assert judge(shop, at_night + 2 * MINUTE, READY) == 1
    assert read(shop, MESSAGES) == [("ready_for_pickup", "customer", "waiting")]
    assert read(shop, "select count(*), count(answered_at) from rule_firing") == [(1, 0)]


def test_a_delivered_car_withdraws_what_waits_and_leaves_what_was_sent(shop: Visits) -> None:
    shop.open("RO-1", stage="ready", stage_entered_at=NOON)
    shop.open("RO-2", stage="ready", stage_entered_at=NOON)
    judge(shop, NOON, READY)
    shop.connection.execute("update outbox_message set state = 'sent' where work_order = 'RO-2'")
    for order in ("RO-1", "RO-2"):
        shop.update(order, stage="delivered", closed_at=NOON + HOUR)
    judge(shop, NOON + HOUR, READY)
    assert sorted(state for _, _, state in read(shop, MESSAGES)) == ["cancelled", "sent"]
    assert read(shop, "select count(*) from rule_firing where answered_at is null") == [(0,)]


def test_who_opted_out_is_not_told_and_staff_are(shop: Visits) -> None:
    shop.connection.execute("insert into customer_consent values ('s1', 'C00017', %s, false)", [NOON - DAY])
    shop.open(stage="ready", stage_entered_at=NOON)
    judge(shop, NOON, READY, make_rule("car_ready", name="staff"))
    assert read(shop, MESSAGES) == [("ready_for_pickup", "foreman", "waiting")]


def add_intervals(shop: Visits, *intervals: tuple[str, str | None, int, int]) -> None:
    """Add stages with their reasons, from and until so many minutes after noon; 0 is not over."""
    for position, (stage, reason, begins, ends) in enumerate(intervals):
        shop.add(
            "stage_interval",
            position=position,
            stage=stage,
            reason=reason,
            entered_at=NOON + begins * MINUTE,
            left_at=NOON + ends * MINUTE if ends else None,
            inferred=False,
        )


def test_a_stage_left_and_entered_again_is_told_of_again(shop: Visits) -> None:
    shop.open(stage="ready", stage_entered_at=NOON)
    judge(shop, NOON, READY)
    shop.connection.execute("update outbox_message set state = 'sent'")
    add_intervals(shop, ("ready", None, 0, 30), ("repairing", None, 30, 90), ("ready", None, 90, 0))
    shop.update(stage="ready", stage_entered_at=NOON + 90 * MINUTE)
    assert judge(shop, NOON + 91 * MINUTE, READY) == 1


def test_a_reason_that_came_later_than_its_stage_counts_from_when_it_came(shop: Visits) -> None:
    shop.open(stage="repairing", stage_entered_at=NOON, reason="approval")
    add_intervals(
        shop,
        ("repairing", "approval", 0, 10), ("repairing", None, 10, 60),
        ("repairing", "approval", 60, 90), ("repairing", "approval", 90, 0),
    )  # fmt: skip
    [visit] = read_visits(shop.connection, ["s1"])["s1"]
    assert (visit.reason_since, visit.reason_left_before) == (NOON + HOUR, NOON + 10 * MINUTE)
    assert judge(shop, NOON + 179 * MINUTE, APPROVAL) == 0
    assert judge(shop, NOON + 180 * MINUTE, APPROVAL) == 1


def test_a_part_that_came_is_told_of_with_its_description(shop: Visits) -> None:
    shop.open(stage="awaiting_parts", stage_entered_at=NOON - HOUR)
    for minutes, status in ((-60, "ordered"), (30, "arrived")):
        at = NOON + minutes * MINUTE
        shop.add(
            "work_order_change",
            device="dms",
            event_id=status,
            at=at,
            received_at=at,
            corrected_at=at,
            change=json.dumps({"parts": [{"part": "P1", "description": "Brake disc", "status": status}]}),
        )
    shop.add("work_order_part", position=0, part="P1", quantity=1.0, status="arrived")
    judge(shop, NOON + HOUR, make_rule("part_arrived"))
    assert read(shop, "select since, subject from rule_firing") == [(NOON + 30 * MINUTE, "s1/RO-1/P1")]
    assert read(shop, "select payload ->> 'description' from outbox_message") == [("Brake disc",)]


def test_a_backfill_of_last_year_tells_nothing(visits: Visits) -> None:
    for days in range(1, 30):
        visits.open(
            f"RO-{days}", stage="ready", stage_entered_at=NOON - days * DAY, opened_at=NOON - days * DAY
        )
    assert judge(visits, NOON, READY) == 0
    assert read(visits, "select count(*) from rule_firing") == [(0,)]


def test_an_edited_rule_begins_anew_and_tells_of_nothing_long_ago(shop: Visits) -> None:
    shop.open(stage="awaiting_approval", stage_entered_at=NOON - 5 * HOUR)
    edited = make_rule("approval_unanswered", **{"for": "150 min"}, tell="director")
    assert judge(shop, NOON, edited) == 0
    assert judge(shop, NOON, APPROVAL.model_copy(update={"name": "another"})) == 0


@pytest.mark.parametrize("said", ['{"site": "s1", "work_orders": ["RO-1"]}', "what nobody understands"])
def test_a_change_is_heard_and_judged_at_once(shop: Visits, said: str) -> None:
    engine = make_engine(shop, READY)
    running = threading.Thread(target=engine.run)
    running.start()
    try:
        wait_for_rows(
            shop.database_url,
            "select count(*) > 0 from pg_stat_activity where application_name = 'bayboard-rules'"
            " and query not like 'select site, until%%' and state = 'idle'",
            [(True,)],
        )
        shop.open(stage="ready", stage_entered_at=NOON)
        shop.connection.execute("select pg_notify(%s, %s)", [Signal.BOARD, said])
        wait_for_rows(shop.database_url, "select template from outbox_message", [("ready_for_pickup",)])
    finally:
        engine.stop()
        running.join(20)
