"""The cookies that let somebody in: a session for people, one for each board a screen shows.

Owns their names and how long they last. A screen has a cookie for each kind of board and site,
so that one browser can hold several. No script and no other site can use any of them.
"""

from datetime import datetime

from starlette.requests import HTTPConnection
from starlette.responses import Response

from dashboard.access import SESSION_COOKIE, ScreenKind

# The longest that browsers keep a cookie; each page and each stream begins it anew.
_SCREEN_SECONDS = 400 * 24 * 3600
_MOST_SCREENS = 20


def give_session(answer: Response, ticket: str, expires_at: datetime, *, secure: bool) -> None:
    """Have a browser keep the session of somebody who signed in."""
    answer.set_cookie(
        SESSION_COOKIE, ticket, expires=expires_at, httponly=True, samesite="lax", secure=secure
    )


def take_session(answer: Response, *, secure: bool) -> None:
    """Have a browser forget its session."""
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax", secure=secure)


def give_screen(
    answer: Response,
    connection: HTTPConnection,
    kind: ScreenKind,
    site: str,
    *,
    secure: bool,
    token: str | None = None,
) -> None:
    """Have a screen keep its token, or go on keeping the one it has."""
    name = name_screen(kind, site)
    answer.set_cookie(
        name,
        token or connection.cookies.get(name, ""),
        max_age=_SCREEN_SECONDS,
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def name_screen(kind: ScreenKind, site: str) -> str:
    """Return the name of the cookie in which a screen keeps its token."""
    return f"{_prefix(kind)}{site}"


def list_tokens(connection: HTTPConnection) -> tuple[str, ...]:
    """Return the tokens of every screen that a browser is."""
    prefixes = tuple(map(_prefix, ScreenKind))
    tokens = [value for name, value in connection.cookies.items() if name.startswith(prefixes)]
    return tuple(tokens[:_MOST_SCREENS])


def _prefix(kind: ScreenKind) -> str:
    return f"bayboard_{kind}_"
