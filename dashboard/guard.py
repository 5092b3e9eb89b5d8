"""The guard at the door: what is not public is for whoever has signed in, and nothing else is there.

Owns the list of what is public and every refusal. Deny by default: a path on no list is
answered 404 whoever asks. Plain ASGI around the whole app, for HTTP and WebSockets alike,
so no route and no callback can be reached past it. Tells everything below who asks.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.texts import LANGS
from dashboard.access import SESSION_COOKIE, AccessError, Role, TicketBox, User, Visit, current_visit
from dashboard.sign_in import LANG_COOKIE, choose_visit_lang, draw_refusal

# Where the Dash app of managers' pages answers; the pages themselves have addresses of their own.
MANAGE_PREFIX = "/manage/"
MANAGER_PAGES = ("/devices", "/quarantine")

_PUBLIC = {"/", "/healthz", "/readyz", "/metrics", "/sign-in", "/sign-out"}
# Walls, their data, their scripts and the internals of their Dash app; later, screens have tokens.
_PUBLIC_BELOW = ("/wall/", "/stream/", "/assets/", "/_dash-", "/sign-in/", f"{MANAGE_PREFIX}assets/")
_YEAR_SECONDS = 365 * 24 * 3600
_POLICY_VIOLATION = 1008


class Door(Enum):
    """What kind of place an address is."""

    PUBLIC = auto()
    PAGE = auto()
    INTERNAL = auto()
    NOWHERE = auto()


def find_door(path: str) -> Door:
    """Say what kind of place a path is; it must be the scope's, since a URL is made with the Host header."""
    if path in _PUBLIC or path.startswith(_PUBLIC_BELOW):
        return Door.PUBLIC
    if path.rstrip("/") in MANAGER_PAGES:
        return Door.PAGE
    return Door.INTERNAL if path.startswith(MANAGE_PREFIX) else Door.NOWHERE


class Guard:
    """Lets requests in or answers why not; without `sessions` nobody can sign in."""

    def __init__(self, app: ASGIApp, sessions: TicketBox | None, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._sessions = sessions
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or refuse it."""
        if scope["type"] == "http":
            await self._guard_request(Request(scope), receive, send)
        elif scope["type"] == "websocket":
            await self._guard_websocket(HTTPConnection(scope), receive, send)
        else:
            await self._app(scope, receive, send)

    async def _guard_request(self, request: Request, receive: Receive, send: Send) -> None:
        door = find_door(request.scope["path"])
        if door is Door.PUBLIC:
            await self._app(request.scope, receive, send)
            return
        user = self._recognise(request)
        if (refusal := self._refuse(door, user, request)) or user is None:
            await (refusal or Response(status_code=HTTPStatus.UNAUTHORIZED))(request.scope, receive, send)
            return
        token = current_visit.set(Visit(user, choose_visit_lang(request)))
        try:
            await self._app(request.scope, receive, _remember_lang(request, send))
        finally:
            current_visit.reset(token)

    async def _guard_websocket(self, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        if self._recognise(connection) and not _is_foreign(connection, without_origin=True):
            await self._app(connection.scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    def _recognise(self, connection: HTTPConnection) -> User | None:
        if self._sessions is None:
            return None
        try:
            return self._sessions.read(connection.cookies.get(SESSION_COOKIE, ""), self._clock()).user
        except AccessError:
            return None

    def _refuse(self, door: Door, user: User | None, request: Request) -> Response | None:
        """Return the answer for whoever may not come in, or None."""
        if door is Door.NOWHERE:
            return answer_unknown(request)
        if self._sessions is None:
            return _say(door, HTTPStatus.SERVICE_UNAVAILABLE, "no_key", request)
        if user is None:
            return _ask_to_sign_in(door)
        if user.role is not Role.MANAGER:
            return _say(door, HTTPStatus.FORBIDDEN, "managers_only", request)
        if request.method not in {"GET", "HEAD"} and _is_foreign(request, without_origin=False):
            return PlainTextResponse("a page of another site asked for this", HTTPStatus.FORBIDDEN)
        return None


def answer_unknown(request: Request) -> Response:
    """Answer an address that is nothing of ours; Dash's own answer would be a page and a 200."""
    return PlainTextResponse(f"there is nothing at {request.url.path}; the walls are listed at /", 404)


def _ask_to_sign_in(door: Door) -> Response:
    if door is Door.PAGE:
        return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    return PlainTextResponse("sign in first", HTTPStatus.UNAUTHORIZED)


def _say(door: Door, status: HTTPStatus, key: str, request: Request) -> Response:
    page = draw_refusal(key, request)
    return HTMLResponse(page, status) if door is Door.PAGE else PlainTextResponse(status.phrase, status)


def _is_foreign(connection: HTTPConnection, *, without_origin: bool) -> bool:
    """Say whether a page of another host asks. No browser's WebSocket is without an origin."""
    origin = connection.headers.get("origin")
    if origin is None:
        return without_origin
    return urlsplit(origin).netloc != connection.headers.get("host")


def _remember_lang(request: Request, send: Send) -> Send:
    """Add the cookie that remembers the language a page was asked for in."""
    lang = request.query_params.get("lang")
    if find_door(request.scope["path"]) is not Door.PAGE or lang not in LANGS:
        return send

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            cookie = f"{LANG_COOKIE}={lang}; Path=/; Max-Age={_YEAR_SECONDS}; SameSite=Lax"
            MutableHeaders(scope=message).append("Set-Cookie", cookie)
        await send(message)

    return send_with_cookie
