"""Engines of rules that are killed at any moment, two at once: each thing is told once, with one link."""

import multiprocessing
import random
import time
from datetime import timedelta

from reminders.notices.engine import RuleEngine
from reminders.notices.facts import make_rule_facts
from reminders.service.metrics import Metrics
from tests.fixtures.database import as_role
from tests.fixtures.visit import NOON, Visits
from tests.rig.patience import rounds
from tests.rig.shop_floor import HOUR, WORKSHOP, make_rule

RULES = [
    make_rule("car_ready", tell="customer"),
    make_rule(
        "approval_unanswered",
        **{"for": "30 min"},
        hours="calendar",
        tell="advisor",
        escalate=[{"after": "2 h", "tell": "director"}],
    ),
]
ROUNDS, CARS = rounds(5, proof=100), 6
# Longer than it takes an engine to write what it found.
LONGEST_LIFE_SECONDS = 0.2
# Engines are born within milliseconds, of a process that knows all they need.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


def make_engine(database_url: str) -> RuleEngine:
    return RuleEngine(
        database_url=as_role(database_url, "remind"),
        facts=make_rule_facts(WORKSHOP.model_copy(update={"rules": RULES})),
        metrics=Metrics(),
        clock=lambda: NOON + 3 * HOUR,
    )


def judge_until_killed(database_url: str) -> None:
    make_engine(database_url).run()


def test_engines_that_are_killed_tell_each_thing_once(visits: Visits) -> None:
    make_engine(visits.database_url).pass_once(NOON - HOUR)
    chance = random.Random(7)
    for round_ in range(ROUNDS):
        for number in range(CARS):
            stage = ("ready", "awaiting_approval")[number % 2]
            entered_at = NOON + timedelta(minutes=number)
            visits.open(f"RO-{round_}-{number}", stage=stage, stage_entered_at=entered_at, vin=None)
        engines = [PROCESSES.Process(target=judge_until_killed, args=[visits.database_url]) for _ in range(2)]
        for engine in engines:
            engine.start()
        for engine in engines:
            time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
            engine.kill()
            engine.join()
    make_engine(visits.database_url).pass_once(NOON + 3 * HOUR)
    cars = ROUNDS * CARS // 2
    assert visits.connection.execute(
        "select recipient_role, count(*), count(distinct work_order) from outbox_message"
        " group by recipient_role order by recipient_role"
    ).fetchall() == [("advisor", cars, cars), ("customer", cars, cars), ("director", cars, cars)]
    assert visits.one(
        "select count(*), count(distinct work_order) from outbox_message"
        " where payload ->> 'with_link' = 'true'"
    ) == (cars, cars)
    assert visits.one("select count(*) from rule_firing where answered_at is null") == (3 * cars,)
