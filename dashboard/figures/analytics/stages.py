"""How long stages take: their spread, stability, and heat by hour and weekday. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.spread import draw_histogram, draw_jobs, draw_percentiles, draw_spreads
from dashboard.figures.analytics.words import Link, name_stage, say_count, say_date, say_seconds
from dashboard.figures.kit.chart import (
    ALARM,
    CALM,
    CALM_PALE,
    CALM_SOFT,
    TEXT_SOFT,
    draw_chart,
    draw_nothing,
    draw_panel,
)
from dashboard.figures.kit.table import draw_tools
from models.analytics.pictures import HeatCell, StageBin, TrendPoint
from models.analytics.selection import Selection
from models.analytics.stability import Chart, Signal, chart_durations

_HOURS = range(24)


@dataclass(frozen=True, slots=True)
class StagesRead:
    """What was read for the view: of all stages the bins, of the chosen one its trend and heat."""

    bins: Sequence[StageBin]
    trend: Sequence[TrendPoint]
    heat: Sequence[HeatCell]
    heat_days: Selection
    by_months: bool = False


def draw_stages(
    read: StagesRead, stage: str, selection: Selection, workshop: Workshop, lang: str, link: Link
) -> list[Component]:
    """Draw everything of the view, with one stage in full."""
    name = name_stage(stage, workshop, lang)
    own = [each for each in read.bins if each.stage == stage]
    return [
        html.Div(
            [
                draw_panel(
                    text(lang, "analytics.spread_title"),
                    _note_spread(read, lang),
                    draw_spreads(read.bins, workshop.stages, lang, link),
                ),
                draw_panel(
                    text(lang, "analytics.histogram_title", stage=name),
                    text(lang, "analytics.histogram_note"),
                    draw_histogram(own, stage, lang, link),
                ),
                draw_panel(
                    text(lang, "analytics.by_job_title", stage=name),
                    "",
                    draw_jobs(own, stage, lang, link),
                ),
                draw_panel(
                    text(lang, "analytics.heat_title", stage=name),
                    _note_heat(read.heat_days, selection, lang),
                    draw_heat(read.heat, stage, read.heat_days, lang, link),
                ),
                draw_panel(
                    text(lang, "analytics.xmr_title", stage=name),
                    text(lang, "analytics.xmr_note", bucket=_name_bucket(selection, lang)),
                    *draw_stability(read.trend, stage, selection, lang, link),
                    wide=True,
                ),
                draw_panel(
                    text(lang, "analytics.percentile_table"),
                    "",
                    draw_percentiles(read.bins, workshop, lang, link),
                    tools=draw_tools("stages", lang),
                    wide=True,
                ),
            ],
            className="columns",
        )
    ]


def _name_bucket(selection: Selection, lang: str) -> str:
    names = {
        "day": text(lang, "analytics.bucket_day"),
        "week": text(lang, "analytics.bucket_week"),
        "month": text(lang, "analytics.bucket_month"),
    }
    return names[selection.bucket]


def _note_spread(read: StagesRead, lang: str) -> str:
    note = text(lang, "analytics.spread_note")
    return " ".join([note, text(lang, "analytics.whole_months")]) if read.by_months else note


def _note_heat(shown: Selection, selection: Selection, lang: str) -> str:
    note = text(lang, "analytics.heat_note")
    if shown.days == selection.days:
        return note
    return " ".join([note, text(lang, "analytics.latest_days", days=say_count(shown.days, lang))])


def draw_stability(
    trend: Sequence[TrendPoint], stage: str, selection: Selection, lang: str, link: Link
) -> list[Component]:
    """Draw an XmR chart of a stage's mean duration, and say what it means."""
    chart = chart_durations([point.mean_seconds for point in trend])
    if not trend:
        return [draw_nothing(lang)]
    signals = chart.signals if chart else (None,) * len(trend)
    figure = go.Figure()
    figure.add_scatter(
        x=[point.bucket for point in trend],
        y=[point.mean_seconds / 60 for point in trend],
        mode="lines+markers",
        line={"color": CALM, "width": 1.6},
        marker={
            "size": [10 if signal else 6 for signal in signals],
            "color": [ALARM if signal else CALM for signal in signals],
            "symbol": ["diamond" if signal else "circle" for signal in signals],
        },
        customdata=[_find_bucket(point, stage, selection, link) for point in trend],
        hovertext=[_say_point(point, signal, lang) for point, signal in zip(trend, signals, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    if chart:
        limits = {chart.lower_seconds: "dash", chart.centre_seconds: "solid", chart.upper_seconds: "dash"}
        across: dict[str, Any] = {"type": "line", "yref": "y", "x0": 0, "x1": 1, "xref": "x domain"}
        figure.update_layout(
            shapes=[
                {
                    "y0": seconds / 60,
                    "y1": seconds / 60,
                    "line": {"color": TEXT_SOFT, "width": 1, "dash": dash},
                    **across,
                }
                for seconds, dash in limits.items()
            ]
        )
    figure.update_yaxes(type="log", title=text(lang, "analytics.minutes"))
    drawn = draw_chart("stability", figure, lang, height=280, label=text(lang, "analytics.mean"))
    return [drawn, html.P(_judge(chart, len(trend), lang), className="said")]


def _find_bucket(point: TrendPoint, stage: str, selection: Selection, link: Link) -> str:
    since = max(point.bucket, selection.since)
    until = min(selection.end_of(point.bucket), selection.until) - timedelta(days=1)
    return link(stage=stage, since=since.isoformat(), until=until.isoformat())


def _say_point(point: TrendPoint, signal: Signal | None, lang: str) -> str:
    said = f"{say_date(point.bucket, lang)}: {say_seconds(point.mean_seconds, lang)}"
    names = {
        Signal.ABOVE: text(lang, "analytics.signal_above"),
        Signal.BELOW: text(lang, "analytics.signal_below"),
        Signal.RUN: text(lang, "analytics.signal_run"),
    }
    return f"{said}, {names[signal]}" if signal else said


def _judge(chart: Chart | None, points: int, lang: str) -> str:
    if chart is None:
        return text(lang, "analytics.xmr_few", points=points)
    if chart.is_stable:
        return "✓ " + text(lang, "analytics.xmr_stable")
    signals = sum(signal is not None for signal in chart.signals)
    return "◆ " + text(lang, "analytics.xmr_signals", signals=signals, points=points)


def draw_heat(cells: Sequence[HeatCell], stage: str, shown: Selection, lang: str, link: Link) -> Component:
    """Draw the mean duration of visits by the weekday and hour in which they began."""
    if not cells:
        return draw_nothing(lang)
    by_place = {(cell.weekday, cell.hour): cell for cell in cells}
    used = [hour for hour in _HOURS if any(cell.hour == hour for cell in cells)]
    hours = list(range(used[0], used[-1] + 1))
    weekdays = range(7, 0, -1)
    days = {"since": shown.since.isoformat(), "until": (shown.until - timedelta(days=1)).isoformat()}

    def lay_out(tell: Callable[[HeatCell], object]) -> list[list[object]]:
        return [
            [tell(cell) if (cell := by_place.get((weekday, hour))) else None for hour in hours]
            for weekday in weekdays
        ]

    visits = text(lang, "analytics.visits")

    def say(cell: HeatCell) -> str:
        mean = say_seconds(cell.seconds / cell.visits, lang)
        return f"{mean}, {visits}: {say_count(cell.visits, lang)}"

    figure = go.Figure(
        go.Heatmap(
            x=[f"{hour:02}" for hour in hours],
            y=[text(lang, f"analytics_weekday.{weekday}") for weekday in weekdays],
            z=lay_out(lambda cell: cell.seconds / cell.visits / 60),
            customdata=lay_out(
                lambda cell: link(stage=stage, hour=str(cell.hour), weekday=str(cell.weekday), **days)
            ),
            hovertext=lay_out(say),
            hovertemplate="%{y} %{x}:00: %{hovertext}<extra></extra>",
            colorscale=[[0, "#f6fafb"], [0.35, CALM_PALE], [0.7, CALM_SOFT], [1, CALM]],
            xgap=2,
            ygap=2,
            colorbar={"title": text(lang, "analytics.minutes"), "thickness": 10, "outlinewidth": 0},
        )
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(showgrid=False)
    return draw_chart("heat", figure, lang, height=300, label=text(lang, "analytics.mean"))
