"""The cookies that let somebody in: a session for people, one for each board a screen shows.

Owns their names and how long they last. A screen has a cookie for each kind of board and site,
so that one browser can hold several. No script and no other site can use any of them. Over https their names
begin with `__Host-`, which no page of another host of the domain and nothing over http can set.
"""

from datetime import datetime, timedelta

from starlette.requests import HTTPConnection
from starlette.responses import Response

from dashboard.access.identity import SESSION_COOKIE, ScreenKind

# A browser between password and one-time code.
HALFWAY_COOKIE = "bayboard_halfway"
HALFWAY_SECONDS = 600
# A browser in which an account signed in before.
KNOWN_COOKIE = "bayboard_known"
KNOWN_LASTS = timedelta(days=400)

# The longest that browsers keep a cookie; each page and each stream begins it anew.
_SCREEN_SECONDS = 400 * 24 * 3600
_MOST_SCREENS = 20
_SAFE = "__Host-"


def give_session(answer: Response, ticket: str, expires_at: datetime, *, secure: bool) -> None:
    """Have a browser keep the session of somebody who signed in."""
    answer.set_cookie(
        name_session(secure=secure),
        ticket,
        expires=expires_at,
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def take_session(answer: Response, *, secure: bool) -> None:
    """Have a browser forget its session."""
    answer.delete_cookie(name_session(secure=secure), httponly=True, samesite="lax", secure=secure)


def name_session(*, secure: bool) -> str:
    """Return the name of the session's cookie."""
    return name_cookie(SESSION_COOKIE, secure=secure)


def name_cookie(name: str, *, secure: bool) -> str:
    """Return the whole name of a cookie."""
    return f"{_SAFE * secure}{name}"


def give_halfway(answer: Response, ticket: str, *, secure: bool) -> None:
    """Have a browser keep that the password was right, until the one-time code is given."""
    answer.set_cookie(
        name_cookie(HALFWAY_COOKIE, secure=secure),
        ticket,
        max_age=HALFWAY_SECONDS,
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def take_halfway(answer: Response, *, secure: bool) -> None:
    """Have a browser forget that it was between password and one-time code."""
    answer.delete_cookie(
        name_cookie(HALFWAY_COOKIE, secure=secure), httponly=True, samesite="lax", secure=secure
    )


def give_known(answer: Response, ticket: str, *, secure: bool) -> None:
    """Have a browser keep that an account signed in here."""
    answer.set_cookie(
        name_cookie(KNOWN_COOKIE, secure=secure),
        ticket,
        max_age=int(KNOWN_LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=secure,
    )


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
    kept = connection.cookies.get(f"{_SAFE}{name}", "") or connection.cookies.get(name, "")
    answer.set_cookie(
        f"{_SAFE * secure}{name}",
        token or kept,
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
    # Screens from before the board had https show the plain name, and are given the other one.
    tokens = dict.fromkeys(
        value for name, value in connection.cookies.items() if name.removeprefix(_SAFE).startswith(prefixes)
    )
    return tuple(tokens)[:_MOST_SCREENS]


def _prefix(kind: ScreenKind) -> str:
    return f"bayboard_{kind}_"
