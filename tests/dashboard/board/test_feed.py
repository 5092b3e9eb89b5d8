"""The board feed and the screens it serves, on a real database with real announcements."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import Site, load_workshop
from dashboard.boards.board import Board, BoardKind, Connection, Draw
from dashboard.boards.feed import BoardFeed
from dashboard.boards.learned import Learned
from dashboard.boards.push import Screens
from dashboard.figures.board.look import Look
from dashboard.metrics import Metrics
from dashboard.pages.board.wall import wall_kind
from models.migrations.run import migrate
from models.signals import Signal
from tests.rig.patience import PATIENCE_SECONDS

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
SITE = WORKSHOP.sites[0]
WALL = Board("wall", SITE.key)
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)

INSERT = """
    insert into work_order
        (site, work_order, plate, bay, stage, stage_entered_at, registered, cancelled, updated_at)
    values ('s1', %(order)s, %(order)s, %(bay)s, 'repairing', %(at)s, true, false, %(at)s)
    on conflict (site, work_order) do update set bay = excluded.bay
"""
TERMINATE = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'bayboard serve' and datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """What one server-sent event said."""

    event: str
    said: dict[str, object]


class Screen:
    """One screen's stream, heard frame by frame."""

    def __init__(self, screens: Screens, lang: str = "en", kind: str = "wall") -> None:
        self._stream = screens.stream(kind, SITE, Look(lang))
        self.raw: list[bytes] = []

    async def hear(self) -> list[Frame]:
        """Return the events of the next chunk."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            chunk = await anext(self._stream)
        self.raw.append(chunk)
        return [read_event(text) for text in chunk.decode().split("\n\n") if text.startswith("event:")]

    async def hear_until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """Return the first event that is wanted, however many come before it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for frame in await self.hear():
                    if wanted(frame):
                        return frame

    async def hear_parts(self) -> dict[str, object]:
        """Return the next parts, by id."""
        return (await self.hear_until(lambda frame: frame.event == "parts")).said

    async def close(self) -> None:
        await self._stream.aclose()


def read_event(text: str) -> Frame:
    event, data = text.split("\n")
    return Frame(event.removeprefix("event: "), json.loads(data.removeprefix("data: ")))


@dataclass(slots=True)
class Running:
    """A feed that runs, its screens, and a workshop that writes."""

    feed: BoardFeed
    screens: Screens
    metrics: Metrics
    writer: psycopg.AsyncConnection
    _opened: list[Screen] = field(default_factory=list)

    def open_screen(self, lang: str = "en", kind: str = "wall") -> Screen:
        self._opened.append(Screen(self.screens, lang, kind))
        return self._opened[-1]

    async def open_settled_screen(self, lang: str = "en") -> Screen:
        """Open a screen and hear out what every new screen is sent."""
        screen = self.open_screen(lang)
        await screen.hear_parts()
        return screen

    async def put_car(self, order: str, bay: str | None) -> None:
        async with self.writer.transaction():
            await self.writer.execute(INSERT, {"order": order, "bay": bay, "at": NINE})
            await announce(self.writer, work_orders=[order])

    async def close(self) -> None:
        for screen in self._opened:
            await screen.close()

    def reads(self) -> float:
        """Say how often the site was read."""
        count = self.metrics.registry.get_sample_value("bayboard_board_read_seconds_count", WALL._asdict())
        return count or 0.0


async def announce(connection: psycopg.AsyncConnection, site: str = "s1", **change: object) -> None:
    payload = json.dumps({"site": site, "received_at": NINE.isoformat(), **change})
    await connection.execute("select pg_notify(%s, %s)", [Signal.BOARD, payload])


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():  # noqa: ASYNC110  # what is awaited is in the feed, which owes tests no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running_board(database_url: str, *others: BoardKind, ready: bool = True) -> AsyncIterator[Running]:
    metrics = Metrics()
    kinds = [wall_kind(WORKSHOP, Learned()), *others]
    feed = BoardFeed(database_url, WORKSHOP.sites, kinds, lambda: NINE, metrics)
    screens = Screens(WORKSHOP, feed, "r1", lambda: NINE, metrics)
    writer = await psycopg.AsyncConnection.connect(database_url, autocommit=True)
    board = Running(feed, screens, metrics, writer)
    tasks = [asyncio.create_task(feed.run()), asyncio.create_task(screens.keep_pulse())]
    try:
        if ready:
            await until(lambda: feed.connected)
        yield board
    finally:
        await board.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await writer.close()


