"""Rules as pure judgement: once for each time a condition holds, in time, and no longer than it holds."""

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.notices import TEMPLATES
from config.settings import DEFAULT_WORKSHOP_FILE
from config.wording.events import VISIT_EVENTS
from config.wording.templates import load_templates
from config.workshop import WorkshopError, load_workshop
from models.analytics.estimate.ready import Basis, ReadyEstimate
from models.domain.delivery import Role
from models.domain.notice.visit import OpenVisit, PartOfVisit, follow_parts
from reminders.notices.messages import find_leaving, may_be_told, write_message
from reminders.service.plans import make_site_facts
from simulators.scaled import scale_workshop
from tests.rig.patience import rounds
from tests.rig.shop_floor import DAY, FACTS, HOUR, MINUTE, NOON, WORKSHOP, Desk, make_rule, make_visit

READY = make_rule("car_ready", tell="customer")
LASTS = make_rule(
    "stage_lasts", stage="washing", **{"for": "1 h"}, escalate=[{"after": "3 h", "tell": "director"}]
)


def expect_ready(risk: float | None) -> dict[str, ReadyEstimate]:
    return {"RO-1": ReadyEstimate(NOON + HOUR, NOON + 2 * HOUR, risk, Basis.HISTORY)}


def test_a_car_that_is_ready_is_told_of_once() -> None:
    desk = Desk((READY,))
    assert desk.tell(NOON - MINUTE, make_visit("washing", NOON - HOUR)) == []
    assert desk.tell(NOON + MINUTE, make_visit()) == [("car_ready", 0)]
    assert desk.tell(NOON + 2 * MINUTE, make_visit()) == []


def test_a_stage_that_is_entered_again_is_told_of_again() -> None:
    desk = Desk((READY,))
    desk.tell(NOON, make_visit())
    desk.tell(NOON + HOUR, make_visit("repairing", NOON + HOUR))
    again = make_visit(entered_at=NOON + 2 * HOUR, stage_left_before=NOON + HOUR)
    assert desk.tell(NOON + 2 * HOUR, again) == [("car_ready", 0)]


def test_a_stage_that_is_entered_again_while_nobody_looked_is_told_of_again() -> None:
    desk = Desk((READY,))
    desk.tell(NOON, make_visit())
    again = make_visit(entered_at=NOON + 2 * HOUR, stage_left_before=NOON + HOUR)
    assert desk.tell(NOON + 2 * HOUR, again) == [("car_ready", 0)]
    assert {fired.since for fired in desk.standing} == {NOON + 2 * HOUR}


@pytest.mark.parametrize("moved", [-7 * MINUTE, 7 * MINUTE])
def test_a_late_scan_that_moves_the_entry_tells_nothing_again(moved: timedelta) -> None:
    desk = Desk((READY,))
    desk.tell(NOON + 10 * MINUTE, make_visit())
    corrected = make_visit(entered_at=NOON + moved, stage_left_before=NOON - HOUR)
    assert desk.tell(NOON + 11 * MINUTE, corrected) == []


def test_a_scan_that_ends_a_condition_ends_what_was_told_of_it() -> None:
    desk = Desk((READY,))
    desk.tell(NOON, make_visit())
    assert desk.standing
    desk.tell(NOON + MINUTE, make_visit("repairing", NOON))
    assert not desk.standing


def test_what_lasts_is_told_when_it_has_lasted_and_escalated_while_it_does() -> None:
    desk = Desk((LASTS,))
    stands = make_visit("washing")
    told = [(minutes, desk.tell(NOON + minutes * MINUTE, stands)) for minutes in (59, 60, 179, 180, 181)]
    assert told == [(59, []), (60, [("stage_lasts", 0)]), (179, []), (180, [("stage_lasts", 1)]), (181, [])]


def test_nobody_is_escalated_to_once_it_is_over() -> None:
    desk = Desk((LASTS,))
    desk.tell(NOON + HOUR, make_visit("washing"))
    assert desk.tell(NOON + 4 * HOUR, make_visit("ready", NOON + 2 * HOUR)) == []


def test_an_engine_that_was_away_escalates_what_it_told_of() -> None:
    desk = Desk((LASTS,))
    desk.tell(NOON + HOUR, make_visit("washing"))
    assert desk.tell(NOON + 3 * DAY, make_visit("washing")) == [("stage_lasts", 1)]


