"""Replaying and discarding refused messages, one or many, from the page `/quarantine`.

Owns the callbacks that change something, and what the page then watches. Replaying is ingest's
work: the page only asks for it. Whatever numbers a browser sends, only messages of the user's
own sites are touched.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

import msgspec
from dash import Dash, Input, Output, State, ctx, no_update

from config.texts import text
from dashboard.access.identity import User, current_visit
from dashboard.access.trail import note
from dashboard.database import Connection, DatabaseAwayError, OpenDatabase
from dashboard.figures.quarantine.table import Action
from dashboard.pages.quarantine.filter import read_address
from models.domain.access import audit
from models.queries.quarantine.messages import (
    QuarantineFilter,
    count_quarantine,
    discard,
    find_ids,
    request_replay,
)

_Props = Mapping[str, Any]
# The numbers that an entry of the audit trail names; of more it keeps how many.
_NAMED_IN_AUDIT = 50


class Watched(msgspec.Struct, frozen=True):
    """What somebody asked for last, so that the page can say what became of it."""

    action: Action = Action.NOTHING
    ids: tuple[int, ...] = ()
    asked_at: datetime | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> Self:
        """Return what the browser kept; nothing if that makes no sense."""
        try:
            return msgspec.convert(stored or {}, cls)
        except msgspec.ValidationError:
            return cls()

    def tried(self, quarantined_id: int) -> bool:
        """Say whether a replay of this message was asked for."""
        return self.action is Action.REPLAY and quarantined_id in self.ids


class _Choice(msgspec.Struct, frozen=True):
    """Which messages are meant: by number, or all that an address finds."""

    ids: tuple[int, ...] = ()
    search: str | None = None

    def find(self, user: User, now: datetime) -> QuarantineFilter:
        if self.search is not None:
            return read_address(self.search).find(user, now)
        return QuarantineFilter(status=None, sites=user.sites, ids=self.ids)


def _choose(
    button: object, selected: Sequence[Mapping[str, Any]] | None, every: bool, number: int | None, search: str
) -> _Choice:
    """Return what a button of the drawer or of the table means."""
    if str(button).endswith("-one"):
        return _Choice(ids=(number,) if number else ())
    if every:
        return _Choice(search=search)
    return _Choice(ids=tuple(int(row["id"]) for row in selected or ()))


def register_actions(app: Dash, open_database: OpenDatabase, clock: Callable[[], datetime]) -> None:
    """Add the callbacks of the buttons."""
    chosen = [
        State("quarantine-grid", "selectedRows"),
        State("quarantine-every", "checked"),
        State("quarantine-open", "data"),
        State("quarantine-url", "search"),
    ]

    @app.callback(
        Output("quarantine-replay", "disabled"),
        Output("quarantine-discard", "disabled"),
        Output("quarantine-selected", "children"),
        Input("quarantine-grid", "selectedRows"),
        Input("quarantine-every", "checked"),
    )
    async def show_choice(selected: list[Any] | None, every: bool) -> tuple[bool, bool, str]:
        none = not selected and not every
        words = text(current_visit.get().lang, "quarantine.selected", count=len(selected or ()))
        return none, none, "" if none or every else words

    @app.callback(
        output={
            "opened": Output("quarantine-question", "opened"),
            "title": Output("quarantine-question", "title"),
            "doomed": Output("quarantine-doomed", "data"),
        },
        inputs=[
            Input("quarantine-discard", "n_clicks"),
            Input("quarantine-discard-one", "n_clicks"),
            Input("quarantine-keep", "n_clicks"),
            Input("quarantine-confirm", "n_clicks"),
            *chosen,
        ],
        prevent_initial_call=True,
    )
    async def ask(_all: int, _one: int, _keep: int, _confirm: int, *given: Any) -> _Props:
        if not _is_press():
            return {"opened": no_update, "title": no_update, "doomed": no_update}
        if ctx.triggered_id in {"quarantine-keep", "quarantine-confirm"}:
            return {"opened": False, "title": no_update, "doomed": no_update}
        choice = _choose(ctx.triggered_id, *given)
        visit = current_visit.get()
        try:
            async with open_database() as connection:
                count = await count_quarantine(connection, choice.find(visit.user, clock()))
        except DatabaseAwayError:
            return {"opened": no_update, "title": no_update, "doomed": no_update}
        key = "quarantine.discard_one" if count == 1 else "quarantine.discard_many"
        title = text(visit.lang, key, count=f"{count:,}")
        return {"opened": True, "title": title, "doomed": msgspec.to_builtins(choice)}

    @app.callback(
        output={
            "watched": Output("quarantine-watched", "data"),
            "selected": Output("quarantine-grid", "selectedRows"),
            "every": Output("quarantine-every", "checked"),
        },
        inputs=[
            Input("quarantine-replay", "n_clicks"),
            Input("quarantine-replay-one", "n_clicks"),
            Input("quarantine-confirm", "n_clicks"),
            State("quarantine-doomed", "data"),
            *chosen,
        ],
        prevent_initial_call=True,
    )
    async def act(_all: int, _one: int, _confirm: int, doomed: dict[str, Any] | None, *given: Any) -> _Props:
        if not _is_press():
            return {"watched": no_update, "selected": no_update, "every": no_update}
        is_discard = ctx.triggered_id == "quarantine-confirm"
        choice = msgspec.convert(doomed, _Choice) if is_discard else _choose(ctx.triggered_id, *given)
        now = clock()
        try:
            async with open_database() as connection:
                which = choice.find(current_visit.get().user, now)
                watched = await _do(connection, Action.DISCARD if is_discard else Action.REPLAY, which, now)
        except DatabaseAwayError:
            failed = Watched(Action.NOTHING, asked_at=now)
            return {"watched": msgspec.to_builtins(failed), "selected": no_update, "every": no_update}
        return {"watched": msgspec.to_builtins(watched), "selected": [], "every": False}


async def _do(connection: Connection, action: Action, which: QuarantineFilter, now: datetime) -> Watched:
    """Do what was asked for to the messages that a filter means."""
    ids = await find_ids(connection, which)
    await (discard if action is Action.DISCARD else request_replay)(connection, ids)
    if ids:
        what = (
            audit.Action.QUARANTINE_DISCARDED
            if action is Action.DISCARD
            else audit.Action.QUARANTINE_REPLAYED
        )
        after = {"messages": len(ids), "ids": list(ids[:_NAMED_IN_AUDIT])}
        sites = current_visit.get().user.sites
        await note(connection, what, now, about="quarantine", after=after, sites=sites)
    return Watched(action, tuple(ids), now)


def _is_press() -> bool:
    """Say whether a button was pressed; Dash calls also when a page with buttons appears."""
    return bool(ctx.triggered and ctx.triggered[0]["value"])
