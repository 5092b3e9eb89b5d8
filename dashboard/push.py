"""Sends every screen of a site what changed, over server-sent events.

Owns the frames. Two kinds: `parts` (component id to props, as Dash's set_props wants them)
and `pulse` (the server's clock, the age of the data, whether the database is there). A part
is drawn and serialised once per site and language, however many screens show it.
A screen has no queue: it remembers the view it was sent last and is sent the difference to
the newest, so a slow one skips what it missed and never holds anything up.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from config.workshop import Site, Workshop
from dashboard.feed import BoardFeed
from dashboard.figures.part import encode_props
from dashboard.figures.wall import wall_parts
from dashboard.metrics import Metrics
from models.domain.board import CarOnBoard

# Every screen hears a pulse this often, and once a second while there is fresher data to tell of.
PULSE_SECONDS = 5
# What the browser waits before it reconnects by itself.
_RETRY = b"retry: 1000\n\n"

Parts = Mapping[str, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What every screen of a site and language shows: whole, and as the change from the view before."""

    number: int
    cars: tuple[CarOnBoard, ...] | None
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
        self._views: dict[tuple[str, str], View] = {}
        self._pulses: dict[str, bytes] = {}
        self._told: dict[str, datetime | None] = {}
        self._news = {site.key: asyncio.Event() for site in workshop.sites}
        self._closed = False
        feed.changed = self._ring
        feed.connection_changed = self._pulse_everywhere

    async def stream(self, site: Site, lang: str) -> AsyncGenerator[bytes]:
        """Yield frames for one screen until the process stops."""
        with self._metrics.screens.labels(site.key, lang).track_inprogress():
            seen: View | None = None
            pulse = self._pulses.get(site.key)
            yield _RETRY + self._make_pulse(site)
            while not self._closed:
                # The bell is taken before looking, so what happens while a frame is sent is not missed.
                news = self._news[site.key]
                frame = b""
                if pulse is not self._pulses.get(site.key):
                    pulse = self._pulses[site.key]
                    frame = pulse
                if (view := self._view(site, lang)) is not seen:
                    frame += self._frame_since(seen, view, site)
                    seen = view
                if frame:
                    self._metrics.frames.labels(site.key).inc()
                    yield frame
                await news.wait()

    async def keep_pulse(self) -> None:
        """Tell every screen the time and the age of its data, for ever."""
        beat = 0
        while True:
            await asyncio.sleep(1)
            beat += 1
            for site in self._workshop.sites:
                snapshot = self._feed.snapshot(site.key)
                fresher = snapshot and snapshot.received_at != self._told.get(site.key)
                if fresher or beat % PULSE_SECONDS == 0:
                    self._pulse_site(site)

    def close(self) -> None:
        """End every stream, so that the process can stop without waiting for screens."""
        self._closed = True
        for site in self._news:
            self._ring(site)

    def _pulse_everywhere(self) -> None:
        for site in self._workshop.sites:
            self._pulse_site(site)

    def _pulse_site(self, site: Site) -> None:
        self._pulses[site.key] = self._make_pulse(site)
        self._ring(site.key)

    def _make_pulse(self, site: Site) -> bytes:
        now = self._clock()
        snapshot = self._feed.snapshot(site.key)
        received_at = snapshot.received_at if snapshot else None
        self._told[site.key] = received_at
        offset = now.astimezone(site.zone).utcoffset()
        pulse = {
            "now": now,
            "utc_offset_seconds": offset.total_seconds() if offset else 0,
            "received_at": received_at,
            "connected": self._feed.connected,
            "rev": self.rev,
        }
        return _frame("pulse", msgspec.json.encode(pulse))

    def _ring(self, site: str) -> None:
        rung, self._news[site] = self._news[site], asyncio.Event()
        rung.set()

    def _view(self, site: Site, lang: str) -> View:
        """Return the newest view, drawing it if no other screen has asked for it yet."""
        view = self._views.get((site.key, lang))
        snapshot = self._feed.snapshot(site.key)
        cars = snapshot.cars if snapshot else None
        if view is None or view.cars is not cars:
            parts = wall_parts(snapshot, site, self._workshop, lang)
            drawn = {part.id: encode_props(part) for part in parts}
            view = self._views[site.key, lang] = _follow(view, cars, drawn)
        return view

    def _frame_since(self, seen: View | None, view: View, site: Site) -> bytes:
        if seen is None:
            return view.whole
        if seen.number == view.number - 1:
            return view.change
        self._metrics.catch_ups.labels(site.key).inc()
        return _frame_parts(_differ(seen.parts, view.parts))


def _follow(view: View | None, cars: tuple[CarOnBoard, ...] | None, parts: Parts) -> View:
    return View(
        number=view.number + 1 if view else 0,
        cars=cars,
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
