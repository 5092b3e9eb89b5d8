"""How long stages take: boxes, a distribution, stability, and heat by hour and weekday. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import log
from typing import Any

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Stage, Workshop
from dashboard.figures.analytics.look import (
    ALARM,
    AMBER,
    CALM,
    CALM_PALE,
    CALM_SOFT,
    PANEL,
    TEXT_SOFT,
    draw_chart,
    draw_nothing,
    draw_panel,
)
from dashboard.figures.analytics.table import Row, draw_table, draw_tools
from dashboard.figures.analytics.words import Link, name_job, name_stage, say_count, say_date, say_seconds
from dashboard.figures.grid import column
from models.analytics.bins import WIDTH
from models.analytics.pictures import SHARES, HeatCell, Spread, StageBin, TrendPoint, measure_spread
from models.analytics.selection import Selection
from models.analytics.stability import Chart, Signal, chart_durations

_HOURS = range(24)
# Durations that the axis of a distribution names.
_TICKS = (1, 10, 60, 300, 900, 3600, 14400, 43200, 172800, 604800)


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


def draw_spreads(bins: Sequence[StageBin], stages: Sequence[Stage], lang: str, link: Link) -> Component:
    """Draw a box for each stage of the flow."""
    found = []
    for stage in reversed(stages):
        if spread := measure_spread(each for each in bins if each.stage == stage.key):
            colour = CALM if stage.kind == "touch" else AMBER
            found.append((stage.name(lang), spread, colour, link("stages", stage=stage.key)))
    return _draw_boxes("spread", found, lang, text(lang, "analytics.spread_title"))


def draw_jobs(bins: Sequence[StageBin], stage: str, lang: str, link: Link) -> Component:
    """Draw a box for each job type in one stage."""
    found = []
    for job_type in sorted({each.job_type or "" for each in bins}, reverse=True):
        if spread := measure_spread(each for each in bins if (each.job_type or "") == job_type):
            address = link(stage=stage, job=job_type) if job_type else link(stage=stage)
            found.append((name_job(job_type, lang), spread, CALM, address))
    return _draw_boxes("jobs", found, lang, text(lang, "analytics.job_type"))


def _draw_boxes(name: str, found: Sequence[tuple[str, Spread, str, str]], lang: str, label: str) -> Component:
    """Draw percentiles as boxes of bars and lines, every part of which can be clicked."""
    if not found:
        return draw_nothing(lang)
    figure = go.Figure()
    for words, spread, colour, address in found:
        minutes = {share: seconds / 60 for share, seconds in spread.percentiles.items()}
        said = "<br>".join(
            [f"P{round(share * 100)}: {say_seconds(spread.percentiles[share], lang)}" for share in SHARES]
        )
        visits = text(lang, "analytics.visits")
        hover = f"{words}, {visits}: {say_count(spread.visits, lang)}<br>{said}"
        common: dict[str, Any] = {"hovertemplate": f"{hover}<extra></extra>", "showlegend": False}
        figure.add_scatter(
            x=[minutes[0.1], minutes[0.95]],
            y=[words] * 2,
            mode="lines",
            line={"color": colour, "width": 2},
            customdata=[address] * 2,
            **common,
        )
        figure.add_bar(
            x=[minutes[0.75] - minutes[0.25]],
            base=[minutes[0.25]],
            y=[words],
            orientation="h",
            width=0.5,
            marker={"color": colour, "opacity": 0.55},
            customdata=[address],
            **common,
        )
        figure.add_scatter(
            x=[minutes[0.5]],
            y=[words],
            mode="markers",
            marker={"color": colour, "symbol": "line-ns", "size": 18, "line": {"width": 3, "color": colour}},
            customdata=[address],
            **common,
        )
    figure.update_xaxes(type="log", title=text(lang, "analytics.minutes"), dtick=1)
    return draw_chart(name, figure, lang, height=max(180, 60 + 34 * len(found)), label=label)


def draw_histogram(bins: Sequence[StageBin], stage: str, lang: str, link: Link) -> Component:
    """Draw how many visits took how long; a bar leads to their orders."""
    counted: Counter[int] = Counter()
    for each in bins:
        counted[each.bin] += each.visits
    spread = measure_spread(bins)
    if spread is None:
        return draw_nothing(lang)
    places = range(min(counted), max(counted) + 1)
    edges = [(WIDTH**place, WIDTH ** (place + 1)) for place in places]
    figure = go.Figure()
    figure.add_bar(
        x=[place + 0.5 for place in places],
        y=[counted[place] for place in places],
        width=1,
        marker={"color": CALM_SOFT, "line": {"width": 1, "color": PANEL}},
        customdata=[link(stage=stage, least=f"{least:.3f}", most=f"{most:.3f}") for least, most in edges],
        hovertext=[f"{say_seconds(least, lang)} – {say_seconds(most, lang)}" for least, most in edges],
        hovertemplate="%{hovertext}: %{y}<extra></extra>",
    )
    for share in (0.5, 0.85, 0.95):
        figure.add_vline(
            x=_place(spread.percentiles[share]),
            line={"color": TEXT_SOFT, "width": 1, "dash": "dot"},
            annotation={"text": f"P{round(share * 100)}", "font": {"size": 12, "color": TEXT_SOFT}},
            annotation_position="top right",
        )
    ticks = [seconds for seconds in _TICKS if places[0] <= _place(seconds) <= places[-1] + 1]
    figure.update_xaxes(
        tickvals=[_place(seconds) for seconds in ticks], ticktext=[say_seconds(each, lang) for each in ticks]
    )
    figure.update_yaxes(title=text(lang, "analytics.visits"))
    return draw_chart("histogram", figure, lang, label=text(lang, "analytics.visits"))


def _place(seconds: float) -> float:
    """Return where a duration lies on an axis of bins."""
    return log(max(seconds, 1.0)) / log(WIDTH)


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
        for seconds, dash in (
            (chart.lower_seconds, "dash"),
            (chart.centre_seconds, "solid"),
            (chart.upper_seconds, "dash"),
        ):
            figure.add_hline(y=seconds / 60, line={"color": TEXT_SOFT, "width": 1, "dash": dash})
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


def draw_percentiles(bins: Sequence[StageBin], workshop: Workshop, lang: str, link: Link) -> dag.AgGrid:
    """Draw the table of percentiles, a row for each stage and job type."""
    columns = [
        column("stage", text(lang, "analytics.stage"), flex=2, minWidth=120),
        column("job", text(lang, "analytics.job_type"), flex=2),
        column("visits", text(lang, "analytics.visits"), flex=1),
        *(
            column(f"p{round(share * 100)}", f"P{round(share * 100)}", flex=1, minWidth=64)
            for share in SHARES
        ),
        column("mean", text(lang, "analytics.mean"), flex=1, minWidth=70),
    ]
    rows: list[Row] = []
    for stage in workshop.stages:
        own = [each for each in bins if each.stage == stage.key]
        rows += _list_spreads(own, stage, lang, link)
    return draw_table("stages", columns, rows, lang)


def _list_spreads(own: Sequence[StageBin], stage: Stage, lang: str, link: Link) -> list[Row]:
    rows: list[Row] = []
    for job_type in (None, *sorted({each.job_type for each in own if each.job_type})):
        spread = measure_spread(each for each in own if job_type in (None, each.job_type))
        if spread is None:
            continue
        job = name_job(job_type, lang) if job_type else text(lang, "analytics.any_job")
        minutes = {f"p{round(share * 100)}": each / 60 for share, each in spread.percentiles.items()}
        minutes["mean"] = spread.mean_seconds / 60
        rows.append(
            {
                "id": f"{stage.key} {job}",
                "stage": stage.name(lang),
                "stage_words": stage.name(lang),
                "job": job,
                "job_words": job,
                "visits": spread.visits,
                "visits_words": say_count(spread.visits, lang),
                "href": link(stage=stage.key, **({"job": job_type} if job_type else {})),
                "work_order": stage.name(lang),
                "card": f"{job}, P50 {say_seconds(spread.percentiles[0.5], lang)}",
                **minutes,
                **{f"{name}_words": say_count(each, lang) for name, each in minutes.items()},
            }
        )
    return rows
