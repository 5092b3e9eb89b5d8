"""How expected ready times turned out: coverage against its goals, errors, and a table. Pure.

The words stand in `dashboard.figures.analytics.calibration.words`, the charts over weeks and of reliability
in `dashboard.figures.analytics.calibration.charts`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.calibration.charts import (
    compare_errors,
    draw_reliability,
    draw_risks,
    draw_week_coverage,
    draw_week_errors,
)
from dashboard.figures.analytics.calibration.words import say_learned, say_outcome
from dashboard.figures.analytics.words import (
    UNKNOWN,
    Link,
    name_job,
    name_stage,
    say_count,
    say_share,
)
from dashboard.figures.kit.banner import draw_empty
from dashboard.figures.kit.chart import (
    AMBER,
    CALM,
    CALM_PALE,
    draw_band,
    draw_chart,
    draw_nothing,
    draw_panel,
)
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.table import Row, draw_table, draw_tools
from models.analytics.estimate.outcomes import GOALS, Learning, Outcomes, Reached, Share

# What more sites have learned is seen once they are chosen.
_MOST_SITES = 4


@dataclass(frozen=True, slots=True)
class CalibrationRead:
    """What the page is drawn from; `stage` is the one whose charts are shown, of the judged `stages`."""

    outcomes: Sequence[Outcomes]
    by_job: Sequence[Outcomes]
    by_week: Sequence[Outcomes]
    bins: Sequence[Reached]
    learned: Sequence[Learning]
    sites: Sequence[str]
    stages: Sequence[str]
    stage: str
    notes: Sequence[str]


def draw_calibration(read: CalibrationRead, workshop: Workshop, lang: str, link: Link) -> list[Component]:
    """Draw everything of the view; where nothing was judged, say so and what estimates rest on."""
    note = " ".join([text(lang, "calibration.note"), *read.notes])
    title = text(lang, "calibration.title")
    learned = [say_learned(site, read.learned, workshop, lang) for site in read.sites[:_MOST_SITES]]
    if more := len(read.sites) - len(learned):
        learned.append(html.Li(text(lang, "calibration.more_sites", sites=more)))
    if not read.outcomes:
        empty = draw_empty(text(lang, "calibration.nothing_title"), text(lang, "calibration.nothing"))
        return [html.Div([draw_panel(title, note, _list(learned), empty, wide=True)], className="columns")]
    found = [
        say_outcome(each, workshop, lang)
        for stage in read.stages
        for each in read.outcomes
        if each.stage == stage
    ]
    weeks = [each for each in read.by_week if each.stage == read.stage]
    stage = name_stage(read.stage, workshop, lang)
    reliability = text(lang, "calibration.reliability_title", stage=stage)
    risks = text(lang, "calibration.risk_title", stage=stage)
    by_week = text(lang, "calibration.weeks_title", stage=stage)
    errors = text(lang, "calibration.errors_title", stage=stage)
    panels = [
        draw_panel(title, note, _list([*found, *learned]), wide=True),
        draw_panel(
            text(lang, "calibration.coverage_title"),
            text(lang, "calibration.coverage_note"),
            draw_coverage(read.outcomes, read.stages, workshop, lang, link),
        ),
        draw_panel(
            text(lang, "calibration.error_title"),
            text(lang, "calibration.error_note"),
            draw_errors(read.outcomes, read.stages, workshop, lang, link),
        ),
        draw_panel(
            reliability,
            text(lang, "calibration.reliability_note"),
            draw_reliability(read.bins, read.stage, lang, label=reliability),
        ),
        draw_panel(
            risks,
            text(lang, "calibration.risk_note"),
            draw_risks(read.bins, read.stage, lang, label=risks),
        ),
        draw_panel(
            by_week,
            text(lang, "calibration.weeks_note"),
            draw_week_coverage(weeks, lang, label=by_week),
        ),
        draw_panel(
            errors,
            text(lang, "calibration.errors_note"),
            draw_week_errors(weeks, lang, label=errors),
        ),
        draw_panel(
            text(lang, "calibration.jobs_title"),
            "",
            draw_jobs(read.by_job, read.stages, workshop, lang, link),
            tools=draw_tools("calibration", lang),
            wide=True,
        ),
    ]
    return [html.Div(panels, className="columns")]


def _list(items: Sequence[html.Li]) -> Component:
    return html.Ul(list(items), className="findings")


def draw_coverage(
    outcomes: Sequence[Outcomes], stages: Sequence[str], workshop: Workshop, lang: str, link: Link
) -> Component:
    """Draw the share that was ready before P50 and P80 for each stage, with its band, over the goals."""
    figure = go.Figure()
    shown = [each for stage in reversed(stages) for each in outcomes if each.stage == stage]
    names = [name_stage(each.stage, workshop, lang) for each in shown]
    for percentile, colour in ((50, CALM), (80, AMBER)):
        least, most = GOALS[percentile]
        figure.add_vrect(x0=least, x1=most, fillcolor=CALM_PALE, line_width=0, layer="below")
        shares = [share for each in shown if (share := each.cover(percentile))]
        figure.add_scatter(
            x=[share.value for share in shares],
            y=names,
            mode="markers",
            name=f"P{percentile}",
            marker={"color": colour, "size": 12},
            error_x=draw_band([(share.low, share.value, share.high) for share in shares], colour),
            customdata=[link("calibration", stage=each.stage) for each in shown],
            hovertext=[_say_share(share, lang) for share in shares],
            hovertemplate="%{hovertext}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(tickformat=".0%", range=[0.3, 1.0], dtick=0.1)
    figure.update_yaxes(type="category", range=[-0.5, len(shown) - 0.5])
    label = text(lang, "calibration.coverage_title")
    return draw_chart("coverage", figure, lang, height=max(200, 90 + 60 * len(shown)), label=label)


def _say_share(share: Share, lang: str) -> str:
    return f"{say_share(share.value, lang)} ({say_share(share.low, lang)} – {say_share(share.high, lang)})"


def draw_errors(
    outcomes: Sequence[Outcomes], stages: Sequence[str], workshop: Workshop, lang: str, link: Link
) -> Component:
    """Draw the mean errors of the estimate, the promise and the plain median side by side."""
    figure = go.Figure()
    shown = [each for stage in stages for each in outcomes if each.stage == stage]
    names = [name_stage(each.stage, workshop, lang) for each in shown]
    addresses = [link("calibration", stage=each.stage) for each in shown]
    for each in compare_errors(shown, lang):
        figure.add_bar(
            x=names,
            y=each.minutes,
            name=each.name,
            marker={"color": each.colour},
            customdata=addresses,
            hovertext=each.said,
            hovertemplate="%{hovertext}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="group", bargap=0.35)
    figure.update_yaxes(title=text(lang, "calibration.minutes"))
    return draw_chart("errors", figure, lang, height=210, label=text(lang, "calibration.error_title"))


def draw_jobs(
    outcomes: Sequence[Outcomes], stages: Sequence[str], workshop: Workshop, lang: str, link: Link
) -> dag.AgGrid | Component:
    """Draw the table by stage and job type, the most frequent first."""
    if not outcomes:
        return draw_nothing(lang)
    columns = [
        column("job", text(lang, "analytics.job_type"), renderer="OrderLink", flex=2),
        column("stage", text(lang, "calibration.stage"), flex=2),
        column("orders", text(lang, "calibration.orders"), flex=1, sort="desc"),
        column("half", text(lang, "calibration.before_median"), flex=2),
        column("most", text(lang, "calibration.before_late"), flex=2),
        column("error", text(lang, "calibration.error"), flex=1),
        column("promise", text(lang, "calibration.promise_error"), flex=1),
        column("median", text(lang, "calibration.median_error"), flex=1),
        column("gain", text(lang, "calibration.gain"), flex=1),
    ]
    ordered = sorted(outcomes, key=lambda each: stages.index(each.stage) if each.stage in stages else 0)
    return draw_table(
        "calibration", columns, [_list_job(each, workshop, lang, link) for each in ordered], lang
    )


def _list_job(each: Outcomes, workshop: Workshop, lang: str, link: Link) -> Row:
    job = name_job(each.job_type, lang)
    shares = {"half": each.cover(50), "most": each.cover(80)}
    minutes = {
        "error": each.mean_error_seconds,
        "promise": each.mean_promise_error_seconds,
        "median": each.mean_median_error_seconds,
    }
    row: Row = {
        "id": f"{each.stage}/{each.job_type}",
        "job_words": job,
        "work_order": job,
        "href": link("calibration", stage=each.stage, job=each.job_type or ""),
        "stage_words": name_stage(each.stage, workshop, lang),
        "orders": each.orders,
        "orders_words": say_count(each.orders, lang),
        "gain": each.median_gain,
        "gain_words": UNKNOWN if each.median_gain is None else say_share(each.median_gain, lang),
    }
    for name, share in shares.items():
        row[name] = share.value if share else None
        row[f"{name}_words"] = _say_share(share, lang) if share else UNKNOWN
    for name, seconds in minutes.items():
        row[name] = None if seconds is None else seconds / 60
        row[f"{name}_words"] = UNKNOWN if seconds is None else say_count(seconds / 60, lang)
    row["card"] = f"{row['stage_words']}: {row['half_words']}, {row['most_words']}"
    return row
