"""Signing in and out, by name and password or by a link.

Owns those routes. What is right is decided elsewhere: passwords in `attempts`, second factors in
`second_step`, links in `models.queries.access.links`; `entrance` begins the session.
"""

from datetime import datetime
from http import HTTPStatus

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from config.texts import text
from dashboard.access.attempts import TooManyError, WrongError, tidy_name, try_sign_in
from dashboard.access.cookies import take_session
from dashboard.access.entrance import Entrance, answer_page, read_form, refuse
from dashboard.access.from_where import name_address
from dashboard.access.identity import LINK_PATH, Role, User, current_visitor
from dashboard.access.plain.page import choose_visit_lang, draw_link, draw_sign_in
from dashboard.access.second.step import begin_second_step, wants_second_step
from dashboard.database import Connection, DatabaseAwayError
from dashboard.edge.addresses import find_block
from models.domain.access.audit import NOBODY, Action
from models.domain.access.people import AccessLinkRow
from models.queries.access.accounts import end_sessions, read_account
from models.queries.access.audit import add
from models.queries.access.links import read_access_link, use_access_link
from models.queries.access.sessions import end_session, hash_session


def add_sign_in(server: FastAPI, entrance: Entrance) -> None:
    """Add the routes of signing in and out; without a key they say that there is none."""

    @server.get("/sign-in")
    async def ask(request: Request) -> Response:
        if entrance.boxes is None:
            return refuse("no_key", request, HTTPStatus.SERVICE_UNAVAILABLE)
        goal = request.query_params.get("next", "")
        return answer_page(draw_sign_in(request, goal=goal, company=entrance.company))

    @server.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        if entrance.boxes is None:
            return refuse("no_key", request, HTTPStatus.SERVICE_UNAVAILABLE)
        return await _sign_in(entrance, request)

    @server.get(f"{LINK_PATH}{{token}}")
    async def show_link(request: Request, token: str) -> Response:
        return await _follow_link(entrance, request, token, pressed=False)

    @server.post(f"{LINK_PATH}{{token}}")
    async def follow_link(request: Request, token: str) -> Response:
        return await _follow_link(entrance, request, token, pressed=True)

    @server.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        answer: Response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        try:
            await _end_own_session(entrance, request)
        except DatabaseAwayError:
            said = text(choose_visit_lang(request), "sign_in.not_ended")
            page = draw_sign_in(request, said=said, company=entrance.company)
            answer = answer_page(page, HTTPStatus.SERVICE_UNAVAILABLE)
        take_session(answer, secure=entrance.origin.is_secure(request))
        return answer


async def _sign_in(entrance: Entrance, request: Request) -> Response:
    form, lang, now = await read_form(request), choose_visit_lang(request), entrance.clock()
    name, goal, address = form.get("name", ""), form.get("next", ""), name_address(request)
    browser = entrance.find_browser(request, tidy_name(name))
    try:
        async with entrance.open_database() as connection:
            try:
                account = await try_sign_in(
                    connection, name, form.get("password", ""), address, now, browser=browser
                )
            except (WrongError, TooManyError) as error:
                await note_failure(connection, error, name, address, now)
                raise
            if refusal := entrance.refuse_plain(request, account.role):
                return refusal
            if await wants_second_step(entrance, connection, account):
                return begin_second_step(entrance, request, account, goal)
            return await entrance.let_in(connection, request, account, goal)
    except WrongError:
        said, status = text(lang, "sign_in.wrong"), HTTPStatus.FORBIDDEN
    except TooManyError as error:
        said, status = text(lang, "sign_in.too_many", minutes=error.minutes), HTTPStatus.TOO_MANY_REQUESTS
    except DatabaseAwayError:
        said, status = text(lang, "sign_in.away"), HTTPStatus.SERVICE_UNAVAILABLE
    page = draw_sign_in(request, goal=goal, name=name, said=said, company=entrance.company)
    return answer_page(page, status)


async def note_failure(
    connection: Connection, error: WrongError | TooManyError, name: str, address: str, now: datetime
) -> None:
    """Note that a person could not sign in; what was typed is kept only if it names an account."""
    name = tidy_name(name)
    account = await read_account(connection, name)
    locked = isinstance(error, TooManyError)
    await add(
        connection,
        at=now,
        who=NOBODY,
        from_address=address,
        what=Action.SIGN_IN_LOCKED if locked else Action.SIGN_IN_FAILED,
        about=account.name if account else None,
        sites=account.sites if account else None,
        # One entry an hour says that somebody goes on trying.
        once=f"locked {name} {find_block(address)} {now:%Y-%m-%dT%H}" if locked else None,
    )


async def _end_own_session(entrance: Entrance, request: Request) -> None:
    """End the session of the browser that signs out; one without a row ends with all of its account."""
    visitor, now = current_visitor.get(), entrance.clock()
    ticket, user = visitor.ticket, visitor.user
    if ticket is None or user is None or (ticket.session is None and user.account is None):
        return
    async with entrance.open_database() as connection:
        if ticket.session:
            await end_session(connection, hash_session(ticket.session), user.account, now)
        elif user.account:
            await end_sessions(connection, user.account)
        await add(
            connection,
            at=now,
            who=user.account or f"access link {ticket.link}",
            from_address=name_address(request),
            what=Action.SIGNED_OUT,
            about=user.account,
            sites=user.sites,
        )
    await entrance.passes.read_again()


async def _follow_link(entrance: Entrance, request: Request, token: str, *, pressed: bool) -> Response:
    """Sign in by a link. One that works once waits for a button: previews of chats open links, too."""
    if entrance.boxes is None:
        return refuse("no_key", request, HTTPStatus.SERVICE_UNAVAILABLE)
    now, address = entrance.clock(), name_address(request)
    try:
        async with entrance.open_database() as connection:
            link = await read_access_link(connection, token)
            refusal = _find_refusal(link, now, unread=entrance.origin.is_unread(request))
            if link is None or refusal:
                return refuse(refusal or "invalid", request)
            if not (pressed or link.reusable):
                return answer_page(draw_link(request, LINK_PATH + token))
            if not await use_access_link(connection, link.id, address, now):
                return refuse("link_used", request)
            sites = None if link.sites is None else tuple(link.sites)
            user = User(Role(link.role), sites)
            ticket = await entrance.begin_session(
                connection, request, user, None, link.expires_at - now, link.id
            )
            await add(
                connection,
                at=now,
                who=f"access link {link.id}",
                from_address=address,
                what=Action.SIGNED_IN,
                about=f"access link {link.id}",
                sites=link.sites,
            )
    except DatabaseAwayError:
        return refuse("away", request, HTTPStatus.SERVICE_UNAVAILABLE)
    return entrance.welcome(request, ticket)


def _find_refusal(link: AccessLinkRow | None, now: datetime, *, unread: bool) -> str | None:
    if link is None or link.role not in set(Role):
        return "invalid"
    if link.revoked_at:
        return "link_revoked"
    if link.expires_at <= now:
        return "expired"
    if link.role == Role.MANAGER and not unread:
        return "manager_http"
    return "link_used" if link.used_at and not link.reusable else None