def on_board(
    database_url: str, scene: Callable[[Running], Awaitable[None]], *others: BoardKind, ready: bool = True
) -> None:
    """Play a scene against a running board."""

    async def play() -> None:
        async with running_board(database_url, *others, ready=ready) as board:
            await scene(board)

    asyncio.run(play())


def test_change_sends_only_the_tile_that_changed(database_url: str) -> None:
    async def scene(board: Running) -> None:
        screen = board.open_screen()
        first = await screen.hear_parts()
        assert {f"bay-{bay.key}" for bay in SITE.bays} < set(first)
        await board.put_car("RO-1", "B03")
        assert set(await screen.hear_parts()) == {"bay-B03", "counts"}
        await board.put_car("RO-1", "B04")
        assert set(await screen.hear_parts()) == {"bay-B03", "bay-B04"}

    on_board(database_url, scene)


def test_what_happened_while_nobody_looked_is_there_when_a_screen_opens(database_url: str) -> None:
    async def scene(board: Running) -> None:
        await board.put_car("RO-1", "B03")
        screen = board.open_screen()
        assert "RO-1" in json.dumps((await screen.hear_parts())["bay-B03"])

    on_board(database_url, scene)


def test_screens_of_a_language_share_one_serialised_frame(database_url: str) -> None:
    async def scene(board: Running) -> None:
        english = [await board.open_settled_screen() for _ in range(3)]
        chinese = await board.open_settled_screen("zh")
        await board.put_car("RO-1", "B03")
        said = [json.dumps(await screen.hear_parts(), ensure_ascii=False) for screen in [*english, chinese]]
        assert said[0] == said[1] == said[2]
        assert "In repair" in said[0]
        assert "维修中" in said[3]
        assert english[0].raw[-1] is english[1].raw[-1] is english[2].raw[-1]
        assert board.reads() == 2

    on_board(database_url, scene)


def test_burst_of_commits_is_read_a_few_times_and_ends_right(database_url: str) -> None:
    async def scene(board: Running) -> None:
        screen = await board.open_settled_screen()
        for number in range(200):
            await board.put_car("RO-1", f"B{number % 12 + 1:02}")
        await board.put_car("RO-2", "B12")
        await screen.hear_until(lambda frame: "RO-2" in json.dumps(frame.said))
        assert board.reads() < 100
        draw = board.feed.newest(WALL)
        assert draw
        drawn = {part.id: json.dumps(part.tree) for part in draw(Look("en"))}
        assert [name for name, tree in drawn.items() if "RO-1" in tree] == ["bay-B08"]
        assert [name for name, tree in drawn.items() if "RO-2" in tree] == ["bay-B12"]

    on_board(database_url, scene)


def test_slow_screen_is_taken_straight_to_the_newest_state(database_url: str) -> None:
    async def scene(board: Running) -> None:
        slow, quick = await board.open_settled_screen(), await board.open_settled_screen()
        for number in range(1, 11):
            await board.put_car("RO-1", f"B{number:02}")
            await quick.hear_parts()
        missed = await slow.hear_parts()
        assert set(missed) == {"counts", "bay-B10"}, "the bays in between are as free as they were"
        await board.put_car("RO-1", "B11")
        assert set(await slow.hear_parts()) == {"bay-B10", "bay-B11"}

    on_board(database_url, scene)


def test_fresh_data_that_changes_no_board_is_told_without_reading(database_url: str) -> None:
    async def scene(board: Running) -> None:
        screen = await board.open_settled_screen()
        later = NINE + timedelta(seconds=30)
        await announce(board.writer, work_orders=[], received_at=later.isoformat())
        pulse = await screen.hear_until(lambda frame: bool(frame.said.get("received_at")))
        assert pulse.said["received_at"] == "2026-11-22T09:00:30Z"
        assert board.reads() == 1

    on_board(database_url, scene)


@pytest.mark.parametrize("work_orders", [None, ["RO-1"]])
def test_too_many_orders_to_name_are_read_like_one(database_url: str, work_orders: list[str] | None) -> None:
    async def scene(board: Running) -> None:
        await board.open_settled_screen()
        await announce(board.writer, work_orders=work_orders)
        await until(lambda: board.reads() == 2)

    on_board(database_url, scene)


