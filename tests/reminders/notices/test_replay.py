"""Rules tried on a history: lived through again, it says what the database says, and nothing is written."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, LiteralString

import psycopg

from models.domain.notice.story import tell_visits
from models.domain.notice.visit import OpenVisit
from models.queries.notice.facts import read_visits
from models.queries.notice.history import read_stories
from reminders.notices.facts import make_rule_facts
from reminders.notices.replay import WARM_UP, Told, replay_rules
from tests.fixtures.history import History
from tests.fixtures.processes import StartCommand
from tests.rig.shop_floor import make_rule

DAY = timedelta(days=1)
END = {"delivered"}
# Those of one visit of a stage that lie in several intervals, as when the bay changes, count once.
VISITS_OF_STAGE = """
select count(*) from (
    select entered_at, stage, lag(stage) over (partition by work_order order by position) as before
    from stage_interval where site = %s
) as visit
where stage = %s and before is distinct from stage and entered_at >= %s and entered_at < %s
"""


def ask(url: str, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query, values).fetchall()


def replay(history: History, url: str, begins: datetime, **rule: Any) -> list[Told]:
    rules = [make_rule(rule.pop("when"), **rule)]
    facts = make_rule_facts(history.workshop.model_copy(update={"rules": rules}))
    with psycopg.connect(url) as connection:
        stories = read_stories(connection, history.site, begins - WARM_UP, begins + DAY)
        return replay_rules(facts, history.site, stories, None, begins, begins + DAY)


def test_every_car_that_became_ready_would_have_been_told_of_once(history: History, history_url: str) -> None:
    begins = history.begins_at + 9 * DAY
    told = replay(history, history_url, begins, when="car_ready", tell="customer")
    [(ready,)] = ask(history_url, VISITS_OF_STAGE, history.site, "ready", begins, begins + DAY)
    assert len(told) == ready > 20
    assert all(each.message.due_at.astimezone(history.workshop.sites[0].zone).hour >= 9 for each in told)


def test_what_lasts_is_told_when_its_time_is_over_to_the_tick(history: History, history_url: str) -> None:
    begins = history.begins_at + 9 * DAY
    told = replay(
        history, history_url, begins, when="stage_lasts", stage="repairing", **{"for": "90 min"},
        escalate=[{"after": "3 h", "tell": "manager"}],
    )  # fmt: skip
    assert {each.firing.step for each in told} == {0, 1}
    late = [each.told_at - each.firing.due_at for each in told]
    assert all(timedelta() <= each < timedelta(minutes=5) for each in late)
    first = {each.firing.holding.subject for each in told if each.firing.step == 0}
    escalated = [each.firing for each in told if each.firing.step]
    # What was told of on the day before is escalated, too.
    assert all(each.holding.subject in first or each.since < begins for each in escalated)


def test_the_end_of_every_story_is_what_the_database_says_now(history: History, history_url: str) -> None:
    with psycopg.connect(history_url) as connection:
        live = {visit.work_order: visit for visit in read_visits(connection, [history.site])[history.site]}
        stories = read_stories(connection, history.site, history.ends_at, history.ends_at + 30 * DAY)
        ends: dict[str, OpenVisit | None] = {}
        for story in stories:
            for _, visit in tell_visits(story, END):
                ends[story.work_order] = visit
    open_at_the_end = {order: _forget_reads(visit) for order, visit in ends.items() if visit}
    assert open_at_the_end == {order: _forget_reads(visit) for order, visit in live.items()}
    assert len(live) > 5


def _forget_reads(visit: OpenVisit) -> OpenVisit:
    """Leave out what the database reads only where it matters: the parts of orders of which one has come."""
    hours = round(visit.sold_hours, 6) if visit.sold_hours else None
    parts = visit.parts if any(part.status == "arrived" for part in visit.parts) else ()
    return replace(visit, sold_hours=hours, parts=parts)


def test_the_command_says_what_would_have_been_told_and_writes_nothing(
    history: History, history_url: str, start_bayboard: StartCommand
) -> None:
    day = (history.begins_at + 9.5 * DAY).date().isoformat()
    command = start_bayboard(
        "rules", "test", "config/workshop.toml", "--day", day, "--texts", "--lang", "zh",
        BAYBOARD_DATABASE_URL=history_url,
    )  # fmt: skip
    status, lines = command.finish()
    assert status == 0
    assert any("pickup" in line and "customer C" in line for line in lines)
    assert any("您的爱车可以取车了" in line for line in lines)
    written = """
        select rule from rule_firing union all select event_key from outbox_message
        union all select site from progress_link union all select name from reminder_pass
    """
    assert ask(history_url, written) == []


def test_a_wrong_file_is_refused_with_its_line(start_bayboard: StartCommand, tmp_path: Any) -> None:
    file = tmp_path / "workshop.toml"
    file.write_text(
        '[[stage]]\nkey = "ready"\nen = "R"\nzh = "R"\nkind = "wait"\n'
        '[[stage]]\nkey = "gone"\nen = "G"\nzh = "G"\nkind = "end"\n'
        '[[site]]\nkey = "s1"\nen = "S"\nzh = "S"\ntimezone = "Asia/Shanghai"\n'
        '[[rule]]\nname = "a"\nwhen = "stage_entered"\ntell = "foreman"\nstage = "polish"\n'
    )
    status, lines = start_bayboard("rules", "check", str(file)).finish()
    assert status == 1
    assert lines == [f"bayboard: {file}:20: rule.0.stage: there is no stage 'polish' in this file"]
