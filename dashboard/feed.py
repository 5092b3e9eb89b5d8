"""The board feed: hears of changes in the database and reads each changed site once.

Owns one listening and one reading connection per process and the newest snapshot of every
site. Listening starts before the first reading, so no change falls between the two. The
first change after a quiet moment is read at once; those that come while it is shown are
read together. A lost or silent database is said at once and looked for again for ever.
Refuses to know of screens, languages or components.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import msgspec
import psycopg
import structlog
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from dashboard.metrics import Metrics
from models.domain.board import SiteSnapshot
from models.queries.board import CHANNEL, read_board

# Between two readings, so that a burst of commits is read a few times, not thousands of times.
GATHER_SECONDS = 0.025
# A database that is silent for longer than this when asked counts as lost.
ANSWER_SECONDS = 3.0
# How often a quiet database is asked whether it is still there.
CHECK_SECONDS = 5.0
FIRST_RETRY_SECONDS = 0.25
LAST_RETRY_SECONDS = 5.0

_Connection = psycopg.AsyncConnection[TupleRow]
_Answer = TypeVar("_Answer")

log = structlog.get_logger()


class BoardChange(msgspec.Struct, frozen=True):
    """What the database announces; no work orders means fresh data that changes no board, null means many."""

    site: str
    received_at: datetime | None = None
    work_orders: list[str] | None = None


class BoardFeed:
    """Keeps the newest snapshot of every site; `changed` and `connection_changed` are told of news."""

    def __init__(self, database_url: str, sites: Iterable[str], metrics: Metrics) -> None:
        self._database_url = database_url
        self._sites = frozenset(sites)
        self._metrics = metrics
        self._snapshots: dict[str, SiteSnapshot] = {}
        self._unread: set[str] = set()
        self._something_unread = asyncio.Event()
        self.connected = False
        self.changed: Callable[[str], None] = lambda _site: None
        self.connection_changed: Callable[[], None] = lambda: None

    def snapshot(self, site: str) -> SiteSnapshot | None:
        """Return the newest snapshot of a site, None before the first reading."""
        return self._snapshots.get(site)

    async def run(self) -> None:
        """Follow the database for ever."""
        failures = 0
        while True:
            try:
                async with self._connect() as listening, self._connect() as reading:
                    await listening.execute(SQL("listen {}").format(Identifier(CHANNEL)))
                    await self._read(reading, self._sites)
                    failures = 0
                    self._say_connected(connected=True)
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(self._listen(listening))
                        tasks.create_task(self._keep_reading(reading))
            except Exception as error:  # noqa: BLE001  # the top of a service loop: whatever it was, try again
                self._say_connected(connected=False)
                causes = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
                log.warning("the board feed lost the database", causes=[repr(cause) for cause in causes])
            wait_seconds = min(FIRST_RETRY_SECONDS * 2**failures, LAST_RETRY_SECONDS)
            failures = min(failures + 1, 10)
            await asyncio.sleep(wait_seconds * random.uniform(0.5, 1))  # noqa: S311  # spreads retries, hides nothing

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[_Connection]:
        connection = await psycopg.AsyncConnection.connect(
            self._database_url,
            autocommit=True,
            connect_timeout=int(ANSWER_SECONDS),
            application_name="bayboard serve",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=2,
        )
        try:
            yield connection
        finally:
            # Closing sends nothing and waits for nothing, unlike the connection's own context.
            await connection.close()

    async def _listen(self, listening: _Connection) -> None:
        async for notice in listening.notifies():
            self._hear(notice.payload)
        raise ConnectionError("the database stopped announcing changes")

    def _hear(self, payload: str) -> None:
        try:
            change = msgspec.json.decode(payload, type=BoardChange)
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.warning("an announcement was not understood, so every site is read", payload=payload)
            self._note_unread(self._sites)
            return
        if change.site not in self._sites:
            return
        self._metrics.notices.labels(change.site).inc()
        if change.work_orders == []:
            self._freshen(change.site, change.received_at)
        else:
            self._note_unread({change.site})

    def _freshen(self, site: str, received_at: datetime | None) -> None:
        known = self._snapshots.get(site)
        if known and received_at and (known.received_at is None or received_at > known.received_at):
            self._snapshots[site] = replace(known, received_at=received_at)

    def _note_unread(self, sites: Iterable[str]) -> None:
        self._unread.update(sites)
        self._something_unread.set()

    async def _keep_reading(self, reading: _Connection) -> None:
        while True:
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._something_unread.wait()
            except TimeoutError:
                await self._ask(reading.execute("select 1"))
            else:
                self._something_unread.clear()
                sites, self._unread = self._unread, set()
                await self._read(reading, sites)
                await asyncio.sleep(GATHER_SECONDS)
            self._say_connected(connected=True)

    async def _read(self, reading: _Connection, sites: Iterable[str]) -> None:
        for site in sorted(sites):
            with self._metrics.board_reads.labels(site).time():
                snapshot = await self._ask(read_board(reading, site))
            known = self._snapshots.get(site)
            self._snapshots[site] = snapshot
            if known:
                self._freshen(site, known.received_at)
            self.changed(site)

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
