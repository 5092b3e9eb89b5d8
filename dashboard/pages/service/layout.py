"""What stands on the page `/reminders` before it has data: counts, filters, table, one item in full.

Owns the ids that the page's callbacks speak of. Pure.
"""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import Visit
from dashboard.figures.kit.grid import draw_grid
from dashboard.figures.kit.part import speak
from dashboard.figures.kit.site_filter import draw_site_filter
from dashboard.figures.kit.table import draw_tools
from dashboard.figures.service.table import list_columns, list_items
from dashboard.pages.service.filter import Asked

REFRESH_MS = 30_000
# One of `dashboard.office.export.GRIDS`.
GRID = "due"
GRID_ID = f"analytics-table-{GRID}"
CARD = "AnalyticsCard"
# What can be done with an item, in the order of the buttons.
ACTIONS = ("snooze", "dismiss", "release", "resend")


def draw_page(visit: Visit, workshop: Workshop, asked: Asked) -> Component:
    """Draw the page without its data."""
    lang = visit.lang
    return html.Div(
        [
            html.H1(text(lang, "reminders.title")),
            html.Div(id="reminders-notice"),
            html.Div(id="reminders-counts", className="summary"),
            _draw_filters(visit, workshop, asked),
            html.Div(id="reminders-outcome", role="status"),
            html.Div(
                [html.Span(id="reminders-found", className="count"), *draw_tools(GRID, lang)],
                className="actions tools",
            ),
            draw_grid(GRID_ID, list_columns(asked.show, lang), lang, card=CARD),
            html.Div(id="reminders-empty"),
            html.Div(id="reminders-conversion", className="record"),
            _draw_drawer(lang),
            # The frame's own address would have the filters' callback run on every other page as well.
            dcc.Location(id="reminders-url", refresh="callback-nav"),
            dcc.Store(id="reminders-open"),
            dcc.Store(id="reminders-done"),
            dcc.Interval(id="reminders-tick", interval=REFRESH_MS),
        ],
        id="reminders",
        className="loading",
    )


def _draw_filters(visit: Visit, workshop: Workshop, asked: Asked) -> Component:
    lang = visit.lang
    sites = [site for site in workshop.sites if visit.user.may_see(site.key)]
    return html.Div(
        [
            draw_site_filter("reminders-site", sites, asked.site, lang),
            dmc.Select(
                id="reminders-item",
                value=asked.item or None,
                placeholder=text(lang, "reminders.any_item"),
                data=[{"value": key, "label": name} for key, name in list_items(workshop, lang)],
                clearable=True,
                **speak(text(lang, "reminders.item")),
            ),
            dmc.TextInput(
                id="reminders-search",
                value=asked.search,
                placeholder=text(lang, "reminders.any_vehicle"),
                debounce=True,
                className="wide",
                **speak(text(lang, "reminders.any_vehicle")),
            ),
        ],
        className="filters",
    )


def _draw_drawer(lang: str) -> Component:
    names = {
        "snooze": text(lang, "reminders.snooze"),
        "dismiss": text(lang, "reminders.dismiss"),
        "release": text(lang, "reminders.release"),
        "resend": text(lang, "reminders.resend"),
    }
    buttons = {
        action: dmc.Button(
            names[action],
            id=f"reminders-{action}",
            variant="filled" if action in {"snooze", "release"} else "default",
            size="xs",
        )
        for action in ACTIONS
    }
    drawer: Component = dmc.Drawer(
        [
            html.Div(id="reminders-detail", className="message"),
            html.Div(
                [
                    html.Div(
                        [
                            dmc.TextInput(
                                id="reminders-until",
                                value="",
                                label=text(lang, "reminders.until"),
                                placeholder=text(lang, "reminders.day_format"),
                            ),
                            buttons["snooze"],
                        ],
                        id="reminders-snoozing",
                        className="line",
                    ),
                    html.Div(
                        [
                            dmc.TextInput(
                                id="reminders-reason",
                                value="",
                                label=text(lang, "reminders.reason"),
                                placeholder=text(lang, "reminders.why_not"),
                            ),
                            buttons["dismiss"],
                        ],
                        id="reminders-dismissing",
                        className="line",
                    ),
                    html.Div([buttons["release"], buttons["resend"]], className="line"),
                    html.Div(id="reminders-refusal", role="alert"),
                ],
                className="deeds",
            ),
        ],
        id="reminders-drawer",
        title=text(lang, "reminders.one"),
        position="right",
        size=560,
        closeButtonProps=speak(text(lang, "reminders.close")),
    )
    return drawer
