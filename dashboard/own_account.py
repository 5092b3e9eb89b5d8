"""One's own account: another password, and the end of every session.

Owns the page `/account` and its two forms. Whoever changes the password stays signed in here
and nowhere else.
"""

from datetime import datetime
from http import HTTPStatus

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from config.texts import text
from dashboard.access import Ticket, User, current_visit
from dashboard.attempts import TooManyError, WrongError, change_password
from dashboard.cookies import give_session
from dashboard.database import DatabaseAwayError
from dashboard.passwords import LEAST_LENGTH, PasswordError
from dashboard.plain_page import draw_account
from dashboard.sign_in import SESSION_LASTS, Entrance, answer_page, name_address, read_form
from models.accounts import end_sessions


def add_own_account(server: FastAPI, entrance: Entrance) -> None:
    """Add the page and what its forms do; the guard lets in only who is signed in."""

    @server.get("/account")
    async def show(request: Request) -> Response:
        return answer_page(draw_account(request, current_visit.get().user))

    @server.post("/account/password")
    async def change(request: Request) -> Response:
        return await _change_password(entrance, request)

    @server.post("/account/end-sessions")
    async def end(request: Request) -> Response:
        user, lang = current_visit.get().user, current_visit.get().lang
        try:
            if user.account:
                async with entrance.open_database() as connection:
                    await end_sessions(connection, user.account)
        except DatabaseAwayError:
            page = draw_account(request, user, said=text(lang, "sign_in.away"))
            return answer_page(page, HTTPStatus.SERVICE_UNAVAILABLE)
        return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)


async def _change_password(entrance: Entrance, request: Request) -> Response:
    user, lang, now = current_visit.get().user, current_visit.get().lang, entrance.clock()
    form = await read_form(request)
    current, new = form.get("current", ""), form.get("new", "")
    if user.account is None or new != form.get("again", ""):
        page = draw_account(request, user, said=text(lang, "account.unequal"))
        return answer_page(page, HTTPStatus.BAD_REQUEST)
    try:
        async with entrance.open_database() as connection:
            version = await change_password(
                connection, user.account, current, new, name_address(request), now
            )
        return _stay(request, entrance, user, version, now, text(lang, "account.changed"))
    except WrongError:
        said, status = text(lang, "account.wrong"), HTTPStatus.FORBIDDEN
    except PasswordError:
        said, status = text(lang, "account.length", least=LEAST_LENGTH), HTTPStatus.BAD_REQUEST
    except TooManyError as error:
        said, status = text(lang, "sign_in.too_many", minutes=error.minutes), HTTPStatus.TOO_MANY_REQUESTS
    except DatabaseAwayError:
        said, status = text(lang, "sign_in.away"), HTTPStatus.SERVICE_UNAVAILABLE
    return answer_page(draw_account(request, user, said=said), status)


def _stay(
    request: Request, entrance: Entrance, user: User, version: int, now: datetime, done: str
) -> Response:
    """Answer somebody whose other sessions have ended, with a session of the new version."""
    assert entrance.sessions  # noqa: S101  # somebody is signed in
    ticket = Ticket(user, now + SESSION_LASTS, version)
    answer = answer_page(draw_account(request, user, done=done))
    secure = entrance.origin.is_secure(request)
    give_session(answer, entrance.sessions.sign(ticket), ticket.expires_at, secure=secure)
    return answer
