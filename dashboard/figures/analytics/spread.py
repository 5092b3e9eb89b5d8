"""How durations spread: boxes by stage and job type, a distribution, the table of percentiles. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Stage, Workshop
from dashboard.figures.analytics.words import Link, name_job, say_count, say_seconds
from dashboard.figures.kit.chart import (
    AMBER,
    CALM,
    CALM_SOFT,
    PANEL,
    TEXT_SOFT,
    draw_chart,
    draw_nothing,
)
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.table import Row, draw_table
from models.analytics.bins import WIDTH
from models.analytics.pictures import SHARES, Spread, StageBin, measure_spread

# Durations that the axis of a distribution names.
_TICKS = (1, 10, 60, 300, 900, 3600, 14400, 43200, 172800, 604800)


@dataclass(frozen=True, slots=True)
class Box:
    """How durations of one name spread, and where a click on it leads."""

    words: str
    spread: Spread
    colour: str
    address: str


def draw_spreads(bins: Sequence[StageBin], stages: Sequence[Stage], lang: str, link: Link) -> Component:
    """Draw a box for each stage of the flow."""
    found = []
    for stage in reversed(stages):
        if spread := measure_spread(each for each in bins if each.stage == stage.key):
            colour = CALM if stage.kind == "touch" else AMBER
            found.append(Box(stage.name(lang), spread, colour, link("stages", stage=stage.key)))
    return draw_boxes("spread", found, lang, text(lang, "analytics.spread_title"))


def draw_jobs(bins: Sequence[StageBin], stage: str, lang: str, link: Link) -> Component:
    """Draw a box for each job type in one stage."""
    found = []
    for job_type in sorted({each.job_type or "" for each in bins}, reverse=True):
        if spread := measure_spread(each for each in bins if (each.job_type or "") == job_type):
            address = link(stage=stage, job=job_type) if job_type else link(stage=stage)
            found.append(Box(name_job(job_type, lang), spread, CALM, address))
    return draw_boxes("jobs", found, lang, text(lang, "analytics.job_type"))


def draw_boxes(name: str, found: Sequence[Box], lang: str, label: str) -> Component:
    """Draw percentiles as boxes of bars and lines, every part of which can be clicked."""
    if not found:
        return draw_nothing(lang)
    figure = go.Figure()
    # One trace for all boxes of a colour: each costs the browser as much as ten points.
    for colour in dict.fromkeys(box.colour for box in found):
        _add_boxes(figure, [box for box in found if box.colour == colour], colour, lang)
    figure.update_xaxes(type="log", title=text(lang, "analytics.minutes"), dtick=1)
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=[box.words for box in found])
    return draw_chart(name, figure, lang, height=max(180, 60 + 34 * len(found)), label=label)


def _add_boxes(figure: go.Figure, boxes: Sequence[Box], colour: str, lang: str) -> None:
    minutes = [{share: each / 60 for share, each in box.spread.percentiles.items()} for box in boxes]
    names, addresses = [box.words for box in boxes], [box.address for box in boxes]
    said = [_say_box(box, lang) for box in boxes]
    common: dict[str, Any] = {"hovertemplate": "%{hovertext}<extra></extra>", "showlegend": False}
    # A line ends at a point that is not there.
    figure.add_scatter(
        x=[end for each in minutes for end in (each[0.1], each[0.95], None)],
        y=[name for name in names for _ in range(3)],
        mode="lines",
        line={"color": colour, "width": 2},
        customdata=[address for address in addresses for _ in range(3)],
        hovertext=[words for words in said for _ in range(3)],
        **common,
    )
    common |= {"y": names, "customdata": addresses, "hovertext": said}
    figure.add_bar(
        x=[each[0.75] - each[0.25] for each in minutes],
        base=[each[0.25] for each in minutes],
        orientation="h",
        width=0.5,
        marker={"color": colour, "opacity": 0.55},
        **common,
    )
    figure.add_scatter(
        x=[each[0.5] for each in minutes],
        mode="markers",
        marker={"color": colour, "symbol": "line-ns", "size": 18, "line": {"width": 3, "color": colour}},
        **common,
    )


def _say_box(box: Box, lang: str) -> str:
    visits = f"{box.words}, {text(lang, 'analytics.visits')}: {say_count(box.spread.visits, lang)}"
    percentiles = box.spread.percentiles
    said = [f"P{round(share * 100)}: {say_seconds(percentiles[share], lang)}" for share in SHARES]
    return "<br>".join([visits, *said])


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
    lines = {f"P{round(share * 100)}": _place(spread.percentiles[share]) for share in (0.5, 0.85, 0.95)}
    upright: dict[str, Any] = {"type": "line", "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
    beside: dict[str, Any] = {"xref": "x", "y": 1, "yref": "y domain", "xanchor": "left", "yanchor": "top"}
    figure.update_layout(
        shapes=[
            {"x0": x, "x1": x, "line": {"color": TEXT_SOFT, "width": 1, "dash": "dot"}, **upright}
            for x in lines.values()
        ],
        annotations=[
            {"text": name, "x": x, "showarrow": False, "font": {"size": 12, "color": TEXT_SOFT}, **beside}
            for name, x in lines.items()
        ],
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
