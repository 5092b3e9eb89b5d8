"""A whole day of a workshop in front of its waiting room: what a browser there is sent names nobody.

Everything is real but time: the simulated customers with their names, phones and plates, ingest's
own writing, the dashboard, the pushes, Chromium. That the search would find something is proven
by texts with planted secrets, and by the foreman's wall, which is sent every plate of the same day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby, takewhile
from urllib.parse import quote

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, Response

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from ingest.store.write import prepare_connection, write_batch
from models.contract.payloads import WorkOrderChange, encode
from models.queries.board.progress.visit import hash_token
from simulators.site import simulate_history
from tests.fixtures.access import let_in, sign_session
from tests.fixtures.office import Office
from tests.fixtures.visit import Visits
from tests.rig.catalogue import put_operations
from tests.rig.leaks import find_leaks
from tests.rig.patience import PATIENCE_MS
from tests.rig.typed_words import CUSTOMER, TYPED_WORDS

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
RULES = make_rules(WORKSHOP)
MONDAY = date(2026, 6, 1)
TOKEN = "t" * 32
PLATE, NAME = "沪A12345", "王建华"


@dataclass(slots=True)
class Day:
    """A day of the workshop: its messages by the hour, and all it knows of its customers."""

    hours: list[list[ReceivedMessage]] = field(default_factory=list)
    plates: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def day() -> Day:
    site = simulate_history(WORKSHOP.sites[0], 1, first_day=MONDAY, days=1)
    day = Day()
    messages = []
    for fact in takewhile(lambda fact: fact.at_seconds < timedelta(days=1).total_seconds(), site.facts):
        at = site.timing.tell_time(fact.at_seconds)
        for said in site.devices.say(fact, at):
            topic = str(said.device.name_topic(said.kind))
            messages.append(ReceivedMessage(topic, encode(said.payload), at, 0, 0))
            if isinstance(said.payload, WorkOrderChange):
                note_private(said.payload, day)
    day.hours = [list(hour) for _, hour in groupby(messages, lambda message: message.received_at.hour)]
    return day


def note_private(change: WorkOrderChange, day: Day) -> None:
    vehicle, customer = change.vehicle, change.customer
    if vehicle and isinstance(vehicle.plate, str):
        day.plates.add(vehicle.plate)
    told = [vehicle and vehicle.vin, customer and customer.name, customer and customer.phone]
    day.others.update(word for word in told if isinstance(word, str))


@pytest.mark.parametrize(
    "body",
    [
        f"<b>{PLATE}</b>",
        f"<b>{PLATE.lower()}</b>",
        "沪A·123 45",
        "沪a-12.345",
        '{"plate": "\\u6caaA12345"}',
        "&#27818;A12345",
        f"/vehicles?plate={quote(PLATE)}",
        f"event: parts\ndata: {{}}\n\nevent: parts\ndata: {PLATE}\n\n",
        f"{'x' * 100_000}{PLATE}",
    ],
)
def test_search_finds_a_planted_secret_however_it_is_written(body: str) -> None:
    assert find_leaks([("here", body), ("there", "沪A·***45")], [PLATE, NAME]) == [f"here: {PLATE}"]


def test_lounge_is_sent_nothing_that_names_a_customer_or_a_car(office: Office, page: Page, day: Day) -> None:
    traffic = Traffic(page)
    let_in(page, office.address)
    traffic.open(f"{office.address}/lounge/s1")
    play_day(office.connection, page, day)
    traffic.open(f"{office.address}/progress/{link_to_a_car(office.connection)}")
    traffic.open(f"{office.address}/progress")
    assert len(day.plates) > 20
    assert len(traffic.pushed) > 20, "the lounge was pushed to all day"
    assert "沪" in "".join(traffic.pushed), "with masked plates"
    assert sum("/progress/" in where for where, _ in traffic.texts) >= 2, "a page and its news"
    assert find_leaks(traffic.end(), day.plates | day.others) == []


def test_the_same_search_finds_the_plates_on_a_foremans_wall(office: Office, page: Page, day: Day) -> None:
    traffic = Traffic(page)
    let_in(page, office.address)
    traffic.open(f"{office.address}/wall/s1")
    play_day(office.connection, page, day)
    assert len({leak.split(": ")[1] for leak in find_leaks(traffic.end(), day.plates)}) > 20


def test_the_stream_of_the_waiting_room_has_nothing_that_was_typed(office: Office) -> None:
    put_operations(office.connection)
    visits = Visits(office.connection, office.database_url)
    for number, typed in enumerate(TYPED_WORDS.values()):
        visits.open(f"RO-{number}", operation=typed, technician="T-LEAK-7", **CUSTOMER)
    visits.open("RO-PRIV-1", operation="front brake pads", technician="T-LEAK-7", **CUSTOMER)
    with httpx.stream("GET", f"{office.address}/stream/lounge/s1?lang=en", cookies=sign_session()) as stream:
        body = ""
        for chunk in stream.iter_text():
            body += chunk
            if "Front brake pads" in body and body.endswith("\n\n"):
                break
    assert find_leaks([("stream", body)], [*TYPED_WORDS.values(), *CUSTOMER.values(), "T-LEAK-7"]) == []
    assert all(f"A{number:02}" in body for number in range(1, 27)), "every car is on the board"


class Traffic:
    """Everything a page was sent: every answer, and every event of its stream."""

    def __init__(self, page: Page) -> None:
        self.texts: list[tuple[str, str]] = []
        self.pushed: list[str] = []
        self._page = page
        self._answers: list[Response] = []
        page.on("response", self._note)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.eventSourceMessageReceived", lambda event: self.pushed.append(event["data"]))

    def _note(self, answer: Response) -> None:
        self._answers.append(answer)

    def open(self, address: str) -> None:
        """Open an address; what the page before was sent is taken down first, for the browser forgets it."""
        self._take_down()
        self._page.goto(address, wait_until="networkidle" if "/progress" in address else "load")

    def end(self) -> list[tuple[str, str]]:
        """Return where each text came from, and the text; a stream is heard event by event."""
        self._take_down()
        return [*self.texts, ("stream", "\n".join(self.pushed))]

    def _take_down(self) -> None:
        for answer in self._answers:
            self.texts.append((f"headers of {answer.url}", repr(answer.all_headers())))
            if answer.ok and "event-stream" not in answer.headers.get("content-type", ""):
                self.texts.append((answer.url, answer.body().decode("utf-8", "replace")))
        self._answers.clear()


def play_day(connection: psycopg.Connection, page: Page, day: Day) -> None:
    """Write the day hour by hour as ingest does, each once the page has drawn what came before."""
    page.wait_for_selector("html:not([data-stale]) #board[data-age]", timeout=PATIENCE_MS)
    prepare_connection(connection)
    for hour in day.hours:
        for part in split(hour, 3):
            write_batch(connection, sort_messages(part, RULES), RULES)
            page.wait_for_timeout(60)


def split(messages: Sequence[ReceivedMessage], parts: int) -> Iterator[Sequence[ReceivedMessage]]:
    size = -(-len(messages) // parts)
    for start in range(0, len(messages), size):
        yield messages[start : start + size]


def link_to_a_car(connection: psycopg.Connection) -> str:
    connection.execute(
        "insert into progress_link (token_hash, site, work_order, made_at)"
        " select %s, site, work_order, now() from work_order join stage_interval using (site, work_order)"
        " where vin is not null group by site, work_order order by count(*) desc limit 1",
        [hash_token(TOKEN)],
    )
    connection.execute("update work_order set closed_at = null where closed_at is not null")
    return TOKEN
