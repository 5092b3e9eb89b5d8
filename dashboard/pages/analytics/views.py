"""The views of the analytics pages: what each reads, and which figure draws it.

Owns nothing but the pairing; `bayboard bench analytics` times exactly these. What takes long in Python
is done beside the event loop, so that no screen waits for it.
"""

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.database import Connection
from dashboard.figures.analytics.bottleneck import draw_bottlenecks
from dashboard.figures.analytics.flow import draw_ageing, draw_cars, draw_cumulative_flow, draw_many
from dashboard.figures.analytics.orders import draw_orders
from dashboard.figures.analytics.overview import draw_overview
from dashboard.figures.analytics.people import draw_people
from dashboard.figures.analytics.stages import StagesRead, draw_stages
from dashboard.figures.analytics.week import draw_week
from dashboard.figures.kit.chart import draw_panel
from dashboard.figures.kit.table import draw_tools
from dashboard.pages.analytics.calibration import show_calibration
from dashboard.pages.analytics.faults import show_faults
from dashboard.pages.analytics.filter import choose_stage, say_condition
from dashboard.pages.analytics.question import Question, View, choose_site, say_site
from dashboard.pages.analytics.whatif import show_what_if
from models.analytics.bottleneck.days import find_bottlenecks
from models.analytics.significance import Factor, compare
from models.queries.analytics.bottleneck import (
    BOTTLENECK_DAYS,
    COMPARED_DAYS,
    read_intervals,
    read_jobs,
    read_labour,
)
from models.queries.analytics.flow import (
    FLOW_DAYS,
    MOST_FLOW_SITES,
    read_cars_here,
    read_flow,
    read_usual_ages,
)
from models.queries.analytics.orders import OrderCondition, list_orders, list_visits
from models.queries.analytics.overview import read_overview
from models.queries.analytics.people import read_bays, read_technicians
from models.queries.analytics.stages import (
    HEAT_SITE_DAYS,
    MOST_SITES_BY_DAY,
    read_stage_bins,
    read_stage_heat,
    read_stage_trend,
)


def count_bays(workshop: Workshop) -> Mapping[str, int]:
    """Return how many bays each site has."""
    return {site.key: len(site.bays) for site in workshop.sites}


async def show_overview(connection: Connection, question: Question) -> list[Component]:
    """Show where the time goes and how promises are kept."""
    bays = count_bays(question.workshop)
    overview = await read_overview(connection, question.selection, bays, question.now)
    if not overview.now.orders:
        return []
    return draw_overview(overview, question.workshop, question.lang, question.asked.link)


async def show_stages(connection: Connection, question: Question) -> list[Component]:
    """Show how long stages take, and one of them in full."""
    selection, lang = question.selection, question.lang
    stage = choose_stage(question.asked.stage, question.workshop)
    read = StagesRead(
        bins=await read_stage_bins(connection, selection),
        trend=await read_stage_trend(connection, selection, stage),
        heat=await read_stage_heat(connection, selection, stage),
        heat_days=selection.latest(HEAT_SITE_DAYS),
        by_months=len(selection.sites) > MOST_SITES_BY_DAY,
    )
    if not read.bins:
        return []
    return draw_stages(read, stage, selection, question.workshop, lang, question.asked.link)


