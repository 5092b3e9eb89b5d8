"""Being somebody at a running dashboard: a session as a link would have given it.

Owns the key that dashboards of tests are started with. A session of this kind needs no database,
so that tests may take that away.
"""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page

from dashboard.access.identity import SESSION_COOKIE, Role, Ticket, User, session_box

KEY = "a key of thirty-two characters, at least"
_LASTS = timedelta(days=2)


def sign_session(*sites: str, role: Role = Role.MANAGER, key: str = KEY) -> dict[str, str]:
    """Return the cookie of somebody signed in for these sites, or for every site."""
    ticket = Ticket(User(role, sites or None), datetime.now(UTC) + _LASTS)
    return {SESSION_COOKIE: session_box(key).sign(ticket)}


def let_in(page: Page, address: str, *sites: str, role: Role = Role.MANAGER) -> None:
    """Have a browser be signed in at a dashboard that was started with KEY."""
    [(name, value)] = sign_session(*sites, role=role).items()
    page.context.add_cookies([{"name": name, "value": value, "url": address}])
