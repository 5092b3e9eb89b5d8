"""The second step of signing in: a one-time code, or setting it up where managers need one.

Between the two steps a browser holds a signed ticket of ten minutes that opens nothing else. Attempts
are counted as those of passwords are, and a code counts once.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from config.texts import text
from dashboard.access.attempts import PER_CODE, WINDOW, TooManyError, WrongError, count
from dashboard.access.cookies import HALFWAY_COOKIE, HALFWAY_SECONDS, give_halfway, name_cookie, take_halfway
from dashboard.access.entrance import Entrance, answer_page, make_user, read_form
from dashboard.access.from_where import name_address
from dashboard.access.identity import Role, Ticket
from dashboard.access.plain.account import draw_code, draw_recovery_codes, draw_set_up
from dashboard.access.plain.page import choose_visit_lang
from dashboard.access.second.factor import (
    SealError,
    draw_codes,
    draw_secret,
    find_step,
    tidy_recovery_code,
)
from dashboard.database import Connection, DatabaseAwayError
from models.domain.access.audit import NOBODY, Action
from models.domain.access.people import AccountRow
from models.queries.access.accounts import forget_attempts, read_account
from models.queries.access.audit import add
from models.queries.access.second_factors import (
    read_second_factor,
    set_second_factor,
    take_recovery_code,
    take_step,
)

CODE_PATH = "/sign-in/code"
SET_UP_PATH = "/sign-in/second-factor"


_Step = Callable[[Entrance, Connection, Request, AccountRow], Awaitable[Response]]


class NotHalfwayError(Exception):
    """The password was not given, or too long ago."""


async def wants_second_step(entrance: Entrance, connection: Connection, account: AccountRow) -> bool:
    """Say whether an account whose password was right has a second factor to show or to set up."""
    if await read_second_factor(connection, account.name):
        return True
    return entrance.require_second_factor and account.role == Role.MANAGER


def begin_second_step(entrance: Entrance, request: Request, account: AccountRow, goal: str) -> Response:
    """Send a person whose password was right on to the second step."""
    assert entrance.boxes  # noqa: S101  # the password was checked
    query = f"?{urlencode({'next': goal})}" if goal else ""
    answer = RedirectResponse(f"{CODE_PATH}{query}", HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    ends_at = entrance.clock() + timedelta(seconds=HALFWAY_SECONDS)
    ticket = Ticket(make_user(account), ends_at, account.session_version)
    secure = entrance.origin.is_secure(request)
    give_halfway(answer, entrance.boxes.halfway.sign(ticket), secure=secure)
    return answer


def add_second_step(server: FastAPI, entrance: Entrance) -> None:
    """Add the pages of the second step and what their forms do."""

    @server.get(CODE_PATH)
    async def ask(request: Request) -> Response:
        return await _answer(entrance, request, _ask)

    @server.post(CODE_PATH)
    async def check(request: Request) -> Response:
        return await _answer(entrance, request, _check)

    @server.get(SET_UP_PATH)
    async def show(request: Request) -> Response:
        return await _answer(entrance, request, _show_set_up)

    @server.post(SET_UP_PATH)
    async def set_up(request: Request) -> Response:
        return await _answer(entrance, request, _set_up)


async def _answer(entrance: Entrance, request: Request, step: _Step) -> Response:
    """Take a step of a person whose password was right; everybody else begins with the password."""
    lang = choose_visit_lang(request)
    goal, now = request.query_params.get("next", ""), entrance.clock()
    name = name_cookie(HALFWAY_COOKIE, secure=entrance.origin.is_secure(request))
    cookie = request.cookies.get(name, "")
    ticket = entrance.boxes.halfway.find(cookie, now) if entrance.boxes else None
    if ticket is None:
        return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    try:
        async with entrance.open_database() as connection:
            account = await _find_account(connection, ticket)
            return await step(entrance, connection, request, account)
    except NotHalfwayError:
        return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    except WrongError:
        said, status = text(lang, "second_factor.wrong"), HTTPStatus.FORBIDDEN
    except TooManyError as error:
        said, status = text(lang, "sign_in.too_many", minutes=error.minutes), HTTPStatus.TOO_MANY_REQUESTS
    except DatabaseAwayError:
        said, status = text(lang, "sign_in.away"), HTTPStatus.SERVICE_UNAVAILABLE
    return answer_page(draw_code(request, goal=goal, said=said), status)


async def _find_account(connection: Connection, ticket: Ticket) -> AccountRow:
    """Return the account whose password was right, as it is now; raises NotHalfwayError."""
    account = await read_account(connection, ticket.user.account or "")
    if account is None or account.disabled_at or account.role not in set(Role):
        raise NotHalfwayError
    if account.session_version != ticket.version:
        raise NotHalfwayError
    return account


async def _ask(entrance: Entrance, connection: Connection, request: Request, account: AccountRow) -> Response:
    del entrance
    goal = request.query_params.get("next", "")
    if await read_second_factor(connection, account.name):
        return answer_page(draw_code(request, goal=goal))
    query = f"?{urlencode({'next': goal})}" if goal else ""
    return RedirectResponse(f"{SET_UP_PATH}{query}", HTTPStatus.SEE_OTHER)


async def _check(
    entrance: Entrance, connection: Connection, request: Request, account: AccountRow
) -> Response:
    form, now = await read_form(request), entrance.clock()
    address = name_address(request)
    try:
        used = await check_code(entrance, connection, account.name, form.get("code", ""), now)
    except WrongError:
        await _note(connection, account, NOBODY, Action.SIGN_IN_FAILED, address, now)
        raise
    except TooManyError:
        once = f"locked code {account.name} {now:%Y-%m-%dT%H}"
        await _note(connection, account, NOBODY, Action.SIGN_IN_LOCKED, address, now, once)
        raise
    if used is Action.RECOVERY_CODE_USED:
        await _note(connection, account, account.name, used, address, now)
    answer = await entrance.let_in(connection, request, account, form.get("next", ""))
    take_halfway(answer, secure=entrance.origin.is_secure(request))
    return answer


async def check_code(
    entrance: Entrance, connection: Connection, account: str, code: str, now: datetime
) -> Action | None:
    """Accept a one-time code or a recovery code, once; return the action to note for a recovery code.

    Raises WrongError, TooManyError. The attempt counts before the code is looked at.
    """
    await count(connection, f"code of {account}", PER_CODE, now)
    factor = await read_second_factor(connection, account)
    if factor is None or entrance.boxes is None:
        raise WrongError
    used = None
    try:
        step = find_step(entrance.boxes.vault.open(account, factor.sealed_secret, now), code, now)
    except SealError:
        step = None
    if step is None or not await take_step(connection, account, step):
        if not await take_recovery_code(connection, account, tidy_recovery_code(code), now):
            raise WrongError
        used = Action.RECOVERY_CODE_USED
    await forget_attempts(connection, [f"code of {account}"], WINDOW, now)
    return used


async def _show_set_up(
    entrance: Entrance, connection: Connection, request: Request, account: AccountRow
) -> Response:
    if await read_second_factor(connection, account.name):
        return RedirectResponse(CODE_PATH, HTTPStatus.SEE_OTHER)
    return answer_page(offer_secret(entrance, request, account.name, SET_UP_PATH))


async def _set_up(
    entrance: Entrance, connection: Connection, request: Request, account: AccountRow
) -> Response:
    """Set up the second factor of a manager who needs one, and begin the session."""
    if await read_second_factor(connection, account.name):
        return RedirectResponse(CODE_PATH, HTTPStatus.SEE_OTHER)
    form = await read_form(request)
    codes = await accept_secret(entrance, connection, account.name, form, name_address(request))
    if codes is None:
        said = text(choose_visit_lang(request), "second_factor.wrong")
        page = offer_secret(entrance, request, account.name, SET_UP_PATH, said, form.get("sealed", ""))
        return answer_page(page, HTTPStatus.FORBIDDEN)
    signed_in = await entrance.let_in(connection, request, account, form.get("next", ""))
    if signed_in.status_code != HTTPStatus.SEE_OTHER:
        return signed_in
    answer = answer_page(draw_recovery_codes(request, codes, signed_in.headers["Location"]))
    for cookie in signed_in.headers.getlist("set-cookie"):
        answer.headers.append("set-cookie", cookie)
    take_halfway(answer, secure=entrance.origin.is_secure(request))
    return answer


def offer_secret(
    entrance: Entrance,
    request: Request,
    account: str,
    action: str,
    said: str = "",
    sealed: str = "",
    *,
    ask_password: bool = False,
) -> str:
    """Return the page that shows a secret to put into an app; the one it showed before, if it is ours."""
    assert entrance.boxes  # noqa: S101  # somebody has given a password
    vault, now = entrance.boxes.vault, entrance.clock()
    try:
        secret = vault.open(account, sealed, now, HALFWAY_SECONDS)
    except SealError:
        secret = draw_secret()
        sealed = vault.seal(account, secret, now)
    goal = request.query_params.get("next", "")
    return draw_set_up(
        request, account, secret, sealed, action, goal=goal, said=said, ask_password=ask_password
    )


async def accept_secret(
    entrance: Entrance, connection: Connection, account: str, form: dict[str, str], address: str
) -> list[str] | None:
    """Keep an offered secret if the code shows that an app has it; return new recovery codes, else None."""
    assert entrance.boxes  # noqa: S101  # somebody has given a password
    vault, now = entrance.boxes.vault, entrance.clock()
    await count(connection, f"code of {account}", PER_CODE, now)
    try:
        secret = vault.open(account, form.get("sealed", ""), now, HALFWAY_SECONDS)
    except SealError:
        return None
    step = find_step(secret, form.get("code", ""), now)
    if step is None:
        return None
    codes = draw_codes()
    await set_second_factor(connection, account, vault.seal(account, secret, now), step, codes, now)
    await forget_attempts(connection, [f"code of {account}"], WINDOW, now)
    row = await read_account(connection, account)
    if row:
        await _note(connection, row, account, Action.SECOND_FACTOR_SET, address, now)
    return codes


async def _note(
    connection: Connection,
    account: AccountRow,
    who: str,
    what: Action,
    address: str,
    now: datetime,
    once: str | None = None,
) -> None:
    await add(
        connection,
        at=now,
        who=who,
        from_address=address,
        what=what,
        about=account.name,
        sites=account.sites,
        once=once,
    )
