"""A week on one sheet of paper: figures beside the week before, waits, stages, the longest orders. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from dash import dcc, html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.overview import GROUPS
from dashboard.figures.analytics.words import (
    UNKNOWN,
    name_cause,
    name_figure,
    name_job,
    name_site,
    say_count,
    say_date,
    say_figure,
    say_seconds,
    say_share,
)
from dashboard.figures.kit.addresses import order_address
from models.analytics.overview import FIGURES, Overview, mean_wait
from models.analytics.pictures import ListedOrder, StageBin, measure_spread
from models.analytics.selection import Selection

_MOST_ORDERS = 10
_SHARES = (0.5, 0.85, 0.95)
_Cells = list[str | Component]


def draw_week(
    overview: Overview,
    bins: Sequence[StageBin],
    orders: Sequence[ListedOrder],
    selection: Selection,
    workshop: Workshop,
    lang: str,
) -> list[Component]:
    """Draw the sheet of the week that a selection is."""
    sites = "、" if lang == "zh" else ", "
    names = sites.join(name_site(site, workshop, lang) for site in selection.sites)
    last = selection.until - timedelta(days=1)
    period = text(lang, "analytics.period", first=say_date(selection.since, lang), last=say_date(last, lang))
    return [
        html.Article(
            [
                html.Div(
                    html.Button(text(lang, "analytics.print"), type="button", className="print-page"),
                    className="tools",
                ),
                html.H1(
                    text(lang, "analytics.week_title", week=selection.since.isocalendar().week, site=names)
                ),
                html.P(period, className="chosen"),
                *(_draw_figures(group, overview, lang) for group in GROUPS),
                _draw_waits(overview, workshop, lang),
                _draw_stages(bins, workshop, lang),
                _draw_longest(orders, lang),
            ],
            className="week",
        )
    ]


def _draw_rows(heads: Sequence[str], rows: Sequence[_Cells]) -> Component:
    def style(number: int) -> str:
        return "number" if number else ""

    return html.Table(
        [
            html.Thead(html.Tr([html.Th(head, className=style(n)) for n, head in enumerate(heads)])),
            html.Tbody(
                [html.Tr([html.Td(cell, className=style(n)) for n, cell in enumerate(row)]) for row in rows]
            ),
        ],
        className="rows",
    )


def _draw_figures(group: str, overview: Overview, lang: str) -> Component:
    heads = [
        text(lang, f"analytics_group.{group}"),
        text(lang, "analytics.this_week"),
        text(lang, "analytics.week_before"),
    ]
    rows: list[_Cells] = [
        [
            html.Span(name_figure(name, lang), title=text(lang, f"analytics_formula.{name}")),
            html.B(say_figure(name, FIGURES[name](overview.now), lang)),
            say_figure(name, FIGURES[name](overview.before), lang),
        ]
        for name in GROUPS[group]
    ]
    return html.Section(_draw_rows(heads, rows), className="group")


def _draw_waits(overview: Overview, workshop: Workshop, lang: str) -> Component:
    waits = overview.now.wait_seconds
    total = sum(waits.values()) or 1.0
    heads = [
        text(lang, "analytics.waits_title"),
        text(lang, "analytics.share_of_time"),
        text(lang, "analytics.this_week"),
        text(lang, "analytics.week_before"),
    ]
    rows: list[_Cells] = [
        [
            name_cause(cause, workshop, lang),
            say_share(waits[cause] / total, lang),
            html.B(say_seconds(mean_wait(overview.now, cause) or 0.0, lang)),
            say_seconds(mean_wait(overview.before, cause) or 0.0, lang),
        ]
        for cause in sorted(waits, key=lambda cause: -waits[cause])
    ]
    return html.Section(_draw_rows(heads, rows), className="group")


def _draw_stages(bins: Sequence[StageBin], workshop: Workshop, lang: str) -> Component:
    heads = [text(lang, "analytics.week_stages"), text(lang, "analytics.visits")]
    heads += [f"P{round(share * 100)}" for share in _SHARES]
    rows: list[_Cells] = [
        [
            stage.name(lang),
            say_count(spread.visits, lang),
            *(say_seconds(spread.percentiles[share], lang) for share in _SHARES),
        ]
        for stage in workshop.stages
        if (spread := measure_spread(each for each in bins if each.stage == stage.key))
    ]
    return html.Section(_draw_rows(heads, rows), className="group")


def _draw_longest(orders: Sequence[ListedOrder], lang: str) -> Component:
    heads = [
        text(lang, "analytics.week_slowest"),
        text(lang, "analytics.plate"),
        text(lang, "analytics.job_type"),
        text(lang, "analytics.cycle_hours"),
        text(lang, "analytics.touch_hours"),
    ]
    rows: list[_Cells] = [
        [
            dcc.Link(order.work_order, href=order_address(order.site, order.work_order)),
            order.plate or UNKNOWN,
            name_job(order.job_type, lang),
            say_count((order.cycle_seconds or 0.0) / 3600, lang),
            say_count((order.touch_seconds or 0.0) / 3600, lang),
        ]
        for order in orders[:_MOST_ORDERS]
    ]
    return html.Section(_draw_rows(heads, rows), className="group")
