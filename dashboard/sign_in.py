"""Signing in and out: a link becomes a session, and a page says how to get a link.

Owns the three routes and the plain page that they and the guard's refusals share, which needs
no script. The session ends when its link does.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template

from fastapi import FastAPI
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from config.texts import HTML_LANGS, LANGS, choose_lang, text
from dashboard.access import LINK_PATH, SESSION_COOKIE, AccessError, ExpiredError, Role, TicketBox

LANG_COOKIE = "bayboard_lang"

_PAGE = Template(Path(__file__).with_name("sign-in.html").read_text(encoding="utf-8"))
# What the page says: its title and the sentences below it.
_REFUSALS: Mapping[str, tuple[str, ...]] = {
    "needed": ("sign_in.needed_title", "sign_in.needed"),
    "invalid": ("sign_in.invalid_title", "sign_in.invalid"),
    "expired": ("sign_in.expired_title", "sign_in.expired"),
    "no_key": ("sign_in.no_key_title", "sign_in.no_key"),
    "managers_only": ("sign_in.managers_only_title", "sign_in.managers_only"),
}
_START = {Role.MANAGER: "/devices", Role.FOREMAN: "/"}


def choose_visit_lang(connection: HTTPConnection) -> str:
    """Return the language asked for in the address, else the one remembered, else the browser's own."""
    asked = connection.query_params.get("lang") or connection.cookies.get(LANG_COOKIE)
    if asked is None:
        asked = connection.headers.get("accept-language", "")[:2].lower()
    return choose_lang(asked)


def draw_refusal(key: str, connection: HTTPConnection) -> str:
    """Return the page that says why somebody is not let in, and what to do."""
    lang = choose_visit_lang(connection)
    title, sentence = _REFUSALS[key]
    command = {
        "no_key": 'export BAYBOARD_SECRET_KEY="$(openssl rand -hex 32)"',
        "managers_only": "bayboard access link --role manager",
    }.get(key, "bayboard access link")
    return _PAGE.substitute(
        lang=HTML_LANGS[lang],
        title=escape(text(lang, title)),
        sentence=escape(text(lang, sentence)),
        command=escape(command),
        walls=escape(text(lang, "sign_in.walls")),
        langs=" ".join(_draw_lang(other) for other in LANGS if other != lang),
    )


def _draw_lang(lang: str) -> str:
    words = escape(text(lang, "shell.lang"))
    return f'<a href="/sign-in?lang={lang}" lang="{HTML_LANGS[lang]}">{words}</a>'


def add_sign_in(
    server: FastAPI, *, links: TicketBox | None, sessions: TicketBox | None, clock: Callable[[], datetime]
) -> None:
    """Add the routes of signing in and out; without boxes they say that there is no key."""

    @server.get("/sign-in")
    async def explain(request: Request) -> Response:
        if links is None:
            return HTMLResponse(draw_refusal("no_key", request), HTTPStatus.SERVICE_UNAVAILABLE)
        return HTMLResponse(draw_refusal("needed", request))

    @server.get(f"{LINK_PATH}{{token}}")
    async def sign_in(request: Request, token: str) -> Response:
        if links is None or sessions is None:
            return HTMLResponse(draw_refusal("no_key", request), HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            ticket = links.read(token, clock())
        except AccessError as error:
            key = "expired" if isinstance(error, ExpiredError) else "invalid"
            return HTMLResponse(draw_refusal(key, request), HTTPStatus.FORBIDDEN)
        answer = RedirectResponse(_START[ticket.user.role], HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            SESSION_COOKIE,
            sessions.sign(ticket),
            expires=ticket.expires_at,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    @server.post("/sign-out")
    async def sign_out() -> Response:
        answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(SESSION_COOKIE)
        return answer
