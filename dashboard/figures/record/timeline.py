"""The timeline of a work order: what it was in, who worked on it, and what was said of it, over closed hours.

Owns how `dashboard.figures.record.lanes` are drawn. What a rule inferred is hatched; a scan is a tick on
the lane of its stage. Pure; clock times are the site's own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
from dash.development.base_component import Component

from config.opening import OpeningHours
from config.texts import text
from config.workshop import Workshop
from dashboard.figures.kit.chart import CALM, PANEL, WARN, draw_chart, draw_nothing
from dashboard.figures.kit.time_axis import local_time
from dashboard.figures.record.lanes import (
    Bars,
    Marks,
    list_codes,
    list_parts,
    list_people,
    list_scans,
    list_stages,
    order_lanes,
)
from models.analytics.estimate.ready import ReadyEstimate
from models.analytics.record.order import OrderRecord

_CLOSED, _EXPECTED = "rgba(81, 97, 111, 0.11)", "rgba(58, 163, 186, 0.16)"
_LANE_PIXELS, _FRAME_PIXELS = 30, 96
# Closed hours of an order that is longer here are too many to tell apart.
_MOST_SHADED = timedelta(days=45)
_SHORTEST = timedelta(minutes=1)


def draw_timeline(
    record: OrderRecord,
    expected: ReadyEstimate | None,
    workshop: Workshop,
    hours: OpeningHours,
    zone: ZoneInfo,
    now: datetime,
    lang: str,
) -> Component:
    """Draw the timeline; an open order goes on until now."""
    bars = [*list_stages(record, workshop, zone, now, lang), *list_people(record, zone, now, lang)]
    marks = [list_scans(record, workshop, zone, lang), *list_parts(record, zone, lang)]
    marks.append(list_codes(record, zone, lang))
    lanes = order_lanes(record, workshop, lang)
    if not lanes:
        return draw_nothing(lang)
    figure = go.Figure()
    for each in bars:
        _add_bars(figure, each, zone)
    for mark in marks:
        _add_marks(figure, mark, zone)
    _add_times(figure, record, expected, zone, now, lang)
    end = record.head.closed_at or now
    _shade_closed(figure, record, hours, zone, end)
    figure.update_xaxes(type="date", showgrid=True, hoverformat="%Y-%m-%d %H:%M")
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=lanes, autorange="reversed", showgrid=True
    )
    figure.update_layout(barmode="overlay", bargap=0)
    label = text(lang, "order.timeline")
    height = _FRAME_PIXELS + _LANE_PIXELS * len(lanes)
    return draw_chart("timeline", figure, lang, height=height, label=label)


def _add_bars(figure: go.Figure, bars: Bars, zone: ZoneInfo) -> None:
    if not bars.spans:
        return
    spans = [
        (local_time(begin, zone), local_time(max(end, begin + _SHORTEST), zone)) for begin, end in bars.spans
    ]
    pattern: dict[str, Any] = {"shape": "/", "fgcolor": "#ffffff", "size": 7, "solidity": 0.35}
    figure.add_bar(
        x=[(end - begin).total_seconds() * 1000 for begin, end in spans],
        base=[begin for begin, _ in spans],
        y=bars.lanes,
        orientation="h",
        width=bars.width,
        name=bars.name,
        marker={"color": bars.colour, "line": {"width": 0}, **({"pattern": pattern} if bars.hatched else {})},
        hovertext=bars.said,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _add_marks(figure: go.Figure, marks: Marks, zone: ZoneInfo) -> None:
    if not marks.times:
        return
    figure.add_scatter(
        x=[local_time(at, zone) for at in marks.times],
        y=marks.lanes,
        mode="markers",
        name=marks.name,
        marker={
            "symbol": marks.symbol,
            "color": marks.colour,
            "size": marks.size,
            "line": {"width": 1.6, "color": marks.colour},
        },
        hovertext=marks.said,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _add_times(
    figure: go.Figure,
    record: OrderRecord,
    expected: ReadyEstimate | None,
    zone: ZoneInfo,
    now: datetime,
    lang: str,
) -> None:
    """Draw promises and now as lines, and when the car is expected to be ready as a band."""
    head = record.head
    moved = head.promised_at != head.first_promised_at
    first = text(lang, "order.first_promise" if moved else "order.promise")
    lines: Sequence[tuple[datetime | None, str, str, str]] = (
        (head.first_promised_at, first, WARN, "dash" if moved else "solid"),
        (head.promised_at if moved else None, text(lang, "order.moved_promise"), WARN, "solid"),
        (None if head.closed_at else now, text(lang, "order.now"), CALM, "dot"),
    )
    for at, words, colour, dash in lines:
        if at:
            figure.add_vline(x=local_time(at, zone), line={"color": colour, "width": 1.5, "dash": dash})
            figure.add_annotation(
                x=local_time(at, zone),
                y=1,
                yref="paper",
                yanchor="top",
                xanchor="left",
                text=words,
                showarrow=False,
                bgcolor=PANEL,
                opacity=0.9,
                font={"size": 12, "color": colour},
            )
    if expected:
        figure.add_vrect(
            x0=local_time(expected.p50_at, zone),
            x1=local_time(expected.p80_at, zone),
            fillcolor=_EXPECTED,
            line_width=0,
            layer="below",
        )


def _shade_closed(
    figure: go.Figure, record: OrderRecord, hours: OpeningHours, zone: ZoneInfo, end: datetime
) -> None:
    begin = record.began_at
    if begin is None or end - begin > _MOST_SHADED:
        return
    closed_from = begin
    for opens, closes in [*hours.spans_between(begin, end), (end, end)]:
        if opens > closed_from:
            figure.add_vrect(
                x0=local_time(closed_from, zone),
                x1=local_time(opens, zone),
                fillcolor=_CLOSED,
                line_width=0,
                layer="below",
            )
        closed_from = closes
