"""The page `/audit`: who did what, from where, before and after; filtered, by pages, and as a file.

A manager sees the entries that are about the manager's own sites alone. The address holds no filter.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from dash import Input, Output, State, ctx, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import User, Visit, current_visit
from dashboard.access.trail import note
from dashboard.database import DatabaseAwayError, OpenDatabase
from dashboard.figures.access.audit import draw_entries, draw_page, list_rows, say_found
from dashboard.figures.kit.banner import draw_database_away, draw_empty
from dashboard.office.app import OfficeApp
from dashboard.office.export import Table, pack, write_csv, write_excel
from dashboard.pages.quarantine.filter import SINCE
from models.domain.access.audit import Action
from models.queries.access.trail import AuditFilter, count_audit, read_actors, read_audit

_PAGE = 100
_MOST_EXPORTED = 20_000
_FILTERS = ("who", "what", "about", "since")


class AuditPage:
    """The layout of the page and its callbacks."""

    def __init__(
        self, app: OfficeApp, workshop: Workshop, open_database: OpenDatabase, clock: Callable[[], datetime]
    ) -> None:
        self._workshop = workshop
        self._open_database = open_database
        self._clock = clock
        filters = [Input(f"audit-{name}", "value") for name in _FILTERS]
        app.callback(
            Output("audit-entries", "children"),
            Output("audit-found", "children"),
            Output("audit-notice", "children"),
            Output("audit-who", "data"),
            Output("audit-offset", "data"),
            Output("audit-newer", "disabled"),
            Output("audit-older", "disabled"),
            Output("audit", "className"),
            *filters,
            Input("audit-newer", "n_clicks"),
            Input("audit-older", "n_clicks"),
            State("audit-offset", "data"),
        )(self._show)
        app.callback(
            Output("audit-file", "data"),
            Input("audit-csv", "n_clicks"),
            Input("audit-excel", "n_clicks"),
            *(State(f"audit-{name}", "value") for name in _FILTERS),
            prevent_initial_call=True,
        )(self._export)

    def layout(self, visit: Visit, _search: str) -> Component:
        """Draw the page without its data."""
        return draw_page(list(SINCE), visit.lang)

    async def _show(
        self,
        who: str | None,
        what: Sequence[str] | None,
        about: str | None,
        since: str | None,
        _newer: int | None,
        _older: int | None,
        offset: int | None,
    ) -> tuple[Any, ...]:
        visit, now = current_visit.get(), self._clock()
        which = _make_filter(visit.user, who, what, about, since, now)
        steps = {"audit-newer": -_PAGE, "audit-older": _PAGE}
        # Another filter begins at the newest entry.
        start = max(0, (offset or 0) + steps[ctx.triggered_id]) if ctx.triggered_id in steps else 0
        try:
            async with self._open_database() as connection:
                found = await count_audit(connection, which)
                start = min(start, max(0, found - 1) // _PAGE * _PAGE)
                entries = await read_audit(connection, which, limit=_PAGE, offset=start)
                actors = await read_actors(connection, visit.user.sites)
        except DatabaseAwayError:
            return no_update, no_update, draw_database_away(visit.lang), *(no_update,) * 5
        if not entries:
            empty = draw_empty(text(visit.lang, "audit.empty_title"), text(visit.lang, "audit.empty"))
            return empty, "", None, actors, 0, True, True, "without-data"
        table = draw_entries(entries, self._workshop, visit.user.sites, visit.lang)
        words = say_found(found, start, len(entries), visit.lang)
        last = start + len(entries) >= found
        return table, words, None, actors, start, start == 0, last, "with-data"

    async def _export(
        self,
        _csv: int | None,
        _excel: int | None,
        who: str | None,
        what: Sequence[str] | None,
        about: str | None,
        since: str | None,
    ) -> Any:
        visit, now = current_visit.get(), self._clock()
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            return no_update
        form = "csv" if ctx.triggered_id == "audit-csv" else "xlsx"
        which = _make_filter(visit.user, who, what, about, since, now)
        try:
            async with self._open_database() as connection:
                entries = await read_audit(connection, which, limit=_MOST_EXPORTED)
                about, after = f"audit.{form}", {"rows": len(entries)}
                await note(connection, Action.EXPORTED, now, about=about, after=after, sites=visit.user.sites)
        except DatabaseAwayError:
            return no_update
        table = list_rows(entries, visit.lang)
        return await asyncio.to_thread(_write, table, form)


def _write(table: Table, form: str) -> dict[str, Any]:
    content = write_csv(table) if form == "csv" else write_excel(table, "audit")
    return pack(content, f"bayboard-audit.{form}")


def _make_filter(
    user: User,
    who: str | None,
    what: Sequence[str] | None,
    about: str | None,
    since: str | None,
    now: datetime,
) -> AuditFilter:
    """Return the filter of a form; what is not understood is not asked for."""
    chosen = tuple(Action(each) for each in what or () if each in set(Action))
    begins = now - SINCE[since] if since and since in SINCE else None
    part = (about or "").replace("\0", "").strip()
    return AuditFilter(
        user.sites, (who or "").replace("\0", "") or None, chosen or None, part or None, begins
    )