def test_the_longest_time_of_opening_hours_goes_by() -> None:
    # The site is open for nine or ten hours on most days: thirty times 24 of them are about three months.
    desk = Desk((make_rule("stage_lasts", stage="washing", **{"for": "30 d"}),))
    washing = make_visit("washing")
    told = [days for days in range(60, 130) if desk.tell(NOON + days * DAY, washing)]
    opened = FACTS.sites["s1"].hours.open_seconds(NOON, NOON + told[0] * DAY) / HOUR.total_seconds()
    assert len(told) == 1
    assert 720 <= opened <= 745


def test_opening_hours_leave_out_the_night() -> None:
    in_hours, by_calendar = (
        make_rule("stage_lasts", name=hours, stage="washing", hours=hours, **{"for": "2 h"})
        for hours in ("opening", "calendar")
    )
    desk = Desk((in_hours, by_calendar))
    # An hour before closing; the site opens again at eight, midnight in UTC.
    stands = make_visit("washing", NOON + 7 * HOUR)
    assert desk.tell(NOON + 9 * HOUR, stands) == [("calendar", 0)]
    opened = NOON.replace(hour=0) + DAY
    assert desk.tell(opened + 59 * MINUTE, stands) == []
    assert desk.tell(opened + 60 * MINUTE, stands) == [("opening", 0)]


@pytest.mark.parametrize(
    ("began", "known_since", "told"),
    [
        pytest.param(NOON - 20 * HOUR, NOON - 30 * DAY, True, id="learned late, by a rule of old"),
        pytest.param(NOON - 25 * HOUR, NOON - 30 * DAY, False, id="history"),
        pytest.param(NOON - 50 * MINUTE, NOON, True, id="just before the rule was written"),
        pytest.param(NOON - 70 * MINUTE, NOON, False, id="long before the rule was written"),
    ],
)
def test_old_history_is_not_told(began: datetime, known_since: datetime, told: bool) -> None:
    assert bool(Desk((READY,), known_since).tell(NOON, make_visit(entered_at=began))) is told


def test_what_was_never_told_is_never_escalated() -> None:
    desk = Desk((LASTS,), known_since=NOON + 150 * MINUTE)
    assert desk.tell(NOON + 4 * HOUR, make_visit("washing")) == []


def test_a_promise_is_told_of_once_however_its_risk_wavers_and_again_when_it_is_moved() -> None:
    desk = Desk((make_rule("promise_at_risk", risk=0.5, escalate=[{"after": "1 h", "tell": "manager"}]),))
    promised = make_visit("repairing", promised_at=NOON + 3 * HOUR)

    def tell(minutes: int, risk: float | None, visit: OpenVisit = promised) -> list[tuple[str, int]]:
        return desk.tell(NOON + minutes * MINUTE, visit, estimates=expect_ready(risk))

    told = [tell(minutes, risk) for minutes, risk in [(0, 0.4), (5, 0.6), (10, 0.4), (15, 0.6), (20, 0.1)]]
    assert told == [[], [("promise_at_risk", 0)], [], [], []]
    assert not desk.standing
    assert tell(25, 0.9) == []
    assert tell(90, 0.9) == [("promise_at_risk", 1)]
    moved = make_visit("repairing", promised_at=NOON + 5 * HOUR)
    assert tell(95, 0.9, moved) == [("promise_at_risk", 0)]


def test_a_promise_broken_long_ago_is_not_news() -> None:
    desk = Desk((make_rule("promise_at_risk"),))
    broken = make_visit("repairing", promised_at=NOON - 2 * DAY)
    assert desk.tell(NOON, broken, estimates=expect_ready(1.0)) == []


def part(status: str, since: datetime, before: datetime | None = None, name: str = "P1") -> PartOfVisit:
    return PartOfVisit(name, "Brake disc", status, since, before)


def test_each_part_is_told_of_and_all_of_them_only_when_none_is_missing() -> None:
    desk = Desk((make_rule("part_arrived"), make_rule("all_parts_arrived")))
    waiting = make_visit("awaiting_parts", parts=(part("arrived", NOON), part("ordered", NOON, name="P2")))
    assert desk.tell(NOON, waiting) == [("part_arrived", 0)]
    both = part("arrived", NOON + HOUR, NOON, "P2")
    here = make_visit("awaiting_parts", parts=(part("arrived", NOON), both))
    assert sorted(desk.tell(NOON + HOUR, here)) == [("all_parts_arrived", 0), ("part_arrived", 0)]
    assert desk.tell(NOON + 2 * HOUR, here) == []


