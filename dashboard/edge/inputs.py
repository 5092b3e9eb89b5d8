"""Reads what is sent once, cleans it, and hands it on: forms and callbacks alike.

Stands inside of the guard, so that only those who may come in are listened to. What is sent without need, as
with a page that is only looked at, is dropped.
"""

from http import HTTPStatus

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.edge.callbacks import Callbacks, MalformedError, check_callback
from dashboard.edge.cleaning import clean_coded
from dashboard.edge.refusals import refuse

log = structlog.get_logger()

_WITHOUT_BODY = {"GET", "HEAD"}


class Inputs:
    """Answers 400 to a callback of another shape; everything else goes on without control characters."""

    def __init__(self, app: ASGIApp, callbacks: Callbacks) -> None:
        self._app = app
        self._callbacks = callbacks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] in _WITHOUT_BODY:
            await self._app(scope, _Read(b"", receive), send)
            return
        request, sent = HTTPConnection(scope), await _read(receive)
        app = self._callbacks.find(scope["path"])
        try:
            body = check_callback(app, sent, request.headers) if app else clean_coded(sent)
        except MalformedError as error:
            log.warning("a callback was asked for in another shape", path=scope["path"], why=str(error)[:200])
            await refuse(request, HTTPStatus.BAD_REQUEST, "malformed")(scope, receive, send)
            return
        await self._app(scope, _Read(body, receive), send)


class _Read:
    """A receive that gives a body that was read already, and then what else happens."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        while (message := await self._receive())["type"] == "http.request":
            pass
        return message


async def _read(receive: Receive) -> bytes:
    parts = bytearray()
    while True:
        message = await receive()
        parts += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            return bytes(parts)
