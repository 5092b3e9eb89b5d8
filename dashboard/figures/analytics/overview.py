"""The overview: a tile for each figure, waiting by cause, and Little's law.

Owns what a tile shows: value, trend, comparison with the period before, and the formula. Pure.
"""

from collections.abc import Sequence

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.sparkline import draw_sparkline
from dashboard.figures.analytics.words import (
    BETTER,
    Link,
    name_cause,
    name_figure,
    say_change,
    say_count,
    say_figure,
    say_seconds,
)
from dashboard.figures.kit.chart import CALM, CALM_PALE, draw_chart, draw_nothing, draw_panel
from dashboard.figures.kit.part import speak
from models.analytics.flow import LittleCheck
from models.analytics.overview import FIGURES, Overview, mean_wait

GROUPS = {
    "time": ("cycle", "open_cycle", "touch", "wait", "flow_efficiency"),
    "promises": ("throughput", "on_time", "carry_over", "first_time_fix", "hours_per_order"),
    "people": ("bay_utilisation", "bay_idle", "efficiency", "utilisation", "productivity"),
}
# Changes below this are noise of the arithmetic rather than news.
_NEWS = 0.005


def draw_overview(overview: Overview, workshop: Workshop, lang: str, link: Link) -> list[Component]:
    """Draw everything of the overview; `link` makes the address of the orders behind a figure."""
    return [
        *draw_groups(overview, lang, link),
        html.Div(
            [
                draw_panel(
                    text(lang, "analytics.waits_title"),
                    text(lang, "analytics.waits_note"),
                    draw_waits(overview, workshop, lang, link),
                ),
                draw_panel(
                    text(lang, "analytics.little_title"),
                    text(lang, "analytics.little_formula"),
                    draw_little(overview.little, lang),
                ),
            ],
            className="columns",
        ),
    ]


def draw_groups(overview: Overview, lang: str, link: Link) -> list[Component]:
    """Draw the tiles, in their groups."""
    return [
        html.Section(
            [
                html.H2(text(lang, f"analytics_group.{group}")),
                html.Div([draw_tile(name, overview, lang, link) for name in names], className="tiles"),
            ],
            className="group",
        )
        for group, names in GROUPS.items()
    ]


def draw_tile(name: str, overview: Overview, lang: str, link: Link) -> Component:
    """Draw one figure: its value leads to what is behind it."""
    now, before = FIGURES[name](overview.now), FIGURES[name](overview.before)
    label, formula = name_figure(name, lang), text(lang, f"analytics_formula.{name}")
    return html.Div(
        [
            html.Div([html.Span(label, className="label"), draw_formula(label, formula, lang)]),
            dcc.Link(say_figure(name, now, lang), href=_find_behind(name, link), className="value"),
            _draw_change(name, now, before, lang),
            draw_sparkline([FIGURES[name](sums) for sums in overview.trend.values()], label),
        ],
        className="tile",
    )


def draw_formula(label: str, formula: str, lang: str) -> Component:
    """Return the sign that says a formula to whoever points at it or reaches it by keyboard."""
    tooltip: Component = dmc.Tooltip(
        html.Button("ƒ", type="button", **speak(text(lang, "analytics.formula_of", figure=label))),
        label=formula,
        multiline=True,
        w=280,
        withArrow=True,
        events={"hover": True, "focus": True, "touch": True},
        boxWrapperProps={"className": "formula"},
    )
    return tooltip


def _find_behind(name: str, link: Link) -> str:
    match name:
        case "on_time":
            return link(late="1")
        case "first_time_fix":
            return link(back="1")
        case "carry_over":
            return link("flow")
        case "bay_utilisation" | "bay_idle" | "efficiency" | "utilisation" | "productivity":
            return link("people")
        case _:
            return link()


def _draw_change(name: str, now: float | None, before: float | None, lang: str) -> Component:
    if now is None or before is None:
        return html.Span(text(lang, "analytics.before_unknown"), className="change")
    was = text(lang, "analytics.was", value=say_figure(name, before, lang))
    change = now - before
    if abs(change) <= _NEWS * abs(before):
        return html.Span(["＝ ", was], className="change")
    good = BETTER[name] * (1 if change > 0 else -1)
    kind = {1: "better", -1: "worse", 0: "other"}[good]
    arrow = "▲" if change > 0 else "▼"
    return html.Span(
        [html.B(f"{arrow} {say_change(name, now, before, lang)}", className=kind), " ", was],
        className="change",
    )


def draw_waits(overview: Overview, workshop: Workshop, lang: str, link: Link) -> Component:
    """Draw how long an order waits for each cause, beside the period before."""
    causes = sorted(overview.now.wait_seconds, key=lambda cause: overview.now.wait_seconds[cause])
    if not causes:
        return draw_nothing(lang)
    names = [name_cause(cause, workshop, lang) for cause in causes]
    figure = go.Figure()
    for sums, key, colour in (
        (overview.before, "analytics.period_before", CALM_PALE),
        (overview.now, "analytics.this_period", CALM),
    ):
        seconds = [mean_wait(sums, cause) or 0.0 for cause in causes]
        figure.add_bar(
            y=names,
            x=[each / 3600 for each in seconds],
            orientation="h",
            name=text(lang, key),
            marker={"color": colour},
            customdata=[link(cause=cause) for cause in causes],
            hovertext=[say_seconds(each, lang) for each in seconds],
            hovertemplate="%{y}: %{hovertext}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="group", bargap=0.3, legend={"traceorder": "reversed"})
    figure.update_xaxes(title=text(lang, "analytics.hours"), rangemode="tozero")
    return draw_chart("waits", figure, lang, height=340, label=text(lang, "analytics.waits_title"))


def draw_little(little: LittleCheck | None, lang: str) -> Component:
    """Draw the three figures of the law, and say whether it holds."""
    if little is None:
        return html.P(text(lang, "analytics.little_places"), className="nothing")
    if little.cycle_hours is None or little.expected is None:
        return html.P(text(lang, "analytics.little_nothing"), className="nothing")
    three: Sequence[tuple[str, float]] = (
        (text(lang, "analytics.little_wip"), little.work_in_progress),
        (text(lang, "analytics.little_throughput"), little.departures_per_hour),
        (text(lang, "analytics.little_cycle"), little.cycle_hours),
    )
    key = "analytics.little_holds" if little.holds else "analytics.little_fails"
    said = text(
        lang,
        key,
        wip=say_count(little.work_in_progress, lang),
        expected=say_count(little.expected, lang),
        arrived=say_count(little.arrived, lang),
        departed=say_count(little.departed, lang),
    )
    figures: list[Component] = []
    for sign, (label, value) in zip(("", "=", "×"), three, strict=True):
        figures += [html.I(sign)] if sign else []
        figures.append(html.Div([html.B(say_count(value, lang)), html.Span(label)]))
    verdict = "✓" if little.holds else "◆"
    return html.Div(
        [
            html.Div(figures, className="law"),
            html.P(f"{verdict} {said}", className="better" if little.holds else "worse"),
        ]
    )