def test_when_a_part_came_is_told_from_what_was_said_time_after_time() -> None:
    said = [
        (NOON + hours * HOUR, [{"part": "P1", "status": status}])
        for hours, status in enumerate(["ordered", "arrived", "arrived", "ordered", "arrived"])
    ]
    assert follow_parts(said[:3]) == (PartOfVisit("P1", None, "arrived", NOON + HOUR, NOON),)
    assert follow_parts(said) == (PartOfVisit("P1", None, "arrived", NOON + 4 * HOUR, NOON + 3 * HOUR),)
    assert follow_parts([*said, (NOON + DAY, [])]) == ()


@pytest.mark.parametrize(("stage", "reason"), [("awaiting_approval", None), ("repairing", "approval")])
def test_a_customer_who_does_not_answer_is_known_by_stage_or_reason(stage: str, reason: str | None) -> None:
    desk = Desk((make_rule("approval_unanswered", **{"for": "2 h"}, tell="director"),))
    asked = make_visit(stage, reason=reason, reason_since=reason and NOON)
    assert desk.tell(NOON + 2 * HOUR, asked) == [("approval_unanswered", 0)]
    assert desk.tell(NOON + 3 * HOUR, make_visit("repairing")) == []


def test_an_answer_is_missing_from_when_the_customer_was_asked_not_from_when_the_stage_began() -> None:
    desk = Desk((make_rule("approval_unanswered", **{"for": "2 h"}, tell="director"),))
    works = make_visit("repairing", NOON - 5 * HOUR)
    asks = replace(works, reason="approval", reason_since=NOON)
    assert desk.tell(NOON - MINUTE, works) == desk.tell(NOON + HOUR, asks) == []
    assert desk.tell(NOON + 2 * HOUR, asks) == [("approval_unanswered", 0)]
    # Asked again after an answer, while nobody looked.
    again = replace(asks, reason_since=NOON + 3 * HOUR, reason_left_before=NOON + 2.5 * HOUR)
    assert desk.tell(NOON + 4 * HOUR, again) == []
    assert desk.tell(NOON + 5 * HOUR, again) == [("approval_unanswered", 0)]


@pytest.mark.parametrize(
    "filters",
    [
        {"site": "s1"},
        {"job_type": ["body", "repair"]},
        {"make": "toyota"},
        {"model": "Camry"},
        {"waiting": True},
    ],
)
def test_filters_leave_out_other_cars(filters: dict[str, Any]) -> None:
    desk = Desk((make_rule("car_ready", **filters),))
    meant: dict[str, Any] = {
        "job_type": "repair",
        "make": "Toyota",
        "model": "Camry",
        "customer_waiting": True,
    }
    other = OpenVisit("s2", "RO-2", stage="ready", stage_entered_at=NOON, job_type="inspection")
    desk.tell(NOON, other, make_visit(**meant))
    assert {fired.subject for fired in desk.standing} == {"s1/RO-1"}


def test_what_is_told_until_the_visit_is_over_stands_when_the_stage_has_gone_by() -> None:
    rule = make_rule(
        "stage_entered", stage="washing", until="visit_over", escalate=[{"after": "2 h", "tell": "manager"}]
    )
    desk = Desk((rule,))
    desk.tell(NOON, make_visit("washing"))
    gone_on = make_visit("ready", NOON + HOUR)
    assert desk.tell(NOON + HOUR, gone_on) == []
    assert desk.tell(NOON + 2 * HOUR, gone_on) == [("stage_entered", 1)]
    desk.tell(NOON + 3 * HOUR)
    assert not desk.standing


STAGES = st.sampled_from(["washing", "ready", "repairing", "awaiting_approval"])
STORY = st.lists(st.tuples(st.integers(1, 200), STAGES), min_size=1, max_size=8)


def live(story: list[tuple[int, str]], looks: list[int]) -> tuple[Desk, Counter[tuple[str, int]], datetime]:
    """Let a car go through its stages while somebody looks at times; return what was told."""
    rules = (READY, LASTS, make_rule("approval_unanswered", **{"for": "30 min"}))
    desk, told, now = Desk(rules), Counter[tuple[str, int]](), NOON
    left: dict[str, datetime] = {}
    times = iter(looks)
    for lasts, stage in story:
        visit = make_visit(stage, now, stage_left_before=left.get(stage))
        ends = now + lasts * MINUTE
        while now < ends:
            told.update(desk.tell(now, visit))
            now = min(ends, now + next(times, 5) * MINUTE)
        told.update(desk.tell(ends, visit))
        left[stage] = ends
    return desk, told, now