def test_announcements_of_other_sites_and_nonsense_do_no_harm(database_url: str) -> None:
    async def scene(board: Running) -> None:
        screen = await board.open_settled_screen()
        await announce(board.writer, site="elsewhere", work_orders=["RO-1"])
        await board.writer.execute("select pg_notify(%s, 'nonsense')", [Signal.BOARD])
        await until(lambda: board.reads() == 2)
        await board.put_car("RO-1", "B03")
        assert "bay-B03" in await screen.hear_parts()

    on_board(database_url, scene)


def test_board_that_nobody_shows_is_not_read(database_url: str) -> None:
    async def scene(board: Running) -> None:
        await board.put_car("RO-1", "B03")
        assert board.reads() == 0
        screen = await board.open_settled_screen()
        await screen.close()
        assert board.feed.newest(WALL) is None
        await board.put_car("RO-1", "B04")
        await board.put_car("RO-1", "B05")
        draw = await board.feed.look(WALL)
        assert draw
        assert "RO-1" in json.dumps({part.id: part.tree for part in draw(Look("en"))}["bay-B05"])
        assert board.reads() == 2

    on_board(database_url, scene)


def test_lost_database_is_said_at_once_and_found_again(database_url: str) -> None:
    async def scene(board: Running) -> None:
        screen = await board.open_settled_screen()
        await board.writer.execute(TERMINATE)
        await board.writer.execute(INSERT, {"order": "RO-1", "bay": "B03", "at": NINE})
        await screen.hear_until(lambda frame: frame.said.get("connected") is False)
        assert not board.feed.connected
        assert "bay-B03" in await screen.hear_parts(), "what nobody announced is read on the way back"
        await until(lambda: board.feed.connected)
        await board.put_car("RO-1", "B04")
        assert "bay-B04" in await screen.hear_parts()

    on_board(database_url, scene)


def test_board_that_alone_cannot_be_read_is_stale_alone(database_url: str) -> None:
    broken = True

    async def read(connection: Connection, _site: Site, _now: datetime) -> Draw:
        await (await connection.execute(f"select 1 / {int(not broken)}".encode())).fetchall()
        return lambda _look: []

    async def scene(board: Running) -> None:
        nonlocal broken
        wall, other = await board.open_settled_screen(), board.open_screen(kind="other")
        await other.hear_until(lambda frame: frame.said.get("connected") is False)
        await board.put_car("RO-1", "B03")
        assert "bay-B03" in await wall.hear_parts()
        assert board.feed.connected
        assert board.feed.is_current(WALL)
        broken = False
        await board.put_car("RO-1", "B04")
        await other.hear_until(lambda frame: frame.said.get("connected") is True)
        assert not any(b'"connected":false' in chunk for chunk in wall.raw)

    on_board(database_url, scene, BoardKind("other", read))


def test_database_that_does_not_answer_counts_as_lost(database_url: str) -> None:
    async def scene(board: Running) -> None:
        screen = await board.open_settled_screen()
        async with board.writer.transaction():
            await board.writer.execute("lock table work_order in access exclusive mode")
            async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
                await announce(other, work_orders=["RO-1"])
            await screen.hear_until(lambda frame: frame.said.get("connected") is False)
        await screen.hear_until(lambda frame: frame.said.get("connected") is True)

    on_board(database_url, scene)


def test_feed_waits_for_a_schema_that_is_not_there_yet(empty_database_url: str) -> None:
    async def scene(board: Running) -> None:
        screen = board.open_screen()
        await screen.hear_until(lambda frame: frame.said.get("connected") is False)
        assert board.feed.newest(WALL) is None
        await asyncio.to_thread(migrate, empty_database_url)
        await screen.hear_until(lambda frame: frame.said.get("connected") is True)

    on_board(empty_database_url, scene, ready=False)


def test_streams_end_when_the_process_is_told_to_stop(database_url: str) -> None:
    async def scene(board: Running) -> None:
        screen = await board.open_settled_screen()
        board.screens.close()
        with pytest.raises(StopAsyncIteration):
            await screen.hear_until(lambda _frame: False)

    on_board(database_url, scene)


def test_pulse_tells_the_time_of_the_site(database_url: str) -> None:
    async def scene(board: Running) -> None:
        pulse = (await board.open_screen().hear())[0]
        assert pulse.said["now"] == "2026-11-22T09:00:00Z"
        assert pulse.said["utc_offset_seconds"] == 8 * 3600
        assert pulse.said["rev"] == "r1"

    on_board(database_url, scene)
