"""Where every due item stands, as the page of reminders asks it, on a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
import pytest

from models.domain.service.listed import ListedItem
from models.queries.service.answers import hold_item, record_consent, release_item
from models.queries.service.listed import (
    ReminderFilter,
    count_items,
    read_attempts,
    read_item,
    read_items,
    read_owner,
)
from tests.rig.garage import NOW, VIN, Garage

OIL = "Oil and filter service"
DAY = timedelta(days=1)
ALL = ReminderFilter()
_Answer = TypeVar("_Answer")


@pytest.fixture
def passat(database_url: str) -> Garage:
    """A car whose oil is due."""
    garage = Garage(database_url)
    garage.add_vehicle()
    garage.add_driving(30_000, 100.0)
    garage.add_order(NOW - 91 * DAY, NOW - 90 * DAY, OIL, "Coolant change")
    return garage


def ask(garage: Garage, question: Callable[[psycopg.AsyncConnection[Any]], Awaitable[_Answer]]) -> _Answer:
    async def run() -> _Answer:
        async with await psycopg.AsyncConnection.connect(garage.url) as connection:
            return await question(connection)

    return asyncio.run(run())


def counts(garage: Garage, which: ReminderFilter = ALL) -> dict[str, int]:
    found = ask(garage, lambda connection: count_items(connection, which, NOW + 30 * DAY))
    return {shown: count for shown, count in found.items() if count}


def read(garage: Garage, shown: str, which: ReminderFilter = ALL) -> list[ListedItem]:
    return ask(garage, lambda connection: read_items(connection, which, shown, NOW + 30 * DAY, 10))


@pytest.mark.every_database
def test_an_item_goes_from_raised_to_sent_to_booked_to_done(passat: Garage) -> None:
    passat.run()
    assert counts(passat) == {"raised": 1}
    [raised] = read(passat, "raised")
    assert (raised.plate, raised.item, raised.channel, raised.reminder_state) == (
        f"沪A{VIN[-5:]}", "oil", "message", "raised",
    )  # fmt: skip
    passat.write("update service_reminder set state = 'sent'")
    assert counts(passat) == {"sent": 1}
    order = passat.add_order(NOW + DAY, None, OIL)
    passat.run(NOW + DAY, full=False)
    assert counts(passat) == {"booked": 1}
    passat.close_order(order, NOW + 1.2 * DAY)
    passat.run(NOW + 2 * DAY, full=False)
    assert counts(passat) == {"done": 1}
    [done] = read(passat, "done")
    assert (done.closed_by, done.cycle) == (f"s1/{order}", raised.cycle)


def test_who_does_not_want_to_be_told_stays_due_and_a_held_item_is_held(passat: Garage) -> None:
    ask(passat, lambda connection: record_consent(connection, "s1", "C1", allowed=False, by=None, now=NOW))
    passat.run()
    [due] = read(passat, "due")
    assert due.reminder_state == "withheld"
    owner = ask(passat, lambda connection: read_owner(connection, "s1", VIN, "oil"))
    assert owner is not None
    assert (owner.consent, owner.customer_name, owner.km, owner.trusted_readings) == (
        False,
        "王伟",
        30_000,
        17,
    )
    ask(
        passat,
        lambda connection: hold_item(connection, VIN, "oil", until=None, by="m", now=NOW, reason="Sold"),
    )
    passat.run(NOW + DAY, full=False)
    [held] = read(passat, "held")
    assert (held.held_because, held.held_until) == ("Sold", None)
    ask(passat, lambda connection: release_item(connection, VIN, "oil"))
    passat.run(NOW + 2 * DAY, full=False)
    assert counts(passat) == {"due": 1}


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (ReminderFilter(sites=("s1",)), 1),
        (ReminderFilter(sites=("s2",)), 0),
        (ReminderFilter(sites=("s2",), site="s1"), 0),
        (ReminderFilter(site="s2"), 0),
        (ReminderFilter(item="oil"), 1),
        (ReminderFilter(item="inspection"), 0),
        (ReminderFilter(search=VIN[-5:].lower()), 1),
        (ReminderFilter(search="%"), 0),
        (ReminderFilter(search="_"), 0),
    ],
)
def test_filters_find_what_they_say_and_nothing_of_others_sites(
    passat: Garage, which: ReminderFilter, found: int
) -> None:
    passat.run()
    assert sum(counts(passat, which).values()) == len(read(passat, "raised", which)) == found
    [raised] = read(passat, "raised")
    one = ask(passat, lambda connection: read_item(connection, raised.key, which, NOW))
    assert (one is not None) == bool(found)


def test_every_attempt_to_tell_of_an_item_is_listed_with_its_message(passat: Garage) -> None:
    passat.run()
    [raised] = read(passat, "raised")
    reminder = raised.reminder_id
    assert reminder is not None
    [waiting] = ask(passat, lambda connection: read_attempts(connection, reminder))
    assert (waiting.role, waiting.recipient, waiting.state, waiting.attempt) == (
        "customer",
        "C1",
        "waiting",
        None,
    )
    for number, outcome in ((1, "failed"), (2, "refused")):
        passat.write(
            "insert into delivery_attempt (message_id, attempt, attempted_at, channel, send_id, outcome)"
            " select id, %s, %s, 'sms', 'x', %s from outbox_message",
            (number, NOW, outcome),
        )
    told = ask(passat, lambda connection: read_attempts(connection, reminder))
    assert [(each.attempt, each.outcome) for each in told] == [(1, "failed"), (2, "refused")]
