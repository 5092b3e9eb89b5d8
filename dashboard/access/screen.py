"""A screen's link becomes the cookie of one browser, once.

The browser keeps another secret than the link, so a link that was seen, photographed or sent on
opens nothing more. A reusable link is the secret itself.
"""

from http import HTTPStatus

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from config.texts import LANGS
from dashboard.access.cookies import give_screen
from dashboard.access.entrance import Entrance, refuse
from dashboard.access.from_where import name_address
from dashboard.access.identity import SCREEN_PATH, ScreenKind, current_visitor
from dashboard.access.passwords import draw_token
from dashboard.database import Connection, DatabaseAwayError
from models.domain.access.audit import NOBODY, Action
from models.domain.access.people import ScreenRow
from models.queries.access.audit import add
from models.queries.access.screens import find_screen, open_screen


class _RefusedError(Exception):
    """The link does not work; the message is the key of the refusal."""


def add_screen_entrance(server: FastAPI, entrance: Entrance) -> None:
    """Add the address of screens' links."""

    @server.get(f"{SCREEN_PATH}{{token}}")
    async def follow(request: Request, token: str) -> Response:
        try:
            async with entrance.open_database() as connection:
                screen = await find_screen(connection, token)
                if screen is None or screen.kind not in set(ScreenKind):
                    return refuse("screen", request)
                secret = await _open(entrance, connection, request, screen, token)
        except _RefusedError as refusal:
            return refuse(str(refusal), request)
        except DatabaseAwayError:
            return refuse("away", request, HTTPStatus.SERVICE_UNAVAILABLE)
        return _send_to_board(entrance, request, screen, secret)


async def _open(
    entrance: Entrance, connection: Connection, request: Request, screen: ScreenRow, link: str
) -> str | None:
    """Return the secret of a browser that opens a screen's link; None for one that keeps its own."""
    now = entrance.clock()
    if screen.revoked_at:
        raise _RefusedError("screen")
    if screen.reusable:
        return link
    # A television may have the link as its first page.
    if any(shown.id == screen.id for shown in current_visitor.get().screens):
        return None
    if screen.link_used_at:
        raise _RefusedError("screen_used")
    if screen.link_expires_at and screen.link_expires_at <= now:
        raise _RefusedError("screen_expired")
    secret = draw_token()
    if not await open_screen(connection, screen.id, secret, now):
        raise _RefusedError("screen_used")
    await add(
        connection,
        at=now,
        who=NOBODY,
        from_address=name_address(request),
        what=Action.SCREEN_OPENED,
        about=f"{screen.site}/screen {screen.id}",
        after={"kind": screen.kind, "name": screen.name},
        sites=[screen.site],
    )
    return secret


def _send_to_board(entrance: Entrance, request: Request, screen: ScreenRow, secret: str | None) -> Response:
    kind, lang = ScreenKind(screen.kind), request.query_params.get("lang")
    address = f"/{kind}/{screen.site}" + (f"?lang={lang}" if lang in LANGS else "")
    answer = RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    secure = entrance.origin.is_secure(request)
    give_screen(answer, request, kind, screen.site, secure=secure, token=secret)
    return answer
