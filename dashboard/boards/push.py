"""Sends every screen of a board what changed, over server-sent events.

Owns the frames. Two kinds: `parts` (component id to props, as Dash's set_props wants them)
and `pulse` (the server's clock, the age of the data, whether the database is there). A part
is drawn and serialised once per board and look, however many screens show it.
A screen has no queue: it remembers the view it was sent last and is sent the difference to
the newest, so a slow one skips what it missed and never holds anything up.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from config.workshop import Site, Workshop
from dashboard.boards.board import Board, Draw
from dashboard.boards.feed import BoardFeed
from dashboard.figures.board.look import Look
from dashboard.figures.kit.part import encode_props
from dashboard.metrics import Metrics

# Every screen hears a pulse this often, and once a second while there is fresher data to tell of.
PULSE_SECONDS = 5
# What a browser waits before it reconnects: each another time, so that they do not all come at once.
_RETRY_MS = (500, 2500)

Parts = Mapping[str, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What every screen of a board and look shows: whole, and as the change from the view before."""

    number: int
    draw: Draw
    parts: Parts
    whole: bytes
    change: bytes


class Screens:
    """Every open screen of this process and what it shows."""

    def __init__(
        self, workshop: Workshop, feed: BoardFeed, rev: str, clock: Callable[[], datetime], metrics: Metrics
    ) -> None:
        self._workshop = workshop
        self._feed = feed
        self.rev = rev
        self._clock = clock
        self._metrics = metrics
        self._views: dict[tuple[Board, Look], View] = {}
        self._pulses: dict[Board, bytes] = {}
        self._told: dict[str, datetime | None] = {}
        self._news: defaultdict[Board, asyncio.Event] = defaultdict(asyncio.Event)
        self._closed = False
        feed.changed = self._ring
        feed.connection_changed = self._pulse_everywhere

    async def stream(self, kind: str, site: Site, look: Look) -> AsyncGenerator[bytes]:
        """Yield frames for one screen until the process stops."""
        board = Board(kind, site.key)
        with self._metrics.screens.labels(*board, look.lang).track_inprogress(), self._feed.watch(board):
            seen: View | None = None
            pulse = self._pulses.get(board)
            retry_ms = random.randint(*_RETRY_MS)  # noqa: S311  # spreads retries, hides nothing
            yield b"retry: %d\n\n" % retry_ms + self._make_pulse(board, site)
            while not self._closed:
                # The bell is taken before looking, so what happens while a frame is sent is not missed.
                news = self._news[board]
                frame = b""
                if pulse is not (newest := self._pulses.get(board)):
                    pulse = newest
                    frame = newest or b""
                # Before the first reading a screen keeps what it shows.
                if (view := self._view(board, look)) and view is not seen:
                    frame += self._frame_since(seen, view, board)
                    seen = view
                if frame:
                    self._metrics.frames.labels(*board).inc()
                    yield frame
                await news.wait()

    async def keep_pulse(self) -> None:
        """Tell every screen the time and the age of its data, for ever."""
        beat = 0
        while True:
            await asyncio.sleep(1)
            beat += 1
            if beat % PULSE_SECONDS:
                self._pulse_fresher()
            else:
                self._pulse_everywhere()

    def close(self) -> None:
        """End every stream, so that the process can stop without waiting for screens."""
        self._closed = True
        for board in list(self._news):
            self._ring(board)

    def _pulse_fresher(self) -> None:
        for site in self._workshop.sites:
            if self._feed.received_at(site.key) != self._told.get(site.key):
                self._pulse_site(site)

    def _pulse_everywhere(self) -> None:
        for site in self._workshop.sites:
            self._pulse_site(site)

    def _pulse_site(self, site: Site) -> None:
        self._told[site.key] = self._feed.received_at(site.key)
        for board in self._feed.list_watched():
            if board.site == site.key:
                self._pulses[board] = self._make_pulse(board, site)
                self._ring(board)

    def _make_pulse(self, board: Board, site: Site) -> bytes:
        now = self._clock()
        offset = now.astimezone(site.zone).utcoffset()
        pulse = {
            "now": now,
            "utc_offset_seconds": offset.total_seconds() if offset else 0,
            "received_at": self._feed.received_at(site.key),
            "connected": self._feed.is_current(board),
            "rev": self.rev,
        }
        return _frame("pulse", msgspec.json.encode(pulse))

    def _ring(self, board: Board) -> None:
        # Whoever waits next waits for a new bell.
        self._news.pop(board, asyncio.Event()).set()

    def _view(self, board: Board, look: Look) -> View | None:
        """Return the newest view, drawing it if no other screen has asked for it yet."""
        view = self._views.get((board, look))
        draw = self._feed.newest(board)
        if draw and (view is None or view.draw is not draw):
            drawn = {part.id: encode_props(part) for part in draw(look)}
            view = self._views[board, look] = _follow(view, draw, drawn)
        return view if draw else None

    def _frame_since(self, seen: View | None, view: View, board: Board) -> bytes:
        if seen is None:
            return view.whole
        if seen.number == view.number - 1:
            return view.change
        self._metrics.catch_ups.labels(*board).inc()
        return _frame_parts(_differ(seen.parts, view.parts))


def _follow(view: View | None, draw: Draw, parts: Parts) -> View:
    return View(
        number=view.number + 1 if view else 0,
        draw=draw,
        parts=parts,
        whole=_frame_parts(parts),
        change=_frame_parts(_differ(view.parts, parts)) if view else b"",
    )


def _differ(old: Parts, new: Parts) -> Parts:
    return {name: props for name, props in new.items() if old.get(name) != props}


def _frame_parts(parts: Parts) -> bytes:
    if not parts:
        return b""
    return _frame("parts", msgspec.json.encode({name: msgspec.Raw(props) for name, props in parts.items()}))


def _frame(event: str, body: bytes) -> bytes:
    return b"event: " + event.encode() + b"\ndata: " + body + b"\n\n"
