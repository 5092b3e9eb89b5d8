"""Answers in fewer bytes, packed beside the event loop, so that no screen waits while a large one is packed.

Scripts and styles are megabytes that never change: they are read and packed once. Every
answer is sent piece by piece, so that somebody who reads slowly holds one piece and not all of it.
"""

import asyncio
import gzip
from dataclasses import dataclass

from dash.fingerprint import check_fingerprint
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FILES = ("/_dash-component-suites/", "/assets/")
# Scripts of all apps take half of this.
_MOST_KEPT_BYTES = 40 * 1024 * 1024
_PIECE_BYTES = 16 * 1024
_LEAST_BYTES = 500
# What is packed in less than a millisecond.
_SMALL_BYTES = 32 * 1024
_LEVEL = 5
_PACKED = {"text/html", "text/css", "text/javascript", "application/json", "application/javascript",
           "text/plain", "image/svg+xml"}  # fmt: skip


@dataclass(slots=True)
class _Answer:
    """A whole answer, as it is and packed."""

    start: Message
    body: bytes
    packed: bytes | None = None


class Compression:
    """Packs what a browser takes packed; streams are left alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[tuple[str, bool], _Answer] = {}
        self._keeping = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _asks_for_whole_file(scope):
            await _send(await self._find_file(scope, receive), scope, send)
        else:
            await self._app(scope, receive, _Packing(scope, send))

    async def _find_file(self, scope: Scope, receive: Receive) -> _Answer:
        name = check_fingerprint(scope["path"])  # type: ignore[no-untyped-call]  # Dash
        async with self._keeping:
            if known := self._kept.get(name):
                return known
            gathered = _Gathering()
            await self._app(scope, receive, gathered)
            answer = gathered.answer()
            if answer.start["status"] == 200:  # noqa: PLR2004  # plain HTTP
                answer.packed = await asyncio.to_thread(gzip.compress, answer.body, _LEVEL)
                if sum(len(each.body) for each in self._kept.values()) < _MOST_KEPT_BYTES:
                    self._kept[name] = answer
            return answer


def _asks_for_whole_file(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    is_file = scope["method"] == "GET" and any(place in scope["path"] for place in _FILES)
    return is_file and not {"if-none-match", "if-modified-since", "range"} & set(headers.keys())


class _Gathering:
    """A send that keeps an answer whole."""

    def __init__(self) -> None:
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body += message.get("body", b"")

    def answer(self) -> _Answer:
        assert self._start  # noqa: S101  # every app answers
        return _Answer(self._start, bytes(self._body))


class _Packing:
    """A send that packs an answer which comes in one piece."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is None:
            await self._send(message)
        elif message.get("more_body"):
            await self._send(start)
            await self._send(message)
        else:
            answer = _Answer(start, message.get("body", b""))
            if _is_worth_packing(self._scope, answer):
                if len(answer.body) <= _SMALL_BYTES:
                    answer.packed = gzip.compress(answer.body, _LEVEL)
                else:
                    answer.packed = await asyncio.to_thread(gzip.compress, answer.body, _LEVEL)
            await _send(answer, self._scope, self._send)


def _is_worth_packing(scope: Scope, answer: _Answer) -> bool:
    headers = Headers(raw=answer.start["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    takes = "gzip" in Headers(scope=scope).get("accept-encoding", "")
    return (
        takes and kind in _PACKED and "content-encoding" not in headers and len(answer.body) >= _LEAST_BYTES
    )


async def _send(answer: _Answer, scope: Scope, send: Send) -> None:
    """Send an answer packed where that can be, piece by piece."""
    start = {**answer.start, "headers": list(answer.start["headers"])}
    body, headers = answer.body, MutableHeaders(scope=start)
    if answer.packed is not None:
        headers.add_vary_header("Accept-Encoding")
        if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            body = answer.packed
            headers["Content-Encoding"] = "gzip"
            headers["Content-Length"] = str(len(body))
    await send(start)
    view = memoryview(body)
    for begin in range(0, max(len(body), 1), _PIECE_BYTES):
        piece = bytes(view[begin : begin + _PIECE_BYTES])
        more = begin + _PIECE_BYTES < len(body)
        await send({"type": "http.response.body", "body": piece, "more_body": more})
        if more:
            # Others get their turn, too, when hundreds ask for the same at once.
            await asyncio.sleep(0)
