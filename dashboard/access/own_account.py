"""One's own account: another password, the second factor, the sessions, and what happened to it.

A person who changes the password stays signed in here and nowhere else.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from config.texts import text
from dashboard.access.attempts import TooManyError, WrongError, change_password, try_sign_in
from dashboard.access.entrance import SESSION_LASTS, Entrance, answer_page, find_goal, read_form
from dashboard.access.identity import Role, current_visit
from dashboard.access.passwords import LEAST_LENGTH, EasyPasswordError, PasswordError
from dashboard.access.plain.account import OwnAccount, draw_account, draw_recovery_codes
from dashboard.access.second.step import accept_secret, check_code, offer_secret
from dashboard.access.trail import note
from dashboard.database import Connection, DatabaseAwayError
from models.domain.access.audit import Action
from models.queries.access.accounts import end_sessions, read_account
from models.queries.access.second_factors import (
    count_recovery_codes,
    read_second_factor,
    remove_second_factor,
)
from models.queries.access.sessions import end_session, hash_session, read_sessions
from models.queries.access.trail import read_of_account

_SECOND_FACTOR = "/account/second-factor"
_SHOWN_EVENTS = 12
# What happened to an account that its owner should know of.
_EVENTS = (
    Action.SIGNED_IN,
    Action.SIGN_IN_FAILED,
    Action.SIGN_IN_LOCKED,
    Action.PASSWORD_CHANGED,
    Action.PASSWORD_GIVEN,
    Action.ACCOUNT_RIGHTS_CHANGED,
    Action.ACCOUNT_DISABLED,
    Action.ACCOUNT_ENABLED,
    Action.SECOND_FACTOR_SET,
    Action.SECOND_FACTOR_REMOVED,
    Action.RECOVERY_CODE_USED,
    Action.SESSIONS_ENDED,
)
_Act = Callable[[Connection, Request, dict[str, str]], Awaitable[Response]]


class _SaidError(Exception):
    """What was asked for cannot be; the message is the sentence to say."""

    def __init__(self, sentence: str, status: HTTPStatus) -> None:
        super().__init__(sentence)
        self.status = status


def add_own_account(server: FastAPI, entrance: Entrance) -> None:
    """Add the page and what its forms do; the guard lets in only who is signed in."""
    page = _OwnAccountPage(entrance)
    server.add_api_route("/account", page.show, methods=["GET"])
    server.add_api_route("/account/password", page.change_password, methods=["POST"])
    server.add_api_route("/account/end-session", page.end_one, methods=["POST"])
    server.add_api_route("/account/end-sessions", page.end_all, methods=["POST"])
    server.add_api_route(_SECOND_FACTOR, page.offer, methods=["GET"])
    server.add_api_route(_SECOND_FACTOR, page.set_up, methods=["POST"])
    server.add_api_route(f"{_SECOND_FACTOR}/remove", page.remove, methods=["POST"])


class _OwnAccountPage:
    """The page and what its forms do."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance

    async def show(self, request: Request) -> Response:
        """Answer with the page."""
        return await self._draw(request)

    async def change_password(self, request: Request) -> Response:
        """Change the password, which ends every other session."""
        return await self._do(request, self._change_password)

    async def end_one(self, request: Request) -> Response:
        """End one session."""
        return await self._do(request, self._end_one)

    async def end_all(self, request: Request) -> Response:
        """End every session, this one too."""
        return await self._do(request, self._end_all)

    async def offer(self, request: Request) -> Response:
        """Show a secret for an app."""
        account = current_visit.get().user.account
        if account is None or self._entrance.boxes is None:
            return RedirectResponse("/account", HTTPStatus.SEE_OTHER)
        return answer_page(offer_secret(self._entrance, request, account, _SECOND_FACTOR, ask_password=True))

    async def set_up(self, request: Request) -> Response:
        """Keep the secret that an app has."""
        return await self._do(request, self._set_up)

    async def remove(self, request: Request) -> Response:
        """Remove the second factor."""
        return await self._do(request, self._remove)

    async def _do(self, request: Request, act: _Act) -> Response:
        """Do what a form asks for, or say why not."""
        lang, form = current_visit.get().lang, await read_form(request)
        if current_visit.get().user.account is None:
            said = text(lang, "account.no_password")
            return await self._draw(request, said=said, status=HTTPStatus.BAD_REQUEST)
        try:
            async with self._entrance.open_database() as connection:
                return await act(connection, request, form)
        except _SaidError as error:
            said, status = str(error), error.status
        except WrongError:
            said, status = text(lang, "account.wrong"), HTTPStatus.FORBIDDEN
        except EasyPasswordError:
            said, status = text(lang, "account.easy"), HTTPStatus.BAD_REQUEST
        except PasswordError:
            said, status = text(lang, "account.length", least=LEAST_LENGTH), HTTPStatus.BAD_REQUEST
        except TooManyError as error:
            said = text(lang, "sign_in.too_many", minutes=error.minutes)
            status = HTTPStatus.TOO_MANY_REQUESTS
        except DatabaseAwayError:
            said, status = text(lang, "sign_in.away"), HTTPStatus.SERVICE_UNAVAILABLE
        return await self._draw(request, said=said, status=status)

    async def _draw(
        self, request: Request, *, said: str = "", done: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        visit, now = current_visit.get(), self._entrance.clock()
        own = OwnAccount()
        try:
            if visit.user.account:
                async with self._entrance.open_database() as connection:
                    own = await self._read(connection, visit.user.account, visit.session)
        except DatabaseAwayError:
            said, status = said or text(visit.lang, "sign_in.away"), HTTPStatus.SERVICE_UNAVAILABLE
        wanted = request.query_params.get("next", "")
        goal = find_goal(wanted, visit.user) if wanted else "/"
        page = draw_account(request, visit.user, own, now, said=said, done=done, goal=goal)
        return answer_page(page, status)

    async def _read(self, connection: Connection, account: str, session: str | None) -> OwnAccount:
        row = await read_account(connection, account)
        required = self._entrance.require_second_factor and row is not None and row.role == Role.MANAGER
        return OwnAccount(
            await read_sessions(connection, account, self._entrance.clock()),
            hash_session(session) if session else None,
            await read_second_factor(connection, account) is not None,
            await count_recovery_codes(connection, account),
            not required,
            row.password_given_by if row else None,
            row.password_given_at if row else None,
            await read_of_account(connection, account, _EVENTS, limit=_SHOWN_EVENTS),
        )

    async def _change_password(
        self, connection: Connection, request: Request, form: dict[str, str]
    ) -> Response:
        visit, now, entrance = current_visit.get(), self._entrance.clock(), self._entrance
        user, new = visit.user, form.get("new", "")
        if user.account is None or new != form.get("again", ""):
            raise _SaidError(text(visit.lang, "account.unequal"), HTTPStatus.BAD_REQUEST)
        current, known = form.get("current", ""), entrance.site_names
        version = await change_password(
            connection, user.account, current, new, visit.address, now, known=known
        )
        await note(connection, Action.PASSWORD_CHANGED, now, about=user.account, sites=user.sites)
        ticket = await entrance.begin_session(connection, request, user, version, SESSION_LASTS)
        own = await self._read(connection, user.account, ticket.session)
        done = text(visit.lang, "account.changed")
        answer = answer_page(draw_account(request, user, own, now, done=done))
        entrance.give_cookies(request, answer, ticket)
        return answer

    async def _end_one(self, connection: Connection, request: Request, form: dict[str, str]) -> Response:
        visit, now = current_visit.get(), self._entrance.clock()
        try:
            which = bytes.fromhex(form.get("session", ""))
        except ValueError:
            which = b""
        if await end_session(connection, which, visit.user.account, now):
            account, sites = visit.user.account, visit.user.sites
            await note(connection, Action.SESSIONS_ENDED, now, about=account, after={"ended": 1}, sites=sites)
            await self._entrance.passes.read_again()
        return await self._draw(request, done=text(visit.lang, "account.session_ended"))

    async def _end_all(self, connection: Connection, request: Request, form: dict[str, str]) -> Response:
        del request, form
        visit, now = current_visit.get(), self._entrance.clock()
        if visit.user.account:
            await end_sessions(connection, visit.user.account)
            account, sites = visit.user.account, visit.user.sites
            await note(connection, Action.SESSIONS_ENDED, now, about=account, sites=sites)
            await self._entrance.passes.read_again()
        return RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)

    async def _set_up(self, connection: Connection, request: Request, form: dict[str, str]) -> Response:
        visit, now, entrance = current_visit.get(), self._entrance.clock(), self._entrance
        account = visit.user.account or ""
        if await read_second_factor(connection, account):
            raise _SaidError(text(visit.lang, "second_factor.have"), HTTPStatus.CONFLICT)
        await try_sign_in(connection, account, form.get("current", ""), visit.address, now)
        codes = await accept_secret(entrance, connection, account, form, visit.address)
        if codes is None:
            said, sealed = text(visit.lang, "second_factor.wrong"), form.get("sealed", "")
            page = offer_secret(entrance, request, account, _SECOND_FACTOR, said, sealed, ask_password=True)
            return answer_page(page, HTTPStatus.FORBIDDEN)
        return answer_page(draw_recovery_codes(request, codes, "/account"))

    async def _remove(self, connection: Connection, request: Request, form: dict[str, str]) -> Response:
        visit, now = current_visit.get(), self._entrance.clock()
        account = visit.user.account or ""
        if self._entrance.require_second_factor and visit.user.role is Role.MANAGER:
            raise _SaidError(text(visit.lang, "second_factor.required"), HTTPStatus.FORBIDDEN)
        await try_sign_in(connection, account, form.get("current", ""), visit.address, now)
        try:
            await check_code(self._entrance, connection, account, form.get("code", ""), now)
        except WrongError:
            raise _SaidError(text(visit.lang, "second_factor.wrong"), HTTPStatus.FORBIDDEN) from None
        await remove_second_factor(connection, account)
        await note(connection, Action.SECOND_FACTOR_REMOVED, now, about=account, sites=visit.user.sites)
        return await self._draw(request, done=text(visit.lang, "second_factor.removed"))
