"""The one look of every chart: colours of the theme, type, margins, and what its buttons do.

Owns the colours that charts need as literals (tests hold them to theme.css), the frame around a chart,
and that nothing is ever sent to anybody's cloud. A point's `customdata` is the address that a click
on it leads to.
"""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import HTML_LANGS, text
from dashboard.figures.shell import FONT

CALM, CALM_SOFT, CALM_PALE = "#0f6f86", "#8bcddb", "#d9eff4"
GOOD, WARN, ALARM = "#16704a", "#855400", "#b92c1e"
AMBER = "#e0a93b"
TEXT, TEXT_SOFT, LINE, PANEL = "#14222e", "#51616f", "#dfe6ec", "#ffffff"
# Stages of the flow from its beginning to its end, light to dark and apart for those who see few colours.
FLOW = ("#c9d3dc", "#f0c36a", "#e59c5b", "#cf6f5f", "#0f6f86", "#3aa3ba", "#8bcddb", "#7fb796", "#e3efe8")
GRAPH_TYPE = "analytics-graph"


def draw_chart(name: str, figure: go.Figure, lang: str, *, height: int = 320, label: str = "") -> Component:
    """Return a chart that can be clicked and saved as a picture."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        paper_bgcolor=PANEL,
        plot_bgcolor=PANEL,
        font={"family": FONT, "size": 13, "color": TEXT},
        colorway=[CALM, AMBER, CALM_SOFT, GOOD, ALARM],
        hoverlabel={"font": {"family": FONT, "size": 13}},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
        modebar={"orientation": "h", "bgcolor": "rgba(0,0,0,0)", "color": "#b9c6d1", "activecolor": CALM},
        hovermode="closest",
        dragmode=False,
        separators=".,",
    )
    small = {"font": {"size": 12, "color": TEXT_SOFT}, "standoff": 8}
    figure.update_xaxes(automargin=True, gridcolor=LINE, linecolor=LINE, zeroline=False, title=small)
    figure.update_yaxes(automargin=True, gridcolor=LINE, linecolor=LINE, zeroline=False, title=small)
    graph = dcc.Graph(
        id={"type": GRAPH_TYPE, "name": name},
        figure=figure,
        responsive=True,
        style={"height": height},
        config=_configure(name, lang),
    )
    spoken: dict[str, Any] = {"aria-label": label or name}
    # Not an img, in which nothing may be clicked.
    return html.Div(graph, role="figure", **spoken)


def _configure(name: str, lang: str) -> Any:
    return {
        "displaylogo": False,
        "plotlyServerURL": "",
        "displayModeBar": "hover",
        "modeBarButtonsToRemove": [
            "sendChartToCloud", "select2d", "lasso2d", "pan2d", "zoom2d", "zoomIn2d", "zoomOut2d",
            "autoScale2d", "resetScale2d",
        ],
        "locale": HTML_LANGS[lang],
        "toImageButtonOptions": {"format": "png", "scale": 2, "filename": f"bayboard-{name}"},
    }  # fmt: skip


def draw_panel(
    title: str, note: str, *content: Component | None, tools: Sequence[Component] = (), wide: bool = False
) -> Component:
    """Return a titled part of a page."""
    return html.Section(
        [
            html.Header([html.H2(title), html.Div(list(tools), className="tools")]),
            html.P(note, className="note") if note else None,
            *content,
        ],
        className="panel wide" if wide else "panel",
    )


def draw_nothing(lang: str) -> Component:
    """Say that a part of a page has nothing to draw."""
    return html.P(text(lang, "analytics.no_data"), className="nothing")
