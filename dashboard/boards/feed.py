"""The board feed: hears of changes in the database and reads each changed board once.

Owns one listening and two reading connections per process (one for what is public), and the newest
reading of every board that somebody watches; a board that nobody watches is not read. Listening starts before
the first reading, so no change falls between the two. The first change after a quiet moment
is read at once; those that come while it is shown are read together. Time changes boards too,
so each is also read on a slow beat. A lost or silent database is said at once and looked for
again for ever; a board that alone cannot be read is stale alone. Refuses to know of screens,
languages or components.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog

from config.workshop import Site
from dashboard.boards.board import Board, BoardKind, Connection, Draw
from dashboard.boards.connection import ANSWER_SECONDS, connect_feed, is_loss
from dashboard.metrics import Metrics
from models.queries.board.wall import read_newest
from models.signals import Signal, listen_to, read_change

# Between two readings, so that a burst of commits is read a few times, not thousands of times.
GATHER_SECONDS = 0.025
# How often a quiet database is asked whether it is still there.
CHECK_SECONDS = 5.0
# How often a board is read though nobody announced a change: devices fall silent, days end.
BEAT_SECONDS = 15.0
# How long a page waits for the reading of a board that nobody has watched until now.
LOOK_SECONDS = 1.0
FIRST_RETRY_SECONDS = 0.25
LAST_RETRY_SECONDS = 5.0

_Answer = TypeVar("_Answer")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Reading:
    """The connections that boards are read by: what anybody may see by one that can see nothing else."""

    inside: Connection
    public: Connection

    def choose(self, kind: BoardKind) -> Connection:
        return self.public if kind.is_public else self.inside


class BoardFeed:
    """Keeps the newest reading of watched boards; `changed` and `connection_changed` are told of news."""

    def __init__(
        self,
        database_url: str,
        sites: Iterable[Site],
        kinds: Sequence[BoardKind],
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._database_url = database_url
        self._sites = {site.key: site for site in sites}
        self._kinds = {kind.key: kind for kind in kinds}
        self._clock = clock
        self._metrics = metrics
        self._watching: Counter[Board] = Counter()
        self._newest: dict[Board, Draw] = {}
        self._received_at: dict[str, datetime] = {}
        self._unread: set[Board] = set()
        self._something_unread = asyncio.Event()
        self._failing: set[Board] = set()
        self._was_read: defaultdict[Board, asyncio.Event] = defaultdict(asyncio.Event)
        self.connected = False
        self.changed: Callable[[Board], None] = lambda _board: None
        self.connection_changed: Callable[[], None] = lambda: None

    def list_watched(self) -> list[Board]:
        """Return the boards that somebody watches."""
        return list(self._watching)

    def is_current(self, board: Board) -> bool:
        """Say whether the newest reading of a board is how things are."""
        return self.connected and board not in self._failing

    def newest(self, board: Board) -> Draw | None:
        """Return the newest reading of a watched board, None before the first."""
        return self._newest.get(board)

    def received_at(self, site: str) -> datetime | None:
        """Return when the newest message of a site reached us, None before the first."""
        return self._received_at.get(site)

    @contextmanager
    def watch(self, board: Board) -> Iterator[None]:
        """Keep a board current for as long as the context lasts."""
        self._watching[board] += 1
        if board not in self._newest:
            self._note_unread({board})
        try:
            yield
        finally:
            self._watching[board] -= 1
            if not self._watching[board]:
                del self._watching[board]
                self._newest.pop(board, None)
                self._failing.discard(board)

    async def look(self, board: Board) -> Draw | None:
        """Return a board as it is now, read anew if nobody watches it; None before the database was heard."""
        with self.watch(board):
            if board not in self._newest and self.connected:
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._was_read[board].wait()
                except TimeoutError:
                    log.warning("a board was not read in time", board=board)
            return self._newest.get(board)

    async def run(self) -> None:
        """Follow the database for ever."""
        failures = 0
        while True:
            try:
                async with (
                    connect_feed(self._database_url) as listening,
                    connect_feed(self._database_url) as reading,
                    connect_feed(self._database_url, is_public=True) as public,
                ):
                    await listening.execute(listen_to(Signal.BOARD))
                    await self._read_newest(reading)
                    connections = _Reading(reading, public)
                    await self._read(connections, set(self._watching))
                    failures = 0
                    self._say_connected(connected=True)
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(self._listen(listening))
                        tasks.create_task(self._keep_reading(connections))
                        tasks.create_task(self._keep_beat())
            except Exception as error:  # noqa: BLE001  # the top of a service loop: whatever it was, try again
                self._say_connected(connected=False)
                causes = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
                log.warning("the board feed lost the database", causes=[repr(cause) for cause in causes])
            wait_seconds = min(FIRST_RETRY_SECONDS * 2**failures, LAST_RETRY_SECONDS)
            failures = min(failures + 1, 10)
            await asyncio.sleep(wait_seconds * random.uniform(0.5, 1))  # noqa: S311  # spreads retries, hides nothing

    async def _listen(self, listening: Connection) -> None:
        async for notice in listening.notifies():
            self._hear(notice.payload)
        raise ConnectionError("the database stopped announcing changes")

    def _hear(self, payload: str) -> None:
        change = read_change(payload)
        if change is None:
            log.warning("an announcement was not understood, so every board is read", payload=payload)
            self._note_unread(self._watching)
            return
        if change.site not in self._sites:
            return
        self._metrics.notices.labels(change.site).inc()
        self._freshen(change.site, change.received_at)
        if not change.is_alive_only:
            self._note_unread(board for board in self._watching if board.site == change.site)

    def _freshen(self, site: str, received_at: datetime | None) -> None:
        known = self._received_at.get(site)
        if received_at and (known is None or received_at > known):
            self._received_at[site] = received_at

    def _note_unread(self, boards: Iterable[Board]) -> None:
        self._unread.update(boards)
        self._something_unread.set()

    async def _keep_beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._note_unread(self._watching)

    async def _keep_reading(self, reading: _Reading) -> None:
        while True:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._something_unread.wait()
            except TimeoutError:
                await self._ask(reading.inside.execute("select 1"))
            else:
                self._something_unread.clear()
                boards, self._unread = self._unread, set()
                await self._read(reading, boards)
                await asyncio.sleep(GATHER_SECONDS)
            self._say_connected(connected=True)

    async def _read(self, reading: _Reading, boards: Iterable[Board]) -> None:
        for board in sorted(boards):
            if board not in self._watching:
                continue
            try:
                with self._metrics.board_reads.labels(*board).time():
                    kind = self._kinds[board.kind]
                    read = kind.read(reading.choose(kind), self._sites[board.site], self._clock())
                    draw = await self._ask(read)
            except Exception as error:
                if is_loss(error):
                    raise
                self._note_failing(board, error)
                continue
            # Whoever watched it may have left meanwhile.
            if board in self._watching:
                self._newest[board] = draw
                self._was_read.pop(board, asyncio.Event()).set()
                self.changed(board)
                if board in self._failing:
                    self._failing.remove(board)
                    self.connection_changed()

    def _note_failing(self, board: Board, error: Exception) -> None:
        """Say once that a board cannot be read; it is tried again at every change and beat."""
        if board in self._watching and board not in self._failing:
            log.error("a board could not be read", board=board, exc_info=error)
            self._failing.add(board)
            self.connection_changed()

    async def _read_newest(self, reading: Connection) -> None:
        for site in self._sites:
            self._freshen(site, await self._ask(read_newest(reading, site)))

    async def _ask(self, question: Awaitable[_Answer]) -> _Answer:
        """Await the database's answer; when it is overdue, say so at once, then give up.

        Giving up takes seconds of its own, because the driver first asks the server to cancel.
        """
        overdue = asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._say_lost)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await question
        finally:
            overdue.cancel()

    def _say_lost(self) -> None:
        self._say_connected(connected=False)

    def _say_connected(self, *, connected: bool) -> None:
        self._metrics.feed_connected.set(connected)
        if connected != self.connected:
            self.connected = connected
            self.connection_changed()
