"""The one look of every chart: colours of the theme, type, margins, and what its buttons do.

Owns the colours that charts need as literals (tests hold them to theme.css), the frame around a chart,
and that nothing is ever sent to anybody's cloud. A point's `customdata` is the address that a click
on it leads to.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from typing import Any
from unicodedata import east_asian_width

import numpy as np
import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import HTML_LANGS, text
from dashboard.figures.kit.shell import FONT

CALM, CALM_SOFT, CALM_PALE = "#0f6f86", "#8bcddb", "#d9eff4"
GOOD, WARN, ALARM = "#16704a", "#855400", "#b92c1e"
AMBER = "#e0a93b"
TEXT, TEXT_SOFT, LINE, PANEL = "#14222e", "#51616f", "#dfe6ec", "#ffffff"
# Stages of the flow from its beginning to its end, light to dark and apart for those who see few colours.
FLOW = ("#c9d3dc", "#f0c36a", "#e59c5b", "#cf6f5f", "#0f6f86", "#3aa3ba", "#8bcddb", "#7fb796", "#e3efe8")
GRAPH_TYPE = "analytics-graph"
# What our own words are marked up with; everything else that begins like this came from outside.
_MARKUP = re.compile(r"<(?!(?:br|/?b|/?extra)>)")


_SMALL = {"font": {"size": 12, "color": TEXT_SOFT}, "standoff": 8}
_AXIS = {
    "automargin": True,
    # Margins grow with labels, so that none needs to be measured for whether it lies outside.
    "ticklabeloverflow": "allow",
    "gridcolor": LINE,
    "linecolor": LINE,
    "zeroline": False,
    "ticks": "",
}
_LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
_LOOK = {
    "paper_bgcolor": PANEL,
    "plot_bgcolor": PANEL,
    "font": {"family": FONT, "size": 13, "color": TEXT},
    "colorway": [CALM, AMBER, CALM_SOFT, GOOD, ALARM],
    "hoverlabel": {"font": {"family": FONT, "size": 13}, "align": "left"},
    "modebar": {"orientation": "h", "bgcolor": "rgba(0,0,0,0)", "color": "#b9c6d1", "activecolor": CALM},
    "hovermode": "closest",
    "dragmode": False,
    "separators": ".,",
    # Names that look like numbers or days are names.
    "autotypenumbers": "strict",
}
# Pixels of letters, of a Chinese character, and of what usually stands beside a plot.
_THIN = frozenset("fijlrtI .,:-'()")
_THIN_LETTER, _LETTER, _CHARACTER = 4.5, 8.0, 13.0
_NUMBERS, _LINE, _TICKS, _KEYS, _SCALE, _EDGE, _GAP = 50, 16, 34, 48, 82, 28, 18


def draw_chart(name: str, figure: go.Figure, lang: str, *, height: int = 320, label: str = "") -> Component:
    """Return a chart that can be clicked and saved as a picture."""
    # In plain dictionaries: plotly's own objects check each word anew, for longer than all else takes.
    drawn = figure.to_plotly_json()
    drawn["layout"] = _dress(drawn["layout"], drawn["data"]) | {"height": height}
    drawn = _keep_plain(drawn)
    graph = dcc.Graph(
        id={"type": GRAPH_TYPE, "name": name},
        figure=drawn,
        responsive=True,
        style={"height": height},
        config=_configure(name, lang),
    )
    spoken: dict[str, Any] = {"aria-label": label or name}
    # Not an img, in which nothing may be clicked.
    return html.Div(graph, role="figure", **spoken)


def _keep_plain(drawn: Any) -> Any:
    """Return a figure whose words are words: plotly draws links and the like that stand in any of them."""
    if isinstance(drawn, str):
        return _MARKUP.sub("‹", drawn) if "<" in drawn else drawn
    if isinstance(drawn, dict):
        return {name: _keep_plain(value) for name, value in drawn.items()}
    if isinstance(drawn, list | tuple):
        return [_keep_plain(value) for value in drawn]
    # An array of objects may hold words, one of numbers none.
    if isinstance(drawn, np.ndarray) and drawn.dtype == object:
        return [_keep_plain(value) for value in drawn]
    return drawn


def _dress(layout: Mapping[str, Any], traces: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the layout in the one look, without plotly's own, which would travel with every chart."""
    own = {name: value for name, value in layout.items() if name != "template"}
    axes = {"xaxis": {}, "yaxis": {}} | {name: own[name] for name in own if name[1:].startswith("axis")}
    dressed = {
        name: {**axis, **_AXIS, "title": axis.get("title", {}) | _SMALL} for name, axis in axes.items()
    }
    legend = {"legend": own.get("legend", {}) | _LEGEND}
    return {**_LOOK, **own, **dressed, **legend, "margin": _leave_room(axes, traces)}


def _leave_room(axes: Mapping[str, Any], traces: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return margins with room for names, numbers and titles, the legend and the scale of a heat map.

    Where it is too little the browser finds out by drawing, and draws the whole chart a second time.
    """
    named = [_measure(name) for trace in traces for name in trace.get("y") or () if isinstance(name, str)]
    keys = [trace for trace in traces if trace.get("showlegend", True)]
    scaled = any(trace["type"] == "heatmap" and trace.get("showscale", True) for trace in traces)
    # Days are named in two lines, the year below, unless a chart says otherwise.
    days = [x for trace in traces for x in trace.get("x") or () if isinstance(x, date)]
    below = [days and "tickformat" not in axes["xaxis"], "title" in axes["xaxis"]]
    left = _LINE if "title" in axes["yaxis"] else 0
    return {
        "l": left + (ceil(max(named)) + _GAP if named else _NUMBERS),
        "r": _SCALE if scaled else _EDGE,
        "t": _KEYS if len(keys) > 1 else _GAP + 4,
        "b": _TICKS + _LINE * sum(map(bool, below)),
    }


def _measure(name: str) -> float:
    """Return about how many pixels a name takes."""
    wide = sum(east_asian_width(letter) in "WF" for letter in name)
    thin = sum(letter in _THIN for letter in name)
    return _CHARACTER * wide + _THIN_LETTER * thin + _LETTER * (len(name) - wide - thin)


def draw_band(points: Sequence[tuple[float, float, float]], colour: str) -> dict[str, Any]:
    """Return the lines through points of which each has a low end, a value and a high end."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for _, value, high in points],
        "arrayminus": [value - low for low, value, _ in points],
        "thickness": 1.5,
        "color": colour,
    }


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