async def show_flow(connection: Connection, question: Question) -> list[Component]:
    """Show how cars flow through, and how old those are that are here."""
    selection, lang, workshop, now = question.selection, question.lang, question.workshop, question.now
    flow = [stage.key for stage in workshop.stages]
    if len(selection.sites) > MOST_FLOW_SITES:
        band = draw_many(MOST_FLOW_SITES, lang)
    else:
        first = next(site for site in workshop.sites if site.key == selection.sites[0])
        read = await read_flow(connection, selection, flow, now.astimezone(first.zone))
        band = draw_cumulative_flow(*read, workshop, lang)
    usual = await read_usual_ages(connection, selection)
    cars = await read_cars_here(connection, selection)
    latest = text(lang, "analytics.latest_days", days=min(FLOW_DAYS, selection.days))
    ageing, table = text(lang, "analytics.ageing_title"), draw_cars(cars, usual, workshop, now, lang)
    return [
        html.Div(
            [
                draw_panel(
                    text(lang, "analytics.flow_title"),
                    " ".join([text(lang, "analytics.flow_note"), latest]),
                    band,
                ),
                draw_panel(
                    ageing,
                    text(lang, "analytics.ageing_note"),
                    draw_ageing(cars, usual, workshop, now, lang),
                ),
                draw_panel(ageing, "", table, tools=draw_tools("cars", lang), wide=True),
            ],
            className="columns",
        )
    ]


async def show_orders(connection: Connection, question: Question) -> list[Component]:
    """Show the orders, or the visits of a stage, behind a figure."""
    asked, selection = question.asked, question.selection
    if visits := asked.find_visits():
        orders = await list_visits(connection, selection, visits)
    else:
        orders = await list_orders(connection, selection, asked.find_orders())
    if not orders:
        return []
    return draw_orders(
        orders,
        say_condition(asked, question.workshop, question.lang),
        stage=asked.stage or None,
        waits="cause" in dict(asked.behind),
        selection=selection,
        workshop=question.workshop,
        lang=question.lang,
    )


async def show_bottleneck(connection: Connection, question: Question) -> list[Component]:
    """Show what held one site back, by both methods."""
    chosen = choose_site(question.selection, question.workshop, BOTTLENECK_DAYS)
    site, (begin, end) = chosen.site, chosen.find_span(question.now)
    intervals = await read_intervals(connection, site.key, begin, end)
    labour = await read_labour(connection, site.key, begin, end)
    if not intervals:
        return []
    stages, hours = question.workshop.stages, site.hours
    found = await to_thread(find_bottlenecks, intervals, labour, stages, hours, site.zone, begin, end)
    note = " ".join(say_site(chosen, question.selection, question.lang))
    return draw_bottlenecks(found, site.zone, note, question.workshop, question.lang, question.asked.link)


async def show_people(connection: Connection, question: Question) -> list[Component]:
    """Show what bays and technicians did, and who differs at one site."""
    chosen = choose_site(question.selection, question.workshop, COMPARED_DAYS)
    site, (begin, end) = chosen.site, chosen.find_span(question.now)
    selection = replace(question.selection, sites=(site.key,))
    technicians = await read_technicians(connection, selection)
    bays = await read_bays(connection, selection, question.now)
    jobs = await read_jobs(connection, site.key, begin, end)
    if not technicians and not bays:
        return []
    compared = {factor: await to_thread(compare, jobs, factor) for factor in Factor}
    workshop, lang = question.workshop, question.lang
    note = " ".join(say_site(chosen, question.selection, lang))
    return draw_people(technicians, bays, compared, note, workshop, lang, question.asked.link)


async def show_week(connection: Connection, question: Question) -> list[Component]:
    """Show the week in which the period ends, for paper."""
    last = question.selection.until - timedelta(days=1)
    monday = last - timedelta(days=last.weekday())
    week = replace(question.selection, since=monday, until=monday + timedelta(days=7))
    bays = count_bays(question.workshop)
    overview = await read_overview(connection, week, bays, question.now)
    bins = await read_stage_bins(connection, week)
    orders = await list_orders(connection, week, OrderCondition())
    if not orders:
        return []
    return draw_week(overview, bins, orders, week, question.workshop, question.lang)


VIEWS: Mapping[str, View] = {
    "overview": show_overview,
    "stages": show_stages,
    "flow": show_flow,
    "bottleneck": show_bottleneck,
    "people": show_people,
    "faults": show_faults,
    "calibration": show_calibration,
    "what-if": show_what_if,
    "orders": show_orders,
    "week": show_week,
}
