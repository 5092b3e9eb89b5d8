"""Signing in and out, by name and password or by a link; a screen's token becomes its cookie.

Owns those routes and how long a session lasts. What is right is decided elsewhere: passwords in
`attempts`, tickets in `access`, screens in `passes`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from config.texts import LANGS, text
from dashboard.access import (
    LINK_PATH,
    SCREEN_PATH,
    AccessError,
    ExpiredError,
    Role,
    Ticket,
    TicketBox,
    User,
)
from dashboard.attempts import TooManyError, WrongError, try_sign_in
from dashboard.cookies import give_screen, give_session, take_session
from dashboard.database import DatabaseAwayError, OpenDatabase
from dashboard.doors import find_page
from dashboard.origin import Origin
from dashboard.passes import Credentials, Passes
from dashboard.plain_page import choose_visit_lang, draw_refusal, draw_sign_in
from models.domain.access import AccountRow

SESSION_LASTS = timedelta(hours=12)

_MOST_BYTES = 8192
_START = {Role.MANAGER: "/devices", Role.FOREMAN: "/"}


@dataclass(frozen=True, slots=True)
class Entrance:
    """What letting somebody in needs; without boxes nobody can sign in."""

    links: TicketBox | None
    sessions: TicketBox | None
    passes: Passes
    open_database: OpenDatabase
    origin: Origin
    clock: Callable[[], datetime]
    company: bool = False

    def welcome(self, request: Request, ticket: Ticket, goal: str = "") -> Response:
        """Give somebody a session and send them where they wanted to go, or to where they begin."""
        assert self.sessions  # noqa: S101  # nobody has a ticket without a key
        place = find_page(goal)
        here = goal if place and not goal.startswith(LINK_PATH.rstrip("/")) else _START[ticket.user.role]
        answer = RedirectResponse(here, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
        secure = self.origin.is_secure(request)
        give_session(answer, self.sessions.sign(ticket), ticket.expires_at, secure=secure)
        return answer

    def make_ticket(self, account: AccountRow) -> Ticket:
        """Return the ticket of an account's session from now on."""
        sites = None if account.sites is None else tuple(account.sites)
        user = User(Role(account.role), sites, account.name, account.label)
        return Ticket(user, self.clock() + SESSION_LASTS, account.session_version)


def add_sign_in(server: FastAPI, entrance: Entrance) -> None:
    """Add the routes of signing in and out; without a key they say that there is none."""

    @server.get("/sign-in")
    async def ask(request: Request) -> Response:
        if entrance.sessions is None:
            return refuse("no_key", request, HTTPStatus.SERVICE_UNAVAILABLE)
        goal = request.query_params.get("next", "")
        return answer_page(draw_sign_in(request, goal=goal, company=entrance.company))

    @server.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        if entrance.sessions is None:
            return refuse("no_key", request, HTTPStatus.SERVICE_UNAVAILABLE)
        return await _sign_in(entrance, request)

    @server.get(f"{LINK_PATH}{{token}}")
    async def follow_link(request: Request, token: str) -> Response:
        if entrance.links is None:
            return refuse("no_key", request, HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            return entrance.welcome(request, entrance.links.read(token, entrance.clock()))
        except AccessError as error:
            return refuse("expired" if isinstance(error, ExpiredError) else "invalid", request)

    @server.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        take_session(answer, secure=entrance.origin.is_secure(request))
        return answer

    @server.get(f"{SCREEN_PATH}{{token}}")
    async def open_screen(request: Request, token: str) -> Response:
        return await _open_screen(entrance, request, token)


async def _sign_in(entrance: Entrance, request: Request) -> Response:
    form = await read_form(request)
    name, goal = form.get("name", ""), form.get("next", "")
    lang = choose_visit_lang(request)
    try:
        async with entrance.open_database() as connection:
            account = await try_sign_in(
                connection, name, form.get("password", ""), name_address(request), entrance.clock()
            )
        return entrance.welcome(request, entrance.make_ticket(account), goal)
    except WrongError:
        said, status = text(lang, "sign_in.wrong"), HTTPStatus.FORBIDDEN
    except TooManyError as error:
        said, status = text(lang, "sign_in.too_many", minutes=error.minutes), HTTPStatus.TOO_MANY_REQUESTS
    except DatabaseAwayError:
        said, status = text(lang, "sign_in.away"), HTTPStatus.SERVICE_UNAVAILABLE
    return answer_page(
        draw_sign_in(request, goal=goal, name=name, said=said, company=entrance.company), status
    )


async def _open_screen(entrance: Entrance, request: Request, token: str) -> Response:
    try:
        visitor = await entrance.passes.recognise(Credentials(tokens=(token,)))
    except DatabaseAwayError:
        return refuse("away", request, HTTPStatus.SERVICE_UNAVAILABLE)
    if not visitor.screens:
        return refuse("screen", request)
    screen = visitor.screens[0]
    lang = request.query_params.get("lang")
    address = f"{screen.address}?lang={lang}" if lang in LANGS else screen.address
    answer = RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    secure = entrance.origin.is_secure(request)
    give_screen(answer, request, screen.kind, screen.site, secure=secure, token=token)
    return answer


def answer_page(page: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer with a page that nobody is to keep."""
    return HTMLResponse(page, status, {"Cache-Control": "no-store"})


def refuse(key: str, request: Request, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> Response:
    """Answer with the page that says why not."""
    return answer_page(draw_refusal(key, request), status)


async def read_form(request: Request) -> dict[str, str]:
    """Read the fields of a posted form; one that is too large has none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def name_address(request: Request) -> str:
    """Return the address somebody asks from, as the proxies we trust tell it."""
    return request.client.host if request.client else "unknown"
