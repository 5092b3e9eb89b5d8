"""Whether it came as often as it was said, and how that went week by week, as charts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from dash.development.base_component import Component

from config.texts import text
from dashboard.figures.analytics.words import UNKNOWN, say_seconds, say_share
from dashboard.figures.kit.chart import (
    AMBER,
    CALM,
    CALM_PALE,
    CALM_SOFT,
    TEXT_SOFT,
    draw_band,
    draw_chart,
    draw_nothing,
)
from models.analytics.estimate.outcomes import GOALS, Outcomes, Point, Reached, list_reliability, list_risks

_HEIGHT = 340
# How many weeks an axis names at most.
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Errors:
    """The mean errors of one way of expecting, in minutes and in words."""

    name: str
    colour: str
    minutes: Sequence[float | None]
    said: Sequence[str]


def compare_errors(outcomes: Sequence[Outcomes], lang: str) -> list[Errors]:
    """Return the errors of the estimate, the promise and the plain median, one after the other."""
    ways = (
        (text(lang, "calibration.estimate"), CALM, [each.mean_error_seconds for each in outcomes]),
        (text(lang, "calibration.promise"), AMBER, [each.mean_promise_error_seconds for each in outcomes]),
        (text(lang, "calibration.median"), CALM_SOFT, [each.mean_median_error_seconds for each in outcomes]),
    )
    return [
        Errors(
            name,
            colour,
            [None if seconds is None else seconds / 60 for seconds in errors],
            [UNKNOWN if seconds is None else say_seconds(seconds, lang) for seconds in errors],
        )
        for name, colour, errors in ways
    ]


def draw_reliability(bins: Sequence[Reached], stage: str, lang: str, *, label: str) -> Component:
    """Draw how many cars were ready by when so many of 100 should be."""
    said, came = text(lang, "calibration.said"), text(lang, "calibration.came")
    return _draw_points("reliability", list_reliability(bins, stage), said, came, lang, label, lines=True)


def draw_risks(bins: Sequence[Reached], stage: str, lang: str, *, label: str) -> Component:
    """Draw how many first promises were missed, by the risk of it that was said."""
    said, late = text(lang, "calibration.said_risk"), text(lang, "calibration.late")
    return _draw_points("risks", list_risks(bins, stage), said, late, lang, label, lines=False)


def _draw_points(
    name: str, points: Sequence[Point], said: str, came: str, lang: str, label: str, *, lines: bool
) -> Component:
    """Draw what came over what was said: where all is well, points lie on the diagonal."""
    if not points:
        return draw_nothing(lang)
    figure = _draw_diagonal()
    figure.add_scatter(
        x=[point.said for point in points],
        y=[point.came.value for point in points],
        mode="lines+markers" if lines else "markers",
        line={"color": CALM, "width": 2},
        marker={"color": CALM, "size": 7 if lines else 9},
        error_y=draw_band([(each.came.low, each.came.value, each.came.high) for each in points], CALM_SOFT),
        hovertext=[
            f"{say_share(point.said, lang)} → {say_share(point.came.value, lang)}" for point in points
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(title=said)
    figure.update_yaxes(title=came)
    return draw_chart(name, figure, lang, height=_HEIGHT, label=label)


def _draw_diagonal() -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": TEXT_SOFT, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1], dtick=0.2)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02], dtick=0.2)
    return figure


def draw_week_coverage(weeks: Sequence[Outcomes], lang: str, *, label: str) -> Component:
    """Draw, week by week, the share that was ready before P50 and P80 over the goals."""
    if not weeks:
        return draw_nothing(lang)
    figure = go.Figure()
    for percentile, colour in ((50, CALM), (80, AMBER)):
        least, most = GOALS[percentile]
        figure.add_hrect(y0=least, y1=most, fillcolor=CALM_PALE, line_width=0, layer="below")
        known = [(each.week, share) for each in weeks if (share := each.cover(percentile))]
        figure.add_scatter(
            x=[week for week, _ in known],
            y=[share.value for _, share in known],
            mode="lines+markers",
            name=f"P{percentile}",
            line={"color": colour, "width": 2},
            marker={"color": colour, "size": 8},
            error_y=draw_band([(share.low, share.value, share.high) for _, share in known], colour),
            hovertemplate="%{x|%Y-%m-%d}: %{y:.0%}<extra>%{fullData.name}</extra>",
        )
    _name_weeks(figure, weeks)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02], dtick=0.2)
    return draw_chart("week-coverage", figure, lang, height=_HEIGHT, label=label)


def _name_weeks(figure: go.Figure, weeks: Sequence[Outcomes]) -> None:
    """Name the Mondays; of many, every few."""
    mondays = sorted({each.week for each in weeks if each.week})
    step = -(-len(mondays) // _MOST_NAMED)
    figure.update_xaxes(type="date", tickformat="%m-%d", tickvals=mondays[::step])


def draw_week_errors(weeks: Sequence[Outcomes], lang: str, *, label: str) -> Component:
    """Draw, week by week, the mean errors of the estimate, the promise and the plain median."""
    if not weeks:
        return draw_nothing(lang)
    figure = go.Figure()
    for each in compare_errors(weeks, lang):
        figure.add_scatter(
            x=[week.week for week in weeks],
            y=each.minutes,
            mode="lines+markers",
            name=each.name,
            line={"color": each.colour, "width": 2},
            marker={"color": each.colour, "size": 8},
            hovertext=each.said,
            hovertemplate="%{x|%Y-%m-%d}: %{hovertext}<extra>%{fullData.name}</extra>",
        )
    _name_weeks(figure, weeks)
    figure.update_yaxes(title=text(lang, "calibration.minutes"), rangemode="tozero")
    return draw_chart("week-errors", figure, lang, height=_HEIGHT, label=label)
