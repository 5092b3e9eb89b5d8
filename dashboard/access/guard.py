"""The guard at the door: whoever the list of doors does not name for an address stays outside.

Owns every refusal. Plain ASGI around the whole app, for HTTP and WebSockets alike, so no route
and no callback can be reached past it. Tells everything below who asks, and ends a stream as
soon as whoever opened it may not see it any longer.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.texts import LANGS
from dashboard.access.cookies import give_screen, list_tokens, name_session
from dashboard.access.from_where import name_address
from dashboard.access.identity import (
    SCREEN_PATH,
    AccessError,
    Role,
    Ticket,
    TicketBox,
    Visit,
    Visitor,
    current_lang,
    current_visit,
    current_visitor,
)
from dashboard.access.origin import Origin
from dashboard.access.passes import Credentials, Passes
from dashboard.access.plain.page import LANG_COOKIE, choose_visit_lang, draw_refusal
from dashboard.database import DatabaseAwayError
from dashboard.doors import ANYBODY, Answer, Place, find_place
from dashboard.edge.limits import Limits
from dashboard.edge.share import Share

# Where the Dash app of managers' pages answers; the pages themselves have addresses of their own.
MANAGE_PREFIX = "/manage/"

_YEAR_SECONDS = 365 * 24 * 3600
_POLICY_VIOLATION = 1008
_SAFE = {"GET", "HEAD"}
# Has the page load itself anew, and so meet the refusal.
_STREAM_IS_OVER = b"event: over\ndata: {}\n\n"


class Guard:
    """Lets requests in or answers why not; without `sessions` nobody can sign in."""

    def __init__(
        self,
        app: ASGIApp,
        sessions: TicketBox | None,
        passes: Passes,
        origin: Origin,
        clock: Callable[[], datetime],
        limits: Limits = Limits(),  # noqa: B008  # frozen
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._passes = passes
        self._origin = origin
        self._clock = clock
        self._share = Share(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or refuse it."""
        if scope["type"] == "http":
            await self._guard_request(Request(scope), receive, send)
        elif scope["type"] == "websocket":
            await self._guard_websocket(HTTPConnection(scope), receive, send)
        else:
            await self._app(scope, receive, send)

    async def _guard_request(self, request: Request, receive: Receive, send: Send) -> None:
        place = find_place(request.scope["path"])
        if place is None:
            unknown = self._share.find_refusal(Visitor(), request) or answer_unknown(request)
            await unknown(request.scope, receive, send)
            return
        credentials = self._read_credentials(request)
        try:
            visitor = await self._recognise(credentials, place)
        except DatabaseAwayError:
            refusal: Response | None = _refuse(place, HTTPStatus.SERVICE_UNAVAILABLE, "away", request)
        else:
            refusal = self._share.find_refusal(visitor, request) or self._find_refusal(
                place, visitor, request
            )
        if refusal:
            await refusal(request.scope, receive, send)
            return
        send = self._remember(request, place, visitor, send)
        with _telling_who_asks(visitor, request):
            if place.door.answer is Answer.STREAM:
                with self._share.count_stream(visitor, request) as too_many:
                    if too_many:
                        await too_many(request.scope, receive, send)
                    else:
                        await self._stream(request.scope, receive, send, place, credentials)
            else:
                await self._app(request.scope, receive, send)

    async def _guard_websocket(self, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        place = find_place(connection.scope["path"])
        try:
            visitor = await self._passes.recognise(self._read_credentials(connection))
        except DatabaseAwayError:
            visitor = Visitor()
        # No place whose roles are open to anybody has a WebSocket.
        admitted = place and place.door.roles is not ANYBODY and place.admits(visitor)
        if admitted and not self._origin.is_foreign(connection):
            with _telling_who_asks(visitor, connection):
                await self._app(connection.scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    def _read_credentials(self, connection: HTTPConnection) -> Credentials:
        tokens = list_tokens(connection)
        return Credentials(self._read_ticket(connection), tokens, name_address(connection))

    def _read_ticket(self, connection: HTTPConnection) -> Ticket | None:
        if self._sessions is None:
            return None
        try:
            name = name_session(secure=self._origin.is_secure(connection))
            return self._sessions.read(connection.cookies.get(name, ""), self._clock())
        except AccessError:
            return None

    async def _recognise(self, credentials: Credentials, place: Place) -> Visitor:
        """Say who asks; what is open to anybody is so without a database, too."""
        try:
            return await self._passes.recognise(credentials)
        except DatabaseAwayError:
            if place.door.roles is not ANYBODY:
                raise
            return Visitor()

    def _find_refusal(self, place: Place, visitor: Visitor, request: Request) -> Response | None:
        """Return the answer for whoever may not come in, or None."""
        door = place.door
        if request.method not in _SAFE and self._origin.is_foreign(request):
            return PlainTextResponse("a page of another site asked for this", HTTPStatus.FORBIDDEN)
        if door.screen and (token := request.query_params.get("screen")):
            return _send_to_screen(token, request)
        if refusal := self._refuse_plain(place, visitor, request):
            return refusal
        if place.admits(visitor):
            return None
        if visitor.user is None:
            return self._refuse_nobody(place, visitor, request)
        elsewhere = door.roles is not ANYBODY and visitor.user.role in door.roles
        return _refuse(place, HTTPStatus.FORBIDDEN, "other_site" if elsewhere else "managers_only", request)

    def _refuse_plain(self, place: Place, visitor: Visitor, request: Request) -> Response | None:
        """Return the answer where others on the network could read a password or a manager's session."""
        signs_in = place.door.roles is ANYBODY and place.door.address.startswith("/sign-in")
        if signs_in and not self._origin.may_sign_in(request):
            return _refuse(place, HTTPStatus.FORBIDDEN, "plain_http", request)
        manages = visitor.user is not None and visitor.user.role is Role.MANAGER
        if manages and place.door.roles is not ANYBODY and not self._origin.is_unread(request):
            return _refuse(place, HTTPStatus.FORBIDDEN, "manager_http", request)
        return None

    def _refuse_nobody(self, place: Place, visitor: Visitor, request: Request) -> Response:
        """Return the answer for a screen that is not for this board, or for whoever has not signed in."""
        if place.door.screen and (visitor.screens or visitor.refused):
            return _refuse(place, HTTPStatus.FORBIDDEN, "screen", request)
        if self._sessions is None:
            return _refuse(place, HTTPStatus.SERVICE_UNAVAILABLE, "no_key", request)
        if place.door.answer.is_page and request.method in _SAFE:
            query = urlencode({"next": request.scope["path"]})
            return RedirectResponse(f"/sign-in?{query}", HTTPStatus.SEE_OTHER)
        return PlainTextResponse("sign in first", HTTPStatus.UNAUTHORIZED)

    def _remember(self, request: Request, place: Place, visitor: Visitor, send: Send) -> Send:
        """Add the cookies that remember the language asked for, and the screen for another year."""
        cookies = Response()
        lang = request.query_params.get("lang")
        if place.door.answer.is_page and lang in LANGS:
            cookies.set_cookie(LANG_COOKIE, lang, max_age=_YEAR_SECONDS, samesite="lax")
        kind, site = place.door.screen, place.site
        if kind and site and visitor.shows(kind, site):
            give_screen(cookies, request, kind, site, secure=self._origin.is_secure(request))
        given = cookies.headers.getlist("set-cookie")
        if not given:
            return send

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                for cookie in given:
                    MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        return send_with_cookies

    async def _stream(
        self, scope: Scope, receive: Receive, send: Send, place: Place, credentials: Credentials
    ) -> None:
        """Serve a stream until it ends or whoever opened it may not see it any longer."""
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        with self._passes.keep_open(credentials, place.admits) as over:
            serving = asyncio.ensure_future(self._app(scope, receive, send_and_note))
            waiting = asyncio.ensure_future(over.wait())
            try:
                await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if serving.done():
                    await serving
                    return
            finally:
                waiting.cancel()
                if not serving.done():
                    serving.cancel()
                    with suppress(asyncio.CancelledError):
                        await serving
        if begun:
            await send({"type": "http.response.body", "body": _STREAM_IS_OVER, "more_body": False})
        else:
            await _refuse(place, HTTPStatus.FORBIDDEN, "screen", Request(scope))(scope, receive, send)


@contextmanager
def _telling_who_asks(visitor: Visitor, connection: HTTPConnection) -> Iterator[None]:
    lang = choose_visit_lang(connection)
    visitor_before, lang_before = current_visitor.set(visitor), current_lang.set(lang)
    visit_before = None
    if visitor.user:
        session, link = (visitor.ticket.session, visitor.ticket.link) if visitor.ticket else (None, None)
        visit = Visit(visitor.user, lang, name_address(connection), session, link)
        visit_before = current_visit.set(visit)
    try:
        yield
    finally:
        current_visitor.reset(visitor_before)
        current_lang.reset(lang_before)
        if visit_before:
            current_visit.reset(visit_before)


def answer_unknown(request: Request) -> Response:
    """Answer an address that is nothing of ours; Dash's own answer would be a page and a 200."""
    return PlainTextResponse(f"there is nothing at {request.url.path}; what there is begins at /", 404)


def _send_to_screen(token: str, request: Request) -> Response:
    """Send a screen that brings its token to where the token becomes a cookie."""
    lang = request.query_params.get("lang")
    query = f"?{urlencode({'lang': lang})}" if lang in LANGS else ""
    return RedirectResponse(f"{SCREEN_PATH}{quote(token, safe='')}{query}", HTTPStatus.SEE_OTHER)


def _refuse(place: Place, status: HTTPStatus, key: str, request: Request) -> Response:
    if place.door.answer.is_page:
        return HTMLResponse(draw_refusal(key, request), status)
    return PlainTextResponse(status.phrase, status)
