"""Screens by the hundred, simulated in one process of their own as cheaply as can be.

Owns their sockets and what arrives on them. A streaming screen keeps one event stream open; a polling one
asks for the whole board every second over a connection it keeps. Nothing is drawn or parsed: each
only notes when it first saw the name of a scan.
"""

import asyncio
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bayboard.demo.embedded import die_with_parent

_NAME = re.compile(rb"probe-(\d+);")
_POLL_SECONDS = 1.0
# Opening a few at a time is how screens come back after a restart, too.
_OPEN_AT_ONCE = 50
# Longer than any name, so that one is found that two packets share.
_TAIL_BYTES = 16


@dataclass(slots=True)
class Tally:
    """What reached the screens since the last report: bytes, and when each scan or a later one did, in ms."""

    screens: int = 0
    received_bytes: int = 0
    changes: int = 0
    change_bytes: int = 0
    arrivals: list[tuple[str, float]] = field(default_factory=list)


class SimulatedScreen(asyncio.Protocol):
    """One connection that notes what comes, and asks again every second if it polls."""

    def __init__(self, request: bytes, tally: Tally, *, polls: bool) -> None:
        self._request = request
        self._tally = tally
        self._polls = polls
        self._tail = b""
        self._newest: int | None = None
        self._heard = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the board."""
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101  # a TCP connection's is one
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(self._request)
        if self._polls:
            asyncio.get_running_loop().call_later(_POLL_SECONDS, self._ask)

    def data_received(self, data: bytes) -> None:
        """Count what came, and note which scans it says."""
        now = time.time() * 1000
        tally = self._tally
        if not self._heard and b" 200 OK" in data[:64]:
            self._heard = True
            tally.screens += 1
        tally.received_bytes += len(data)
        if not self._polls and b"event: parts" in data:
            tally.changes += 1
            tally.change_bytes += len(data)
        heard = self._tail + data
        for number in sorted(map(int, _NAME.findall(heard))):
            # Whoever sees a later scan is no longer waiting for those before it.
            first = number if self._newest is None else self._newest + 1
            tally.arrivals += [(f"probe-{seen};", now) for seen in range(first, number + 1)]
            self._newest = max(number, self._newest or 0)
        self._tail = heard[-_TAIL_BYTES:]

    def connection_lost(self, _error: Exception | None) -> None:
        """Be a screen no longer."""
        if self._heard:
            self._tally.screens -= 1


def run_screens(parent: Connection, port: int, path: str, cookies: Sequence[str], *, polls: bool) -> None:
    """Be that many screens until the parent goes; answer its messages with the tally since the last."""
    die_with_parent()()
    asyncio.run(_run(parent, port, path, cookies, polls=polls))


async def _run(parent: Connection, port: int, path: str, cookies: Sequence[str], *, polls: bool) -> None:
    loop = asyncio.get_running_loop()
    tally = Tally()
    over = asyncio.Event()

    def report() -> None:
        try:
            parent.recv()
        except EOFError:
            over.set()
            loop.remove_reader(parent.fileno())
            return
        parent.send(tally)
        tally.received_bytes = tally.changes = tally.change_bytes = 0
        tally.arrivals.clear()

    loop.add_reader(parent.fileno(), report)
    for place, cookie in enumerate(cookies):
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
        await loop.create_connection(
            lambda request=request: SimulatedScreen(request, tally, polls=polls),  # type: ignore[misc]  # bound now
            "127.0.0.1",
            port,
        )
        # Pollers spread over their second, as they do by themselves.
        if polls:
            await asyncio.sleep(_POLL_SECONDS / len(cookies) * random.uniform(0.5, 1.5))  # noqa: S311  # spreads
        elif place % _OPEN_AT_ONCE == _OPEN_AT_ONCE - 1:
            await asyncio.sleep(0.1)
    await over.wait()
