"""The log holds no secret and no person, and nobody can fill a disk with it."""

import json
import subprocess
import sys

import pytest
from structlog import DropEvent

from config.kit.repeats import MOST_KINDS, WINDOW_SECONDS, Repeats

SECRETS = ("uqy35d6267wzkughe8qx25j3vq", "王建华", "13800138000", "沪A12345")
# What a page holds when it fails: a cookie, a customer, a database's address.
FAIL = """
import logging, sys
import structlog
from config.kit.log import configure_log
configure_log(sys.argv[1], open_to_strangers=sys.argv[2] == "open")
log = structlog.get_logger()
def draw(cookies, customer):
    phone, plate = customer["phone"], customer["plate"]
    raise TypeError("no such page")
def answer(library):
    token, name = "".join(sys.argv[3]), "".join(sys.argv[4])
    try:
        draw({"bayboard_wall_s1": token}, {"name": name, "phone": sys.argv[5], "plate": sys.argv[6]})
    except TypeError:
        if library:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        else:
            log.exception("a page failed")
for number in range(int(sys.argv[7])):
    answer(library=False)
    answer(library=True)
"""


def log_failures(log_format: str, kind: str, times: int) -> str:
    """Return what a process that fails so many times, with secrets at hand, writes to stderr."""
    command = [sys.executable, "-c", FAIL, log_format, kind, *SECRETS, str(times)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("kind", ["open", "closed"])
def test_no_log_shows_the_values_that_were_at_hand_when_something_failed(log_format: str, kind: str) -> None:
    said = log_failures(log_format, kind, 1)
    assert "a page failed" in said
    assert "TypeError" in said
    assert "in draw" in said or '"draw"' in said, "where it failed is said all the same"
    for secret in SECRETS:
        assert secret[:6] not in said


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_failure_that_is_repeated_is_written_once_a_minute(log_format: str) -> None:
    assert log_failures(log_format, "open", 200).count("a page failed") == 1


def test_what_libraries_log_is_json_as_well() -> None:
    lines = [json.loads(line) for line in log_failures("json", "open", 50).splitlines()]
    assert [line["event"] for line in lines] == ["a page failed", "Exception in ASGI application"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def count_admitted(repeats: Repeats, *events: dict[str, str], method: str = "error") -> int:
    admitted = 0
    for event in events:
        try:
            repeats.admit(method, dict(event))
        except DropEvent:
            continue
        admitted += 1
    return admitted


def test_the_next_line_says_how_often_it_was_meanwhile() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    assert count_admitted(repeats, *[{"event": "broken"}] * 10) == 1
    clock.now = WINDOW_SECONDS
    assert repeats.admit("error", {"event": "broken"}) == {"event": "broken", "repeated": 9}


def test_news_that_are_no_warnings_are_always_written() -> None:
    assert count_admitted(Repeats(Clock()), *[{"event": "account added"}] * 10, method="info") == 10


def test_thousands_of_kinds_are_fewer_than_a_hundred_lines_a_minute() -> None:
    events = [{"event": f"kind {number}"} for number in range(5000)]
    assert count_admitted(Repeats(Clock()), *events) == MOST_KINDS + 1
