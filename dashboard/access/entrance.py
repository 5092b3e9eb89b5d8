"""What lets a person in once it is clear who that is: a session of its own row, and the cookies.

Owns how long sessions last and where a person begins. Passwords are checked in `attempts`, second
factors in `second_step`.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access.cookies import KNOWN_COOKIE, KNOWN_LASTS, give_known, give_session, name_cookie
from dashboard.access.from_where import name_address
from dashboard.access.identity import (
    LINK_PATH,
    Role,
    Ticket,
    TicketBox,
    User,
    halfway_box,
    known_box,
    session_box,
)
from dashboard.access.origin import Origin
from dashboard.access.passes import Passes
from dashboard.access.plain.page import draw_refusal
from dashboard.access.second.factor import Vault
from dashboard.database import Connection, OpenDatabase
from dashboard.doors import find_page
from models.domain.access.audit import Action
from models.domain.access.people import AccountRow, SessionRow
from models.queries.access.accounts import note_sign_in
from models.queries.access.audit import add
from models.queries.access.sessions import add_session, hash_session

SESSION_LASTS = timedelta(hours=12)
# The company may end an account at any time, and does not notify us; so its people come back sooner.
COMPANY_SESSION_LASTS = timedelta(hours=4)

_MOST_BYTES = 8192
_START = {Role.MANAGER: "/devices", Role.FOREMAN: "/"}


@dataclass(frozen=True, slots=True)
class Boxes:
    """What is signed and sealed with the server's key."""

    sessions: TicketBox
    halfway: TicketBox
    known: TicketBox
    vault: Vault


def open_boxes(secret_key: str) -> Boxes:
    """Return the boxes of a key."""
    return Boxes(session_box(secret_key), halfway_box(secret_key), known_box(secret_key), Vault(secret_key))


@dataclass(frozen=True, slots=True)
class Entrance:
    """What letting a person in needs; without boxes nobody can sign in."""

    boxes: Boxes | None
    passes: Passes
    open_database: OpenDatabase
    origin: Origin
    clock: Callable[[], datetime]
    company: bool = False
    require_second_factor: bool = False
    # Words that a guesser of passwords tries first.
    site_names: tuple[str, ...] = ()

    def refuse_plain(self, request: Request, role: str) -> Response | None:
        """Return the answer for a manager where others on the network could read the session, or None."""
        if role != Role.MANAGER or self.origin.is_unread(request):
            return None
        return refuse("manager_http", request)

    async def let_in(
        self,
        connection: Connection,
        request: Request,
        account: AccountRow,
        goal: str = "",
        lasts: timedelta = SESSION_LASTS,
    ) -> Response:
        """Begin a session of an account, and send the person where they wanted to go.

        After another person gave the password, its owner first comes to a page that says so.
        """
        if refusal := self.refuse_plain(request, account.role):
            return refusal
        now = self.clock()
        await note_sign_in(connection, account.name, now)
        ticket = await self.begin_session(
            connection, request, make_user(account), account.session_version, lasts
        )
        await add(
            connection,
            at=now,
            who=account.name,
            from_address=name_address(request),
            what=Action.SIGNED_IN,
            about=account.name,
            sites=account.sites,
        )
        answer = self.welcome(request, ticket, goal)
        if account.password_given_at:
            query = f"?{urlencode({'next': goal})}" if goal else ""
            answer.headers["Location"] = f"/account{query}"
        return answer

    async def begin_session(
        self,
        connection: Connection,
        request: Request,
        user: User,
        version: int | None,
        lasts: timedelta,
        link: int | None = None,
    ) -> Ticket:
        """Keep a new session and return its ticket."""
        now, session = self.clock(), secrets.token_urlsafe(16)
        row = SessionRow(
            hash_session(session),
            user.account,
            link,
            version,
            now,
            now,
            now,
            now + lasts,
            name_address(request),
            request.headers.get("user-agent", ""),
            None,
        )
        await add_session(connection, row)
        return Ticket(user, now + lasts, version, session, link)

    def welcome(self, request: Request, ticket: Ticket, goal: str = "") -> Response:
        """Give a person the cookie of a session, and send them where they wanted to go."""
        answer = RedirectResponse(
            find_goal(goal, ticket.user), HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"}
        )
        self.give_cookies(request, answer, ticket)
        return answer

    def give_cookies(self, request: Request, answer: Response, ticket: Ticket) -> None:
        """Add the cookies of a session, and of a browser in which the account has signed in."""
        assert self.boxes  # noqa: S101  # nobody has a ticket without a key
        secure = self.origin.is_secure(request)
        give_session(answer, self.boxes.sessions.sign(ticket), ticket.expires_at, secure=secure)
        if (
            ticket.user.account
            and ticket.version is not None
            and not self.find_browser(request, ticket.user.account)
        ):
            known = Ticket(
                User(ticket.user.role, (), ticket.user.account),
                self.clock() + KNOWN_LASTS,
                session=secrets.token_urlsafe(16),
            )
            give_known(answer, self.boxes.known.sign(known), secure=secure)

    def find_browser(self, request: Request, account: str) -> str | None:
        """Return the name of this browser if the account signed in here before."""
        assert self.boxes  # noqa: S101  # asked while somebody signs in
        name = name_cookie(KNOWN_COOKIE, secure=self.origin.is_secure(request))
        ticket = self.boxes.known.find(request.cookies.get(name, ""), self.clock())
        return ticket.session if ticket and ticket.user.account == account else None


def make_user(account: AccountRow) -> User:
    """Return what an account makes of a person."""
    sites = None if account.sites is None else tuple(account.sites)
    return User(Role(account.role), sites, account.name, account.label)


def find_goal(goal: str, user: User) -> str:
    """Return where a person wanted to go, if it is a page of our own, else where they begin."""
    place = find_page(goal)
    return goal if place and not goal.startswith(LINK_PATH.rstrip("/")) else _START[user.role]


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
    fields = parse_qsl(body.decode("utf-8", "replace"))
    return {name: value.replace("\0", "") for name, value in fields}