@settings(max_examples=rounds(60, proof=1800), deadline=None)
@given(STORY, st.lists(st.integers(1, 30), max_size=60))
def test_how_often_somebody_looks_changes_nothing_of_what_is_told(
    story: list[tuple[int, str]], looks: list[int]
) -> None:
    merged = [each for number, each in enumerate(story) if number == 0 or story[number - 1][1] != each[1]]
    _, told, _ = live(merged, looks)
    _, often, _ = live(merged, [])
    assert told == often
    assert told["car_ready", 0] == sum(stage == "ready" for _, stage in merged)


@settings(max_examples=rounds(60, proof=1800), deadline=None)
@given(STORY)
def test_only_steps_of_what_holds_stand_told(story: list[tuple[int, str]]) -> None:
    desk, _, now = live(story, [])
    stage = story[-1][1]
    holds = {"ready": {"car_ready"}, "washing": {"stage_lasts"}, "awaiting_approval": {"approval_unanswered"}}
    assert {fired.rule for fired in desk.standing} <= holds.get(stage, set())
    assert all(fired.fired_at <= now for fired in desk.standing)


def test_every_condition_has_its_words() -> None:
    assert set(TEMPLATES.values()) == set(VISIT_EVENTS)
    load_templates()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ('when = "car_ready"\ntell = "boss"', "tell: Input should be 'customer'"),
        ('when = "car_ready"\ntell = "foreman"\ncolour = "red"', "colour: Extra inputs"),
        ('when = "car_ready"\ntell = "foreman"\nstage = "ready"', "stage: car_ready is about a stage"),
        ('when = "car_ready"\ntell = "foreman"\nfor = "2 h"', "for: car_ready is told at once"),
        ('when = "stage_lasts"\ntell = "foreman"\nfor = "2 h"', "when: stage_lasts wants the stage"),
        ('when = "stage_entered"\ntell = "foreman"\nstage = "polish"', "stage: there is no stage 'polish'"),
        ('when = "car_ready"\ntell = "foreman"\nsite = "s9"', "site: there is no site 's9'"),
        ('when = "car_ready"\ntell = "foreman"\njob_type = "tuning"', "job_type.0: Input should be"),
        ('when = "car_ready"\ntell = "foreman"\ntemplate = "service_due"', "template: there is no template"),
        ('when = "car_ready"\ntell = "foreman"\nrisk = 0.5', "risk: car_ready knows no risk"),
        ('when = "approval_unanswered"\ntell = "foreman"', "when: approval_unanswered wants"),
        ('when = "approval_unanswered"\ntell = "foreman"\nfor = "soon"', "for: 'soon' is not a time such as"),
        ('when = "approval_unanswered"\ntell = "foreman"\nfor = "40 d"', "for: '40 d' is not between"),
        (
            ('when = "approval_unanswered"\ntell = "foreman"\nfor = "2 h"\n'
             'escalate = [{ after = "1 h", tell = "director" }]'),
            "escalate: each after must be longer",
        ),
        ('when = "car_ready"\ntell = "foreman"\nfresh = "3 d"', "fresh: nothing is told of that"),
        (
            'when = "promise_at_risk"\ntell = "foreman"\ntemplate = "approval_unanswered"',
            "template: approval_unanswered tells of minutes, which promise_at_risk",
        ),
        (
            ('when = "part_arrived"\ntell = "foreman"\n'
             'escalate = [{ after = "1 h", tell = "manager", template = "stage_too_long" }]'),
            "escalate: stage_too_long tells of stage, which part_arrived",
        ),
        (
            ('when = "stage_lasts"\nstage = "ready"\ntell = "foreman"\nfor = "2 h"\nuntil = "visit_over"\n'
             'escalate = [{ after = "3 h", tell = "director" }]'),
            "until: stage_lasts is escalated while it holds",
        ),
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused_with_its_line(
    tmp_path: Path, wrong: str, complaint: str
) -> None:
    text = DEFAULT_WORKSHOP_FILE.read_text()
    file = tmp_path / "workshop.toml"
    file.write_text(f'{text}\n[[rule]]\nname = "wrong"\n{wrong}\n')
    with pytest.raises(WorkshopError) as refused:
        load_workshop(file)
    [line] = str(refused.value).splitlines()
    assert complaint in line
    key = re.split(r"[.:]", complaint, maxsplit=1)[0]
    assert file.read_text().splitlines()[int(line.split(":")[1]) - 1].startswith(key)


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "workshop.toml"
    file.write_text(
        DEFAULT_WORKSHOP_FILE.read_text()
        + '[[rule]]\nname = "pickup"\nwhen = "car_ready"\ntell = "manager"\n'
    )
    with pytest.raises(WorkshopError, match=r"rule\.6\.name: pickup is named more than once"):
        load_workshop(file)


