"""The outermost layer that knows of requests: their size, the time they take, and what may fail.

Stands outside of the guard, so that nothing is read, parsed or logged of a request that is too large or too
slow, no matter who sends it. A failure of ours is logged once a minute for each kind and is a 500 with a
sentence.
"""

import asyncio
from http import HTTPStatus

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.doors import ANYBODY, find_place
from dashboard.edge.cleaning import clean_coded, has_controls
from dashboard.edge.limits import Limits
from dashboard.edge.refusals import refuse

log = structlog.get_logger()

_KIB = 1024


class _OverError(Exception):
    """The request was answered with a refusal while it was being read."""


class Door:
    """Lets requests of a fair size through, without control characters in their addresses."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        if has_controls(scope["path"]):
            await refuse(request, HTTPStatus.BAD_REQUEST, "malformed")(scope, receive, send)
            return
        scope["query_string"] = clean_coded(scope["query_string"])
        _notice_stranger(request)
        visit = _Request(request, receive, send, self._limits)
        if visit.is_too_large():
            await visit.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
            return
        try:
            await self._app(scope, visit.receive, visit.send)
        except _OverError:
            return
        except Exception:
            # The last place that can: uvicorn would write each of them whole.
            log.exception("a request failed", method=scope["method"])
            await visit.refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "failed")


class _Request:
    """One request: how much of its body came, and whether it has its answer."""

    def __init__(self, request: HTTPConnection, receive: Receive, send: Send, limits: Limits) -> None:
        place = find_place(request.scope["path"])
        is_open = place is None or place.door.roles is ANYBODY
        self._most = limits.open_body_bytes if is_open else limits.body_bytes
        self._seconds = limits.open_body_seconds if is_open else limits.body_seconds
        self._request = request
        self._receive = receive
        self._send = send
        self._came = 0
        self._is_whole = False
        self._deadline: float | None = None
        self._begun = False
        self._over = False

    def is_too_large(self) -> bool:
        """Say whether the request itself says that its body is too large."""
        length = self._request.headers.get("content-length", "0")
        return not length.isdecimal() or int(length[:20]) > self._most

    async def receive(self) -> Message:
        """Receive a part of the body, as long as there is time and room for it."""
        if self._is_whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + self._seconds
        try:
            async with asyncio.timeout(max(0.0, self._deadline - now)):
                message = await self._receive()
        except TimeoutError:
            await self._end(HTTPStatus.REQUEST_TIMEOUT, "too_slow")
        self._is_whole = message["type"] != "http.request" or not message.get("more_body")
        self._came += len(message.get("body", b""))
        if self._came > self._most:
            await self._end(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer, unless it was answered already."""
        if not self._over:
            self._begun = True
            await self._send(message)

    async def refuse(self, status: HTTPStatus, key: str) -> None:
        """Answer with a refusal, if there is no other answer yet."""
        if self._begun or self._over:
            return
        answer = refuse(self._request, status, key, most=f"{self._most // _KIB} KiB")
        await answer(self._request.scope, self._receive, self._send)
        self._over = True

    async def _end(self, status: HTTPStatus, key: str) -> None:
        await self.refuse(status, key)
        self._over = True
        raise _OverError


def _notice_stranger(request: HTTPConnection) -> None:
    """Warn of a proxy that is not trusted: everybody behind it counts as one visitor."""
    forwarded = request.headers.get("x-forwarded-for", "")
    client = request.client.host if request.client else ""
    # Of a trusted proxy uvicorn has taken the address over.
    if forwarded and client and client not in forwarded:
        log.warning(
            "X-Forwarded-For from an address that is not trusted: all its visitors share one limit;"
            " if it is your reverse proxy, name it in BAYBOARD_TRUSTED_PROXIES",
            address=client,
        )
