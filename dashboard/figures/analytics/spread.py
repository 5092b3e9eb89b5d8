"""How durations spread: boxes by stage and job type, a distribution, the table of percentiles. Pure."""

from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Any

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Stage, Workshop
from dashboard.figures.analytics.look import (
    AMBER,
    CALM,
    CALM_SOFT,
    PANEL,
    TEXT_SOFT,
    draw_chart,
    draw_nothing,
)
from dashboard.figures.analytics.table import Row, draw_table
from dashboard.figures.analytics.words import Link, name_job, say_count, say_seconds
from dashboard.figures.grid import column
from models.analytics.bins import WIDTH
from models.analytics.pictures import SHARES, Spread, StageBin, measure_spread

# Durations that the axis of a distribution names.
_TICKS = (1, 10, 60, 300, 900, 3600, 14400, 43200, 172800, 604800)


def draw_spreads(bins: Sequence[StageBin], stages: Sequence[Stage], lang: str, link: Link) -> Component:
    """Draw a box for each stage of the flow."""
    found = []
    for stage in reversed(stages):
        if spread := measure_spread(each for each in bins if each.stage == stage.key):
            colour = CALM if stage.kind == "touch" else AMBER
            found.append((stage.name(lang), spread, colour, link("stages", stage=stage.key)))
    return draw_boxes("spread", found, lang, text(lang, "analytics.spread_title"))


def draw_jobs(bins: Sequence[StageBin], stage: str, lang: str, link: Link) -> Component:
    """Draw a box for each job type in one stage."""
    found = []
    for job_type in sorted({each.job_type or "" for each in bins}, reverse=True):
        if spread := measure_spread(each for each in bins if (each.job_type or "") == job_type):
            address = link(stage=stage, job=job_type) if job_type else link(stage=stage)
            found.append((name_job(job_type, lang), spread, CALM, address))
    return draw_boxes("jobs", found, lang, text(lang, "analytics.job_type"))


def draw_boxes(name: str, found: Sequence[tuple[str, Spread, str, str]], lang: str, label: str) -> Component:
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
