"""The page `/accounts`: who may sign in, as what, and for which sites.

Owns the list, and adding, disabling and giving new passwords; `account_rights` says to whom.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.attempts import is_name, tidy_name
from dashboard.access.identity import Role, Visit, current_visit
from dashboard.access.passwords import draw_password, hash_password
from dashboard.access.trail import note
from dashboard.database import DatabaseAwayError, OpenDatabase
from dashboard.figures.access.form import draw_account_form, draw_confirm, draw_rights_dialog
from dashboard.figures.access.tables import draw_accounts
from dashboard.figures.kit.banner import draw_database_away, draw_empty, draw_wrong
from dashboard.figures.kit.dialog import draw_question, draw_shown_once
from dashboard.office.app import OfficeApp
from dashboard.pages.access.confirm import (
    MINUTES,
    ConfirmForm,
    UnconfirmedError,
    check_confirmed,
    is_confirmed,
)
from dashboard.pages.access.rights import RightsDialog, choose_sites, find_changeable, may_change
from models.domain.access.audit import Action
from models.queries.access.accounts import (
    AccountError,
    add_account,
    disable_account,
    enable_account,
    read_accounts,
    set_password,
)

_REFRESH_MS = 5000


class AccountsPage:
    """The layout of the page and its callbacks."""

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
        RightsDialog(app, workshop, open_database, clock)
        ConfirmForm(app, open_database, clock)
        shown = [
            Output("accounts-shown", "opened", allow_duplicate=True),
            Output("accounts-shown", "title", allow_duplicate=True),
            Output("accounts-password", "value", allow_duplicate=True),
            Output("accounts-changed", "data", allow_duplicate=True),
            Output("accounts-wrong", "children", allow_duplicate=True),
        ]
        app.callback(
            Output("accounts-table", "children"),
            Output("accounts-notice", "children"),
            Output("accounts", "className"),
            Output("accounts-confirming", "hidden"),
            Input("accounts-tick", "n_intervals"),
            Input("accounts-changed", "data"),
        )(self._refresh)
        app.callback(
            *shown,
            Input("accounts-add", "n_clicks"),
            State("accounts-name", "value"),
            State("accounts-role", "value"),
            State("accounts-sites", "value"),
            prevent_initial_call=True,
        )(self._add)
        app.callback(
            *shown,
            Input({"type": "account-password", "which": ALL}, "n_clicks"),
            prevent_initial_call=True,
        )(self._give_password)
        app.callback(
            Output("accounts-question", "opened"),
            Output("accounts-question", "title"),
            Output("accounts-doomed", "data"),
            Input({"type": "account-disable", "which": ALL}, "n_clicks"),
            Input("accounts-keep", "n_clicks"),
            prevent_initial_call=True,
        )(self._ask)
        app.callback(
            Output("accounts-question", "opened", allow_duplicate=True),
            Output("accounts-changed", "data", allow_duplicate=True),
            Output("accounts-notice", "children", allow_duplicate=True),
            Input("accounts-disable", "n_clicks"),
            Input({"type": "account-enable", "which": ALL}, "n_clicks"),
            State("accounts-doomed", "data"),
            prevent_initial_call=True,
        )(self._switch)

    def layout(self, visit: Visit, _search: str) -> Component:
        """Draw the page without its data."""
        lang, sites = visit.lang, [site for site in self._workshop.sites if visit.user.may_see(site.key)]
        every = visit.user.sites is None
        return html.Div(
            [
                html.H1(text(lang, "shell.accounts")),
                html.P(text(lang, "accounts.lead"), className="lead"),
                draw_confirm(MINUTES, lang),
                draw_account_form(sites, may_give_every=every, lang=lang),
                html.Div(id="accounts-wrong"),
                html.Div(id="accounts-notice"),
                html.Div(id="accounts-table"),
                _draw_password(lang),
                _draw_question(lang),
                draw_rights_dialog(sites, may_give_every=every, lang=lang),
                dcc.Store(id="accounts-changed"),
                dcc.Store(id="rights-account"),
                dcc.Store(id="accounts-doomed"),
                dcc.Interval(id="accounts-tick", interval=_REFRESH_MS),
            ],
            id="accounts",
            className="loading",
        )

    async def _refresh(self, _ticks: int, _changed: str) -> tuple[Any, ...]:
        visit = current_visit.get()
        lang, user = visit.lang, visit.user
        try:
            async with self._open_database() as connection:
                confirmed = await is_confirmed(connection, visit, self._clock())
                accounts = [row for row in await read_accounts(connection) if may_change(user, row)]
        except DatabaseAwayError:
            return no_update, draw_database_away(lang), no_update, no_update
        if not accounts:
            title, words = text(lang, "accounts.empty_title"), text(lang, "accounts.empty")
            return draw_empty(title, words), None, "without-data", confirmed
        table = draw_accounts(accounts, user.account, self._workshop, self._clock(), lang)
        return table, None, "with-data", confirmed

    async def _add(
        self, clicks: int | None, name: str | None, role: str, sites: Sequence[str] | None
    ) -> tuple[Any, ...]:
        visit = current_visit.get()
        lang, now, name = visit.lang, self._clock(), tidy_name(name or "")
        if not clicks:
            return (no_update,) * 5
        if not is_name(name) or role not in set(Role):
            return _say_wrong(text(lang, "accounts.wrong_name"))
        password = draw_password()
        hashed = await asyncio.to_thread(hash_password, password)
        try:
            chosen = choose_sites(visit.user, self._workshop, sites)
            async with self._open_database() as connection:
                await check_confirmed(connection, visit, now)
                await add_account(connection, name, hashed, Role(role), chosen, now)
                rights = {"role": role, "sites": chosen}
                await note(connection, Action.ACCOUNT_ADDED, now, about=name, after=rights, sites=chosen)
        except LookupError:
            return _say_wrong(text(lang, "accounts.no_site"))
        except (UnconfirmedError, AccountError) as error:
            taken = text(lang, "accounts.taken", name=name)
            return _say_wrong(taken if isinstance(error, AccountError) else str(error))
        except DatabaseAwayError:
            return no_update, no_update, no_update, no_update, draw_database_away(lang)
        return True, text(lang, "accounts.password_title", name=name), password, now.isoformat(), None

    async def _give_password(self, _clicks: Sequence[int | None]) -> tuple[Any, ...]:
        visit = current_visit.get()
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return (no_update,) * 5
        name, now, password = str(ctx.triggered_id["which"]), self._clock(), draw_password()
        if name == visit.user.account:
            # The own password is changed with the current one, on the page of the own account.
            return _say_wrong(text(visit.lang, "accounts.no_such"))
        hashed = await asyncio.to_thread(hash_password, password)
        try:
            async with self._open_database() as connection:
                await check_confirmed(connection, visit, now)
                account = await find_changeable(connection, visit.user, name)
                if account is None:
                    return _say_wrong(text(visit.lang, "accounts.no_such"))
                await set_password(connection, name, hashed, given_by=visit.who, now=now)
                await note(connection, Action.PASSWORD_GIVEN, now, about=name, sites=account.sites)
        except (UnconfirmedError, AccountError) as error:
            return _say_wrong(str(error))
        except DatabaseAwayError:
            return no_update, no_update, no_update, no_update, draw_database_away(visit.lang)
        title = text(visit.lang, "accounts.password_title", name=name)
        return True, title, password, now.isoformat(), None

    async def _ask(self, _disable: Sequence[int | None], _keep: int | None) -> tuple[Any, ...]:
        pressed = ctx.triggered_id
        if pressed == "accounts-keep":
            return False, no_update, None
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return no_update, no_update, no_update
        name = pressed["which"]
        return True, text(current_visit.get().lang, "accounts.disable_title", name=name), name

    async def _switch(
        self, _disable: int | None, _enable: Sequence[int | None], doomed: str | None
    ) -> tuple[Any, ...]:
        """Disable the account that was asked about, or enable the one whose button was pressed."""
        visit, now = current_visit.get(), self._clock()
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return no_update, no_update, no_update
        enabling = ctx.triggered_id != "accounts-disable"
        name = str(ctx.triggered_id["which"]) if enabling else str(doomed)
        try:
            async with self._open_database() as connection:
                if enabling:
                    await check_confirmed(connection, visit, now)
                account = await find_changeable(connection, visit.user, name)
                if account and name != visit.user.account:
                    await (
                        enable_account(connection, name)
                        if enabling
                        else disable_account(connection, name, now)
                    )
                    what = Action.ACCOUNT_ENABLED if enabling else Action.ACCOUNT_DISABLED
                    await note(connection, what, now, about=name, sites=account.sites)
        except UnconfirmedError as error:
            return False, no_update, draw_wrong(str(error))
        except AccountError:
            return False, now.isoformat(), no_update  # somebody else was quicker
        except DatabaseAwayError:
            return False, no_update, draw_database_away(visit.lang)
        return False, now.isoformat(), no_update


def _say_wrong(words: str) -> tuple[Any, ...]:
    return no_update, no_update, no_update, no_update, draw_wrong(words)


def _draw_password(lang: str) -> Component:
    return draw_shown_once(
        "accounts-shown",
        "accounts-password",
        label=text(lang, "sign_in.password"),
        words=text(lang, "accounts.password"),
        close=text(lang, "accounts.close"),
    )


def _draw_question(lang: str) -> Component:
    return draw_question(
        "accounts",
        "disable",
        means=text(lang, "accounts.disable_means"),
        keep=text(lang, "accounts.keep"),
        act=text(lang, "accounts.disable"),
        close=text(lang, "accounts.close"),
    )
