"""What a manager may do to whose account, and the dialog that changes an account's role and workshops.

A manager changes only accounts whose every site is the manager's own, and gives no site away that
is not. Nobody changes the own account, and the company says what its own accounts may do.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from dash import ALL, Input, Output, State, ctx, no_update

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import Role, User, current_visit
from dashboard.access.trail import note
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from dashboard.figures.access.form import EVERY_SITE
from dashboard.figures.kit.banner import draw_database_away, draw_wrong
from dashboard.office.app import OfficeApp
from dashboard.pages.access.confirm import UnconfirmedError, check_confirmed
from models.domain.access.audit import Action
from models.domain.access.people import AccountRow
from models.queries.access.accounts import AccountError, change_rights, read_account


def may_change(user: User, account: AccountRow) -> bool:
    """Say whether a manager may do something to an account: it must see no more than the manager does."""
    if user.sites is None:
        return True
    return account.sites is not None and set(account.sites) <= set(user.sites)


async def find_changeable(connection: Connection, user: User, name: str) -> AccountRow | None:
    """Return an account if a manager may do something to it."""
    account = await read_account(connection, name)
    return account if account and may_change(user, account) else None


def choose_sites(user: User, workshop: Workshop, asked: Sequence[str] | None) -> list[str] | None:
    """Return the sites that were asked for and are a manager's to give; None is every site.

    Raises LookupError when none was chosen, or every site by a manager who may not give it.
    """
    if EVERY_SITE in (asked or ()):
        if user.sites is None:
            return None
        raise LookupError("every site is not this manager's to give")
    chosen = [site.key for site in workshop.sites if user.may_see(site.key) and site.key in (asked or ())]
    if not chosen:
        raise LookupError("no site was chosen")
    return chosen


class RightsDialog:
    """Opens for an account, filled with what it may do now, and saves what it may do from now on."""

    def __init__(
        self,
        app: OfficeApp,
        workshop: Workshop,
        open_database: OpenDatabase,
        clock: Callable[[], datetime],
    ) -> None:
        self._workshop = workshop
        self._open_database = open_database
        self._clock = clock
        app.callback(
            Output("rights", "opened"),
            Output("rights", "title"),
            Output("rights-role", "value"),
            Output("rights-sites", "value"),
            Output("rights-account", "data"),
            Output("rights-wrong", "children"),
            Input({"type": "account-change", "which": ALL}, "n_clicks"),
            prevent_initial_call=True,
        )(self._open)
        app.callback(
            Output("rights", "opened", allow_duplicate=True),
            Output("rights-wrong", "children", allow_duplicate=True),
            Output("accounts-changed", "data", allow_duplicate=True),
            Input("rights-save", "n_clicks"),
            State("rights-account", "data"),
            State("rights-role", "value"),
            State("rights-sites", "value"),
            prevent_initial_call=True,
        )(self._save)

    async def _open(self, _clicks: Sequence[int | None]) -> tuple[Any, ...]:
        visit = current_visit.get()
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return (no_update,) * 6
        try:
            async with self._open_database() as connection:
                account = await find_changeable(connection, visit.user, str(ctx.triggered_id["which"]))
        except DatabaseAwayError:
            account = None  # the page itself says so
        if account is None:
            return (no_update,) * 6
        title = text(visit.lang, "accounts.change_title", name=account.label)
        # Of a role that this version does not know, the form offers the one with the fewest rights.
        role = account.role if account.role in set(Role) else Role.FOREMAN
        sites = [EVERY_SITE] if account.sites is None else list(account.sites)
        return True, title, role, sites, account.name, None

    async def _save(
        self, clicks: int | None, name: str | None, role: str, sites: Sequence[str] | None
    ) -> tuple[Any, ...]:
        visit, now = current_visit.get(), self._clock()
        if not clicks or not name or name == visit.user.account or role not in set(Role):
            return no_update, no_update, no_update
        try:
            chosen = choose_sites(visit.user, self._workshop, sites)
            async with self._open_database() as connection:
                await check_confirmed(connection, visit, now)
                if account := await find_changeable(connection, visit.user, name):
                    await change_rights(connection, name, Role(role), chosen)
                    await note(
                        connection,
                        Action.ACCOUNT_RIGHTS_CHANGED,
                        now,
                        about=name,
                        before={"role": account.role, "sites": account.sites},
                        after={"role": role, "sites": chosen},
                        sites=chosen,
                    )
        except UnconfirmedError as error:
            return no_update, draw_wrong(str(error)), no_update
        except LookupError:
            return no_update, draw_wrong(text(visit.lang, "accounts.no_site")), no_update
        except AccountError:
            return False, None, now.isoformat()  # somebody else was quicker
        except DatabaseAwayError:
            return no_update, draw_database_away(visit.lang), no_update
        return False, None, now.isoformat()
