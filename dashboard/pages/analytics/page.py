"""The pages below `/analytics`: where the time goes, what holds the shop back, and who differs.

Owns the callbacks: filters and address are kept the same, the address makes the view, a click leads to
the orders behind it, and tables leave as files. Whoever asks for a site of others is refused.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import Visit, current_visit
from dashboard.database import DatabaseAwayError, OpenDatabase
from dashboard.figures.analytics.words import name_job
from dashboard.figures.kit.banner import draw_database_away, draw_empty, draw_wrong
from dashboard.figures.kit.chart import GRAPH_TYPE
from dashboard.office.export import register_exports
from dashboard.office.whatif import WhatIf
from dashboard.pages.analytics.filter import CUSTOM, DEFAULT_SPAN, Asked, read_address
from dashboard.pages.analytics.layout import address_of, draw_page, draw_tabs, find_view
from dashboard.pages.analytics.question import Question
from dashboard.pages.analytics.views import VIEWS
from dashboard.pages.analytics.whatif import register_what_if
from models.queries.analytics.overview import prepare, read_names

_Props = Mapping[str, Any]
_LISTS = ("sites", "job_types", "bays", "technicians")
_WORDS = ("span", "since", "until", "stage")
_SHOWN = {
    "view": Output("analytics-view", "children"),
    "notice": Output("analytics-notice", "children"),
    "tabs": Output("analytics-tabs", "children"),
    "state": Output("analytics", "className"),
    "job_types": Output("analytics-job_types", "data"),
    "technicians": Output("analytics-technicians", "data"),
    "tries": Output("analytics-again", "max_intervals"),
}


class AnalyticsPages:
    """The layouts of all views and the callbacks that fill them."""

    def __init__(
        self,
        app: Dash,
        workshop: Workshop,
        open_database: OpenDatabase,
        clock: Callable[[], datetime],
        what_if: WhatIf | None = None,
    ) -> None:
        self._what_if = what_if
        self._workshop = workshop
        self._open_database = open_database
        self._clock = clock
        filters = {name: f"analytics-{name}" for name in (*_WORDS, *_LISTS)}
        app.callback(
            output={"search": Output("analytics-url", "search")}
            | {f"{name}_style": Output(f"analytics-{name}", "style") for name in ("since", "until")}
            | {name: Output(component, "value") for name, component in filters.items()},
            inputs={"search": Input("analytics-url", "search")}
            | {name: Input(component, "value") for name, component in filters.items()},
            prevent_initial_call=True,
        )(_steer)
        app.callback(
            output=_SHOWN,
            inputs=[
                Input("analytics-url", "search"),
                Input("analytics-again", "n_intervals"),
                State("url", "pathname"),
            ],
            running=[(Output("analytics-view", "aria-busy"), "true", "false")],
        )(self._show)
        app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash
            # Without an output it would not be called for a page that opens.
            ClientsideFunction("analytics", "load"),
            Output("analytics-view", "data-loaded"),
            Input("analytics-url", "search"),
        )
        app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash
            ClientsideFunction("analytics", "follow"),
            Output("url", "href"),
            Input({"type": GRAPH_TYPE, "name": ALL}, "clickData"),
            prevent_initial_call=True,
        )
        register_exports(app, open_database, clock)
        register_what_if(app, workshop, what_if, clock)

    def layouts(self) -> dict[str, Callable[[Visit, str], Component]]:
        """Return what draws each address without its data."""
        found: dict[str, Callable[[Visit, str], Component]] = {
            address_of(view): partial(self._layout, view) for view in VIEWS
        }
        return {"/analytics": found[address_of("overview")], **found}

    def _layout(self, view: str, visit: Visit, search: str) -> Component:
        return draw_page(visit, self._workshop, view, read_address(search), search)

    async def _show(self, search: str, tries: int | None, pathname: str) -> _Props:
        unchanged = dict.fromkeys(_SHOWN, no_update)
        visit, asked, view = current_visit.get(), read_address(search), find_view(pathname)
        selection = asked.select(visit.user, self._workshop, self._clock())
        if selection is None:
            return self._say_nothing(asked, view, visit, "not_yours")
        question = Question(asked, selection, self._workshop, self._clock(), visit.lang, self._what_if)
        try:
            async with self._open_database() as connection:
                await prepare(connection, selection)
                drawn = await VIEWS[view](connection, question)
                job_types, technicians = await read_names(connection, selection)
        except DatabaseAwayError:
            return {**unchanged, "notice": draw_database_away(visit.lang), "tries": (tries or 0) + 1}
        if not drawn:
            return self._say_nothing(asked, view, visit, "nothing")
        wrong = asked.find_days(selection.since) is None
        return {
            **unchanged,
            "view": drawn,
            "notice": draw_wrong(text(visit.lang, "analytics.wrong_days")) if wrong else None,
            "tabs": draw_tabs(view, asked, visit.lang),
            "state": "with-data",
            "job_types": [
                {"value": each, "label": name_job(each, visit.lang)}
                for each in sorted({*job_types, *asked.job_types})
            ],
            "technicians": sorted({*technicians, *asked.technicians}),
        }

    def _say_nothing(self, asked: Asked, view: str, visit: Visit, why: str) -> _Props:
        titles = {
            "nothing": text(visit.lang, "analytics.nothing_title"),
            "not_yours": text(visit.lang, "analytics.not_yours_title"),
        }
        sentences = {
            "nothing": text(visit.lang, "analytics.nothing"),
            "not_yours": text(visit.lang, "analytics.not_yours"),
        }
        return {
            **dict.fromkeys(_SHOWN, no_update),
            "view": draw_empty(titles[why], sentences[why]),
            "notice": None,
            "tabs": draw_tabs(view, asked, visit.lang),
            "state": "without-data",
        }


async def _steer(**given: Any) -> _Props:
    """Keep the address and the filters the same, whichever of them was changed."""
    found = read_address(given["search"])
    if ctx.triggered_id == "analytics-url":
        values = {name: getattr(found, name) for name in _WORDS}
        # A stage that the address does not name is the page's own choice.
        values["stage"] = found.stage or no_update
        return {"search": no_update, **_show_days(found)} | values | _list_values(found)
    span = given["span"] or DEFAULT_SPAN
    since, until = ((given[name] or "").strip() for name in ("since", "until"))
    stage = given["stage"] if found.stage or ctx.triggered_id == "analytics-stage" else ""
    sites, job_types, bays, technicians = (tuple(given[name] or ()) for name in _LISTS)
    asked = Asked(span, since, until, sites, job_types, bays, technicians, stage, found.behind)
    unchanged = dict.fromkeys((*_WORDS, *_LISTS), no_update)
    if asked.span == CUSTOM and not (asked.since and asked.until):
        return {"search": no_update, **_show_days(asked)} | unchanged
    return {"search": asked.address(), **_show_days(asked)} | unchanged


def _show_days(asked: Asked) -> dict[str, dict[str, str]]:
    style = {} if asked.span == CUSTOM else {"display": "none"}
    return {"since_style": style, "until_style": style}


def _list_values(asked: Asked) -> dict[str, list[str]]:
    return {name: list(getattr(asked, name)) for name in _LISTS}
