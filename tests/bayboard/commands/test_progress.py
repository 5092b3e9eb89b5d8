"""`bayboard progress`: what is printed for a receipt, a link that works, and what ends it."""

import re

import pytest

from models.queries.board.progress.visit import hash_token
from tests.fixtures.processes import StartCommand
from tests.fixtures.visit import Visits


@pytest.fixture
def visits_of_today(visits: Visits) -> Visits:
    visits.open("RO-1")
    return visits


def run(start: StartCommand, visits: Visits, *arguments: str) -> tuple[int, str]:
    """Return the exit status of `bayboard progress …` and what it printed."""
    command = start("progress", *arguments, BAYBOARD_DATABASE_URL=visits.database_url)
    status, lines = command.finish()
    return status, "\n".join(lines)


def test_link_is_printed_once_and_revoked_with_all_others(
    start_bayboard: StartCommand, visits_of_today: Visits
) -> None:
    status, link = run(
        start_bayboard, visits_of_today, "link", "s1", "RO-1", "--base-url", "https://board.example.com/"
    )
    assert status == 0
    token = re.fullmatch(r"https://board\.example\.com/progress/([\w-]{32})", link)
    assert token
    known = visits_of_today.connection.execute("select token_hash, revoked_at from progress_link").fetchall()
    assert known == [(hash_token(token[1]), None)]
    ended = run(start_bayboard, visits_of_today, "revoke", "s1", "RO-1")
    assert ended == (0, "1 links to RO-1 at s1 are over")
    assert visits_of_today.one("select count(*) from progress_link where revoked_at is null") == (0,)


def test_ticket_and_code_are_printed_for_the_receipt(
    start_bayboard: StartCommand, visits_of_today: Visits
) -> None:
    (code,) = visits_of_today.one("select code from visit_ticket")
    assert run(start_bayboard, visits_of_today, "ticket", "s1", "RO-1") == (0, f"A01 {code}")


def test_work_order_that_is_not_there_is_one_clear_sentence(
    start_bayboard: StartCommand, visits_of_today: Visits
) -> None:
    assert run(start_bayboard, visits_of_today, "link", "s1", "RO-9") == (
        1, "bayboard: there is no work order RO-9 at s1",
    )  # fmt: skip
