"""When refused messages dominate: judged by a sliding window, said loudly, and over by itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import DEFAULT_WORKSHOP_FILE
from ingest.alarm import AlarmRule, QuarantineAlarm
from models.domain.quarantine import generalise_reason, name_field
from tests.fixtures.broker import Broker, Publish
from tests.fixtures.ingest import TOPIC, StartIngest, ask_ingest, scan

RULE = AlarmRule(share=0.5, period=timedelta(seconds=60), least_messages=10)
START = datetime(2026, 11, 21, tzinfo=UTC)
# At which second how many messages came, and how many of them were refused for which reason.
Count = tuple[float, int, dict[str, int]]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def make_alarm(*counts: Count) -> QuarantineAlarm:
    alarm = QuarantineAlarm(RULE)
    for seconds, messages, reasons in counts:
        alarm.count(at(seconds), messages, reasons)
    return alarm


def test_more_than_the_share_of_enough_messages_is_alarming_and_names_the_top_reasons() -> None:
    alarm = make_alarm(
        (0, 6, {}), (10, 14, {"stage: … is not configured, only …": 9, "payload: not JSON": 2})
    )
    domination = alarm.judge(at(20))
    assert str(domination) == (
        "11 of the 20 messages of the last 60 s were quarantined:"
        " 9 x stage: … is not configured, only …; 2 x payload: not JSON"
    )


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [(0, 20, {"x": 10})],  # half is not more than half
        [(0, 9, {"x": 9})],  # too few to say
        [(0, 20, {"x": 20}), (61, 20, {})],  # long ago
    ],
)
def test_it_is_quiet_while_refusals_are_few_or_long_ago(
    counts: list[tuple[float, int, dict[str, int]]],
) -> None:
    alarm = make_alarm(*counts)
    assert alarm.judge(at(counts[-1][0] + 1 if counts else 0)) is None


def test_it_ends_by_itself_when_nothing_more_arrives() -> None:
    alarm = make_alarm((0, 20, {"x": 20}))
    assert alarm.judge(at(59))
    assert alarm.judge(at(60)) is None


def test_it_is_said_once_a_period_and_anew_after_it_was_over() -> None:
    alarm = make_alarm((0, 20, {"x": 20}))
    said = []
    for seconds in range(200):
        if seconds < 90 or seconds >= 170:
            alarm.count(at(seconds), 1, {"x": 1})
        if alarm.find_news(at(seconds)):
            said.append(seconds)
    assert said == [0, 60, 120, 179]


@given(
    st.lists(
        st.tuples(st.floats(0, 300), st.integers(1, 30), st.integers(0, 30)).map(
            lambda count: (count[0], count[1], min(count[1], count[2]))
        ),
        max_size=30,
    )
)
def test_what_is_forgotten_is_what_is_older_than_the_period(counts: list[tuple[float, int, int]]) -> None:
    counts.sort(key=lambda count: count[0])
    alarm = make_alarm(*((seconds, messages, {"x": refused}) for seconds, messages, refused in counts))
    now = 300.0
    domination = alarm.judge(at(now))
    # A slot of a second is forgotten as a whole, up to a second early.
    certain = [count for count in counts if count[0] > now - 59]
    if domination:
        assert domination.messages >= sum(messages for _, messages, _ in certain)
        assert domination.messages <= sum(messages for seconds, messages, _ in counts if seconds > now - 60)
        assert domination.refused > RULE.share * domination.messages


@pytest.mark.parametrize(
    ("reason", "kind", "field"),
    [
        ("stage: 'polishing' is not configured", "stage: … is not configured", "stage"),
        ("at: 5:00:00 ahead of our clock", "at: … ahead of our clock", "at"),
        ("readings[17].at: 1970-01-01 is before 2000", "readings[…].at: … is before …", "readings.at"),
        (
            "device: tracker-12 is not registered to a vehicle",
            "device: … is not registered to a vehicle",
            "device",
        ),
        ("odometer.unit: missing", "odometer.unit: missing", "odometer.unit"),
    ],
)
def test_reasons_are_counted_by_what_they_have_in_common(reason: str, kind: str, field: str) -> None:
    assert (generalise_reason(reason), name_field(reason)) == (kind, field)


def write_workshop(directory: Path, seconds: int) -> str:
    """Write a workshop file with an alarm at more than half of three messages; return its path."""
    text = DEFAULT_WORKSHOP_FILE.read_text()
    text = text.replace("quarantine_alarm_messages = 20", "quarantine_alarm_messages = 3")
    text = text.replace("quarantine_alarm_seconds = 60", f"quarantine_alarm_seconds = {seconds}")
    path = directory / "workshop.toml"
    path.write_text(text)
    return str(path)


def test_ingest_that_refuses_most_says_so_and_is_alive_but_not_ready(
    iotcore_broker: Broker,
    database_url: str,
    start_ingest: StartIngest,
    publish: Publish,
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    port = free_port()
    workshop = write_workshop(tmp_path, 600)
    command = start_ingest(iotcore_broker, database_url, port=port, BAYBOARD_WORKSHOP_FILE=workshop)
    publish(iotcore_broker.url, TOPIC, scan(1))
    for number in range(2):
        publish(iotcore_broker.url, TOPIC, scan(number, stage="polishing"))
    command.wait_for_line("quarantine dominates.*2 x stage: … is not configured, only …")
    assert ask_ingest(port, "/readyz") == (
        503,
        "2 of the 3 messages of the last 600 s were quarantined: 2 x stage: … is not configured, only …\n",
    )
    assert ask_ingest(port, "/healthz") == (200, "ok\n")
    metrics = ask_ingest(port, "/metrics")[1].splitlines()
    assert "bayboard_ingest_quarantine_dominates 1.0" in metrics
    assert 'bayboard_ingest_quarantined_total{field="stage"} 2.0' in metrics


def test_ingest_is_ready_again_when_the_refused_are_long_ago(
    iotcore_broker: Broker,
    database_url: str,
    start_ingest: StartIngest,
    publish: Publish,
    free_port: Callable[[], int],
    tmp_path: Path,
) -> None:
    port = free_port()
    workshop = write_workshop(tmp_path, 2)
    command = start_ingest(iotcore_broker, database_url, port=port, BAYBOARD_WORKSHOP_FILE=workshop)
    for number in range(4):
        publish(iotcore_broker.url, TOPIC, b"nonsense %d" % number)
    command.wait_for_line("quarantine dominates")
    command.wait_for_answer(f"http://127.0.0.1:{port}/readyz")
    assert "bayboard_ingest_quarantine_dominates 0.0" in ask_ingest(port, "/metrics")[1]