def test_rules_of_a_shop_that_runs_faster_wait_less(tmp_path: Path) -> None:
    file = tmp_path / "workshop.toml"
    file.write_text(scale_workshop(DEFAULT_WORKSHOP_FILE.read_text(), 20.0))
    faster = {rule.name: rule.steps[-1][0] for rule in load_workshop(file).rules}
    assert {rule.name: rule.steps[-1][0] / 20 for rule in WORKSHOP.rules} == faster


def test_customers_are_not_told_at_night_and_staff_are() -> None:
    late = NOON + 10 * HOUR
    for audience, leaves_at in (("customer", late.replace(hour=1) + DAY), ("foreman", late)):
        desk = Desk((make_rule("car_ready", tell=audience),))
        firing = desk.judge(late, make_visit(entered_at=late)).firings[0]
        assert find_leaving(firing, FACTS.sites["s1"], late) == leaves_at


def test_a_site_may_have_hours_of_its_own_for_telling_customers() -> None:
    site = WORKSHOP.sites[0].model_copy(update={"not_before": time(7, 30), "not_after": time(21)})
    facts = make_site_facts(site, WORKSHOP.reminders)
    late = NOON + 10 * HOUR
    firing = Desk((READY,)).judge(late, make_visit(entered_at=late)).firings[0]
    assert find_leaving(firing, facts, late) == late
    night = NOON + 12 * HOUR
    assert find_leaving(firing, facts, night) == NOON.replace(hour=23, minute=30)


@pytest.mark.parametrize("hours", ["not_before = 19:30:00", "not_after = 08:00:00"])
def test_a_site_at_which_nobody_could_be_told_is_refused(tmp_path: Path, hours: str) -> None:
    # By its own hours and those of all sites, which are from nine to seven.
    file = tmp_path / "workshop.toml"
    file.write_text(DEFAULT_WORKSHOP_FILE.read_text().replace("[[site]]\n", f"[[site]]\n{hours}\n", 1))
    with pytest.raises(WorkshopError, match="nobody could be told") as refused:
        load_workshop(file)
    line = int(str(refused.value).split(":")[1])
    assert file.read_text().splitlines()[line - 1] == hours


def test_a_message_brings_what_its_words_may_say() -> None:
    desk = Desk((LASTS,))
    visit = make_visit("washing", plate="沪A12345", make="Buick", model="GL8", advisor="A1", vin="V1")
    now = NOON + HOUR
    firing = desk.judge(now, visit).firings[0]
    message = write_message(
        firing, FACTS.sites["s1"], FACTS.stages, FACTS.find_clock("s1", now), now, with_link=False
    )
    assert message.event_key == f"rule/stage_lasts/s1/RO-1/{NOON.isoformat()}/0"
    assert (message.role, message.recipient, message.template) == (Role.FOREMAN, None, "stage_too_long")
    assert message.payload["minutes"] == pytest.approx(60)
    site = WORKSHOP.sites[0]
    named = {**message.payload, "site": {"en": site.en, "zh": site.zh}}
    words = load_templates().write("stage_too_long", "foreman", "zh", named, site.zone)
    assert words.title == "湾板汽车 浦东店：RO-1 在“洗车”已 1小时"


@pytest.mark.parametrize(("consent", "told"), [({}, True), ({"C1": True}, True), ({"C1": False}, False)])
def test_a_customer_who_said_no_is_not_told(consent: dict[str, bool], told: bool) -> None:
    firing = Desk((READY,)).judge(NOON, make_visit()).firings[0]
    assert may_be_told(firing, consent) is told


def test_a_customer_whom_nobody_has_named_is_told_once_somebody_does() -> None:
    desk = Desk((READY,))
    assert desk.tell(NOON, make_visit(customer_ref=None)) == []
    assert desk.tell(NOON + HOUR, make_visit(customer_ref=None, customer_phone="1001")) == [("car_ready", 0)]
