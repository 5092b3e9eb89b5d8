"""What stands on the page `/quarantine` before it has data: filters, table, drawer, question.

Owns the ids that the page's callbacks speak of. Pure.
"""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import Visit
from dashboard.figures.kit.dialog import draw_question
from dashboard.figures.kit.grid import column, draw_grid
from dashboard.figures.kit.part import speak
from dashboard.figures.kit.site_filter import draw_site_filter
from dashboard.pages.quarantine.filter import ALL, SINCE, Asked
from models.domain.quarantine import Status

REFRESH_MS = 5000


def draw_page(visit: Visit, workshop: Workshop, asked: Asked) -> Component:
    """Draw the page without its data."""
    lang = visit.lang
    return html.Div(
        [
            html.H1(text(lang, "shell.quarantine")),
            html.Div(id="quarantine-notice"),
            _draw_filters(visit, workshop, asked),
            html.Div(id="quarantine-outcome"),
            html.Div(
                [
                    html.Aside(
                        [html.H2(text(lang, "quarantine.reasons")), html.Div(id="quarantine-reasons")],
                        className="reasons",
                    ),
                    html.Section(
                        [_draw_actions(lang), _draw_table(lang), html.Div(id="quarantine-empty")],
                        className="found",
                    ),
                ],
                className="split",
            ),
            _draw_drawer(lang),
            _draw_question(lang),
            # The frame's own address would have the filters' callback run on every other page as well.
            dcc.Location(id="quarantine-url", refresh="callback-nav"),
            dcc.Store(id="quarantine-open"),
            dcc.Store(id="quarantine-watched"),
            dcc.Store(id="quarantine-doomed"),
            dcc.Interval(id="quarantine-tick", interval=REFRESH_MS),
        ],
        id="quarantine",
        className="loading",
    )


def _draw_filters(visit: Visit, workshop: Workshop, asked: Asked) -> Component:
    lang = visit.lang
    sites = [site for site in workshop.sites if visit.user.may_see(site.key)]
    return html.Div(
        [
            dmc.SegmentedControl(
                id="quarantine-status",
                value=asked.status,
                data=[
                    {"value": status, "label": text(lang, f"quarantine_status.{status}")}
                    for status in (*Status, ALL)
                ],
            ),
            draw_site_filter("quarantine-site", sites, asked.site, lang),
            dmc.TextInput(
                id="quarantine-device",
                value=asked.device,
                placeholder=text(lang, "quarantine.any_device"),
                debounce=True,
                **speak(text(lang, "quarantine.device")),
            ),
            dmc.TextInput(
                id="quarantine-reason",
                value=asked.reason,
                placeholder=text(lang, "quarantine.any_reason"),
                debounce=True,
                className="wide",
                **speak(text(lang, "quarantine.reason")),
            ),
            dmc.Select(
                id="quarantine-since",
                value=asked.since or None,
                placeholder=text(lang, "quarantine.any_time"),
                data=[{"value": since, "label": text(lang, f"since.{since}")} for since in SINCE],
                clearable=True,
                **speak(text(lang, "quarantine.time")),
            ),
        ],
        className="filters",
    )


def _draw_actions(lang: str) -> Component:
    return html.Div(
        [
            html.Span(id="quarantine-found", className="count"),
            dmc.Checkbox(id="quarantine-every", label="", checked=False, style={"display": "none"}),
            html.Span(id="quarantine-selected", className="selected"),
            dmc.Button(text(lang, "quarantine.replay"), id="quarantine-replay", disabled=True, size="xs"),
            dmc.Button(
                text(lang, "quarantine.discard"),
                id="quarantine-discard",
                disabled=True,
                size="xs",
                variant="default",
            ),
        ],
        className="actions",
    )


def _draw_table(lang: str) -> Component:
    columns = [
        column("received_at", text(lang, "quarantine.time"), renderer="MessageTime", width=170),
        column("topic", text(lang, "quarantine.message"), renderer="MessageTopic", flex=3, minWidth=200),
        column("reason", text(lang, "quarantine.reason"), renderer="Reason", flex=4, minWidth=200),
        column("bytes", text(lang, "quarantine.size"), width=100),
    ]
    table: Component = draw_grid(
        "quarantine-grid",
        columns,
        lang,
        card="MessageCard",
        rowSelection={"mode": "multiRow", "enableClickSelection": False, "headerCheckbox": True},
        selectionColumnDef={"width": 46, "minWidth": 46, "resizable": False, "pinned": "left"},
    )
    return table


def _draw_drawer(lang: str) -> Component:
    buttons = html.Div(
        [
            dmc.Button(text(lang, "quarantine.replay"), id="quarantine-replay-one"),
            dmc.Button(text(lang, "quarantine.discard"), id="quarantine-discard-one", variant="default"),
        ],
        className="buttons",
    )
    drawer: Component = dmc.Drawer(
        [html.Div(id="quarantine-message", className="message"), buttons],
        id="quarantine-drawer",
        title=text(lang, "quarantine.refused_message"),
        position="right",
        size=640,
        closeButtonProps=speak(text(lang, "quarantine.close")),
    )
    return drawer


def _draw_question(lang: str) -> Component:
    return draw_question(
        "quarantine",
        "confirm",
        means=text(lang, "quarantine.discard_means"),
        keep=text(lang, "quarantine.keep"),
        act=text(lang, "quarantine.discard"),
        close=text(lang, "quarantine.close"),
    )
