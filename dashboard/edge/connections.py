"""Connections to the dashboard: how many there may be, and how long one may take to say what it wants.

uvicorn limits neither, so its protocol is extended here. Where there are too many, the one that has waited
longest without asking for anything makes room: half-open connections never keep a visitor out.
"""

from asyncio import AbstractEventLoop, Transport
from collections import Counter
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from config.texts import LANGS, text
from dashboard.edge.addresses import Proxies, find_block
from dashboard.edge.limits import Limits


class Doorkeeper:
    """Counts the open connections of a process."""

    def __init__(self, limits: Limits, proxies: Proxies) -> None:
        self.limits = limits
        self._proxies = proxies
        self._open: Counter[str] = Counter()
        # Those that ask for nothing now, the one that has waited longest first.
        self._idle: dict[LimitedProtocol, None] = {}

    def enter(self, connection: "LimitedProtocol") -> bool:
        """Count a new connection; False where there are too many and none of them is idle."""
        address = connection.block
        is_full = self._open.total() >= self.limits.connections
        if is_full and not self._make_room(None):
            return False
        many = self._open[address] >= self.limits.connections_an_address
        if many and connection.peer not in self._proxies and not self._make_room(address):
            return False
        self._open[address] += 1
        self._idle[connection] = None
        return True

    def leave(self, connection: "LimitedProtocol") -> None:
        """Count a connection no longer."""
        self._idle.pop(connection, None)
        self._open[connection.block] -= 1
        if self._open[connection.block] <= 0:
            del self._open[connection.block]

    def note_busy(self, connection: "LimitedProtocol") -> None:
        """Note that a connection asks for something."""
        self._idle.pop(connection, None)

    def note_idle(self, connection: "LimitedProtocol") -> None:
        """Note that a connection has its answer."""
        self._idle[connection] = None

    def _make_room(self, address: str | None) -> bool:
        for connection in self._idle:
            if address in {None, connection.block}:
                connection.give_way()
                return True
        return False


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a deadline and a size for the head of a request."""

    def __init__(self, *given: Any, doorkeeper: Doorkeeper, **named: Any) -> None:
        super().__init__(*given, **named)
        self._doorkeeper = doorkeeper
        self._limits = doorkeeper.limits
        self._loop: AbstractEventLoop = self.loop
        self._deadline: Any = None
        self._head_bytes = 0
        self._reads_head = True
        self._entered = False
        self.peer = self.block = ""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let a connection in, or say that there are too many."""
        super().connection_made(transport)
        self.peer = self.client[0] if self.client else ""
        self.block = find_block(self.peer)
        self._entered = self._doorkeeper.enter(self)
        if self._entered:
            self._begin_head()
        else:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "too_many_connections")

    def connection_lost(self, exc: Exception | None) -> None:
        """Let a connection go."""
        self._end_head()
        if self._entered:
            self._entered = False
            self._doorkeeper.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came; a head that grows too large or comes too slowly is not waited for."""
        if self.transport.is_closing():
            return
        if self._reads_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_answering() or self.transport.is_closing():
            return
        if self._reads_head and self._head_bytes > self._limits.head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large")
        elif self._deadline is None:
            self._begin_head()

    def on_message_begin(self) -> None:
        """Begin to read a request."""
        self._reads_head, self._head_bytes = True, max(1, self._head_bytes)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Take a request whose head is there."""
        self._end_head()
        self._reads_head, self._head_bytes = False, 0
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self._limits.head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large")
            return
        self._doorkeeper.note_busy(self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        if not self.transport.is_closing():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.pipeline and self._entered:
            self._doorkeeper.note_idle(self)

    def give_way(self) -> None:
        """Close an idle connection, so that another may come in."""
        self._entered = False
        self._doorkeeper.leave(self)
        self._end_head()
        self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _begin_head(self) -> None:
        self._deadline = self._loop.call_later(self._limits.head_seconds, self._give_up)

    def _end_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._head_bytes:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "too_slow")
        else:
            # A browser opens connections in advance.
            self.transport.close()

    def _refuse(self, status: HTTPStatus, key: str) -> None:
        """Answer a connection that has not yet asked for anything, in every language."""
        self._end_head()
        if self._is_answering():
            self.transport.close()
            return
        said = "\n".join(text(lang, f"refusal.{key}") for lang in LANGS).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(said)}\r\nretry-after: 10\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + said)
        self.transport.close()
