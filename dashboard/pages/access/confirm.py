"""A manager gives the own password before accounts are changed: a browser that was left open changes none.

It counts for some minutes of one session. Signing in counts, too. A session of a link has no password,
and was given by a command on the server; people of the company's own sign-in sign in again instead.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from dash import Input, Output, State, no_update

from config.texts import text
from dashboard.access.attempts import TooManyError, WrongError, try_sign_in
from dashboard.access.identity import Visit, current_visit
from dashboard.access.trail import note
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from dashboard.figures.kit.banner import draw_database_away, draw_wrong
from dashboard.office.app import OfficeApp
from models.domain.access.audit import Action
from models.queries.access.sessions import confirm_session, hash_session, read_session

COUNTS_FOR = timedelta(minutes=10)
MINUTES = int(COUNTS_FOR.total_seconds()) // 60


class UnconfirmedError(Exception):
    """The own password was not given lately; the message is the sentence to say."""


async def check_confirmed(connection: Connection, visit: Visit, now: datetime) -> None:
    """Raise UnconfirmedError unless the person of this session gave the password lately."""
    if not await is_confirmed(connection, visit, now):
        key = "accounts.confirm_first" if _has_password(visit) else "accounts.confirm_again"
        raise UnconfirmedError(text(visit.lang, key, minutes=MINUTES))


async def is_confirmed(connection: Connection, visit: Visit, now: datetime) -> bool:
    """Say whether the person of this session gave the password lately."""
    if visit.user.account is None:
        return True
    session = await read_session(connection, hash_session(visit.session)) if visit.session else None
    return session is not None and now - session.confirmed_at < COUNTS_FOR


def _has_password(visit: Visit) -> bool:
    return visit.user.account == visit.user.label


class ConfirmForm:
    """The form, which is there while the password is needed."""

    def __init__(self, app: OfficeApp, open_database: OpenDatabase, clock: Callable[[], datetime]) -> None:
        self._open_database = open_database
        self._clock = clock
        app.callback(
            Output("accounts-own", "value"),
            Output("accounts-own-wrong", "children"),
            Output("accounts-changed", "data", allow_duplicate=True),
            Input("accounts-confirm", "n_clicks"),
            State("accounts-own", "value"),
            prevent_initial_call=True,
        )(self._confirm)

    async def _confirm(self, clicks: int | None, password: str | None) -> tuple[Any, ...]:
        visit, now = current_visit.get(), self._clock()
        account = visit.user.account
        if not clicks or account is None or visit.session is None:
            return (no_update,) * 3
        try:
            async with self._open_database() as connection:
                try:
                    await try_sign_in(connection, account, password or "", visit.address, now)
                except (WrongError, TooManyError):
                    await note(connection, Action.SIGN_IN_FAILED, now, about=account, sites=visit.user.sites)
                    raise
                await confirm_session(connection, hash_session(visit.session), now)
        except WrongError:
            return "", draw_wrong(text(visit.lang, "accounts.wrong_password")), no_update
        except TooManyError as error:
            said = text(visit.lang, "sign_in.too_many", minutes=error.minutes)
            return "", draw_wrong(said), no_update
        except DatabaseAwayError:
            return "", draw_database_away(visit.lang), no_update
        return "", None, now.isoformat()
