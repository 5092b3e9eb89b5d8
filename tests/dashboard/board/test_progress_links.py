"""Links to customers' pages: unguessable, over in time, revoked at once; how plate and code lead to one."""

import asyncio
from datetime import timedelta

import psycopg
import pytest

from models.queries.board.progress.links import (
    TRIES_OF_ADDRESS,
    TRIES_OF_PLATE,
    WINDOW,
    TooManyTriesError,
    enter_progress,
    make_progress_link,
    read_ticket,
    revoke_progress_links,
)
from models.queries.board.progress.visit import hash_token, read_progress
from tests.fixtures.visit import NOON, Visits
from tests.rig.asking import ask

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


def make_link(visits: Visits, work_order: str = "RO-1") -> str:
    return ask(visits.database_url, lambda connection: make_progress_link(connection, "s1", work_order, NOON))


def opens(visits: Visits, token: str, after: timedelta = timedelta()) -> bool:
    return (
        ask(visits.database_url, lambda connection: read_progress(connection, token, NOON + after))
        is not None
    )


def enter(
    visits: Visits, plate_end: str, code: str, address: str = "10.0.0.7", after: timedelta = timedelta()
) -> str | None:
    return ask(visits.database_url, lambda c: enter_progress(c, plate_end, code, address, NOON + after))


def read_code(visits: Visits, work_order: str = "RO-1") -> str:
    ticket = ask(visits.database_url, lambda connection: read_ticket(connection, "s1", work_order))
    assert ticket
    return ticket.code


def test_token_has_enough_chance_and_only_its_hash_is_kept(visits: Visits) -> None:
    visits.open()
    tokens = {make_link(visits) for _ in range(3)}
    assert len(tokens) == 3
    assert {len(token) for token in tokens} == {32}, "192 bits, six in a character"
    kept = [bytes(row[0]) for row in visits.connection.execute("select token_hash from progress_link")]
    assert sorted(kept) == sorted(map(hash_token, tokens))
    stored = repr(visits.connection.execute("select * from progress_link").fetchall())
    assert [token for token in tokens if token in stored] == []


def test_link_to_no_work_order_is_refused(visits: Visits) -> None:
    with pytest.raises(LookupError, match="RO-9"):
        make_link(visits, "RO-9")


def test_link_is_good_while_the_visit_lasts_and_a_week_longer(visits: Visits) -> None:
    visits.open()
    token = make_link(visits)
    assert opens(visits, token, after=timedelta(days=300))
    visits.update(closed_at=NOON)
    assert opens(visits, token, after=WEEK - SECOND)
    assert not opens(visits, token, after=WEEK)


def test_visit_that_goes_on_after_all_keeps_its_link(visits: Visits) -> None:
    visits.open(closed_at=NOON)
    token = make_link(visits)
    assert not opens(visits, token, after=WEEK)
    visits.update(closed_at=None)
    assert opens(visits, token, after=WEEK)


def test_revoked_links_are_over_at_once_and_new_ones_are_not(visits: Visits) -> None:
    visits.open("RO-1")
    visits.open("RO-2")
    old, other = make_link(visits, "RO-1"), make_link(visits, "RO-2")
    assert ask(visits.database_url, lambda c: revoke_progress_links(c, "s1", "RO-1", NOON)) == 1
    assert ask(visits.database_url, lambda c: revoke_progress_links(c, "s1", "RO-1", NOON)) == 0
    new = make_link(visits, "RO-1")
    assert [opens(visits, token) for token in (old, other, new)] == [False, True, True]


@pytest.mark.parametrize("token", ["", "x", "a" * 32, "\x00", "💥", "%' or true --", "a" * 100_000])
def test_what_was_never_given_out_opens_nothing(visits: Visits, token: str) -> None:
    visits.open()
    make_link(visits)
    assert not opens(visits, token)


def test_plate_and_code_lead_to_the_own_visit(visits: Visits) -> None:
    visits.open("RO-1", plate="沪A12345")
    visits.open("RO-2", plate="沪B·67345")
    token = enter(visits, "7345", read_code(visits, "RO-2"))
    assert token
    progress = ask(visits.database_url, lambda connection: read_progress(connection, token, NOON))
    assert progress
    assert progress.plate == "沪B·***45"


def test_either_without_the_other_is_not_enough(visits: Visits) -> None:
    visits.open("RO-1", plate="沪A12345")
    visits.open("RO-2", plate="沪A67890")
    visits.open("RO-3", plate=None)
    code = read_code(visits, "RO-1")
    tries = [("7890", code), ("2345", read_code(visits, "RO-2")), ("2345", ""), ("", code), ("", "")]
    tries += [("", read_code(visits, "RO-3")), ("2345", code[:5]), ("2345", code + code[-1])]
    assert [enter(visits, *tried, address=f"10.0.0.{n}") for n, tried in enumerate(tries)] == [None] * len(
        tries
    )


def test_closed_visit_is_entered_no_more(visits: Visits) -> None:
    visits.open()
    code = read_code(visits)
    visits.update(closed_at=NOON)
    assert enter(visits, "2345", code) is None


def test_guessing_at_one_plate_ends_soon_wherever_it_comes_from(visits: Visits) -> None:
    visits.open()
    for n in range(TRIES_OF_PLATE):
        assert enter(visits, "2345", "WRONG2", address=f"10.0.0.{n}") is None
    with pytest.raises(TooManyTriesError):
        enter(visits, "2345", read_code(visits), address="10.0.1.1")
    assert enter(visits, "2345", read_code(visits), after=WINDOW)


def test_guessing_from_one_address_ends_soon_whatever_it_is_at(visits: Visits) -> None:
    visits.open()
    for n in range(TRIES_OF_ADDRESS):
        assert enter(visits, f"{n:04}", "WRONG2") is None
    with pytest.raises(TooManyTriesError):
        enter(visits, "2345", read_code(visits))
    assert enter(visits, "2345", read_code(visits), address="10.0.0.8"), "others are not in its way"


def test_tries_at_the_same_time_are_all_counted(visits: Visits) -> None:
    visits.open()

    async def rush() -> list[object]:
        connections = [
            await psycopg.AsyncConnection.connect(visits.database_url, autocommit=True) for _ in range(16)
        ]
        tries = (enter_progress(c, "2345", "WRONG2", f"10.0.0.{n}", NOON) for n, c in enumerate(connections))
        results = await asyncio.gather(*tries, return_exceptions=True)
        for connection in connections:
            await connection.close()
        return list(results)

    results = asyncio.run(rush())
    assert results.count(None) == TRIES_OF_PLATE
    assert sum(isinstance(result, TooManyTriesError) for result in results) == 16 - TRIES_OF_PLATE


def test_who_got_in_may_try_as_often_again(visits: Visits) -> None:
    visits.open()
    for _ in range(2):
        for n in range(TRIES_OF_PLATE - 1):
            enter(visits, "2345", "WRONG2", address=f"10.0.0.{n}")
        assert enter(visits, "2345", read_code(visits), address="10.0.1.1")
