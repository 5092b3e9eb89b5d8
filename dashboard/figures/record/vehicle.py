"""A vehicle's own page: what it is, its visits with their stages, and its trouble codes over time. Pure."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.codes import explain_code
from config.texts import name_stored, read_catalogue, text
from config.workshop import Workshop
from dashboard.figures.analytics.words import (
    UNKNOWN,
    join_known,
    name_job,
    name_site,
    name_stage,
    say_count,
    say_date,
    say_seconds,
    zone_of,
)
from dashboard.figures.kit.addresses import order_address
from dashboard.figures.kit.chart import ALARM, FLOW, draw_chart, draw_panel
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.list import draw_list
from dashboard.figures.kit.number import say_whole
from dashboard.figures.kit.table import Row, draw_tools
from dashboard.figures.kit.time_axis import frame_days
from models.analytics.record.vehicle import FoundCode, VehicleHead, VehicleRecord, VehicleVisit

# Visits and codes that a chart has room for; the tables have them all.
_DRAWN_VISITS, _DRAWN_CODES = 16, 14


def draw_head(record: VehicleRecord, lang: str) -> Component:
    """Draw which vehicle it is, how far it has been driven, and whose it was last."""
    head = record.head
    newest = record.visits[0] if record.visits else None
    here = newest is not None and newest.closed_at is None
    customer = join_known(newest.customer_name, newest.customer_phone) if newest else UNKNOWN
    facts = (
        (text(lang, "vehicle.vin"), head.vin),
        (text(lang, "vehicle.model"), join_known(head.make, head.model, head.year)),
        (text(lang, "vehicle.powertrain"), _say_powertrain(head, lang)),
        (text(lang, "vehicle.in_service"), say_date(head.in_service_on, lang)),
        (text(lang, "order.customer"), customer),
        (text(lang, "vehicle.mileage"), _say_mileage(head, lang)),
        (text(lang, "vehicle.rate"), _say_rate(head, lang)),
        (text(lang, "vehicle.visits"), say_count(len(record.visits), lang)),
    )
    return html.Header(
        [
            html.Div(
                [
                    html.H1(head.plate or head.vin),
                    html.Span(text(lang, "vehicle.here"), className="state open") if here else None,
                ],
                className="title",
            ),
            html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts], className="facts"),
        ]
    )


def _say_powertrain(head: VehicleHead, lang: str) -> str:
    """Return the word of a powertrain that has one, else what the dealer's system called it."""
    said = head.powertrain or UNKNOWN
    return read_catalogue(lang).get(f"powertrain.{re.sub('[ -]', '_', said.lower())}", said)


def _say_mileage(head: VehicleHead, lang: str) -> str:
    if head.km is None or head.km_at is None:
        return UNKNOWN
    day = say_date(head.km_at.date(), lang)
    return text(lang, "vehicle.km_on", km=say_whole(head.km, lang), day=day)


def _say_rate(head: VehicleHead, lang: str) -> str:
    if head.km_per_day is None or head.rate_from is None:
        return UNKNOWN
    basis = name_stored(lang, "vehicle_rate", head.rate_from)
    low, high = head.km_per_day_low or head.km_per_day, head.km_per_day_high or head.km_per_day
    said = {"km": head.km_per_day, "low": low, "high": high}
    figures = {name: say_whole(km, lang) for name, km in said.items()}
    return text(lang, "vehicle.km_a_day", basis=basis, **figures)


def draw_visits(record: VehicleRecord, workshop: Workshop, now: datetime, lang: str) -> Component:
    """Draw the visits: the newest as bars of their stages, all of them as a table."""
    title = text(lang, "vehicle.visits")
    if not record.visits:
        return draw_panel(title, "", html.P(text(lang, "vehicle.no_visits"), className="nothing"), wide=True)
    columns = [
        column("work_order", text(lang, "analytics.order"), renderer="OrderLink", flex=2, minWidth=150),
        column("opened", text(lang, "analytics.opened"), flex=2, minWidth=120),
        column("job", text(lang, "analytics.job_type"), flex=1),
        column("operations", text(lang, "vehicle.operations"), flex=5, minWidth=360),
        column("stayed", text(lang, "analytics.cycle_hours"), flex=1),
        column("state", text(lang, "vehicle.state"), flex=2, minWidth=120),
        column("site", text(lang, "analytics.site"), flex=2),
    ]
    rows = [_list_visit(visit, workshop, now, lang) for visit in record.visits]
    table = draw_list("visits", columns, rows, lang)
    chart = _draw_stays(record.visits[:_DRAWN_VISITS], workshop, now, lang)
    note, tools = text(lang, "vehicle.visits_note"), draw_tools("visits", lang)
    return draw_panel(title, note, chart, table, tools=tools, wide=True)


def _draw_stays(visits: Sequence[VehicleVisit], workshop: Workshop, now: datetime, lang: str) -> Component:
    names = {visit.work_order: _name_visit(visit, workshop, lang) for visit in visits}
    figure = go.Figure()
    for place, stage in enumerate(workshop.stages):
        hours: defaultdict[str, float] = defaultdict(float)
        for visit in visits:
            for span in visit.spans:
                if span.stage == stage.key:
                    end = span.left_at or visit.closed_at or now
                    hours[visit.work_order] += max(0.0, (end - span.entered_at).total_seconds() / 3600)
        if not any(hours.values()):
            continue
        figure.add_bar(
            y=[names[visit.work_order] for visit in visits],
            x=[hours[visit.work_order] for visit in visits],
            orientation="h",
            name=stage.name(lang),
            marker={"color": FLOW[place % len(FLOW)]},
            customdata=[order_address(visit.site, visit.work_order) for visit in visits],
            hovertext=[say_seconds(hours[visit.work_order] * 3600, lang) for visit in visits],
            hovertemplate="%{y}: %{hovertext}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.35)
    figure.update_xaxes(title=text(lang, "analytics.hours"), rangemode="tozero")
    figure.update_yaxes(type="category", autorange="reversed")
    height = 110 + 26 * len(visits)
    return draw_chart("visits", figure, lang, height=height, label=text(lang, "vehicle.visits"))


def _name_visit(visit: VehicleVisit, workshop: Workshop, lang: str) -> str:
    return f"{_say_opened(visit, workshop, lang)} · {visit.work_order}"


def _say_opened(visit: VehicleVisit, workshop: Workshop, lang: str) -> str:
    zone = zone_of(visit.site, workshop)
    return say_date(visit.opened_at.astimezone(zone).date() if visit.opened_at else None, lang)


def _list_visit(visit: VehicleVisit, workshop: Workshop, now: datetime, lang: str) -> Row:
    stayed = ((visit.closed_at or now) - visit.opened_at).total_seconds() / 3600 if visit.opened_at else None
    state = text(lang, "order.cancelled") if visit.cancelled else name_stage(visit.stage, workshop, lang)
    return {
        "id": f"{visit.site}/{visit.work_order}",
        "href": order_address(visit.site, visit.work_order),
        "work_order": visit.work_order,
        "opened": visit.opened_at.isoformat() if visit.opened_at else None,
        "opened_words": _say_opened(visit, workshop, lang),
        "job_words": name_job(visit.job_type, lang),
        "operations_words": " · ".join(visit.operations),
        "stayed": stayed,
        "stayed_words": UNKNOWN if stayed is None else say_count(stayed, lang),
        "state_words": state,
        "site_words": name_site(visit.site, workshop, lang),
        "card": f"{state}, {' · '.join(visit.operations)}",
    }


def draw_codes(codes: Sequence[FoundCode], lang: str) -> Component:
    """Draw when each trouble code was found, and what it means."""
    title = text(lang, "order.codes")
    if not codes:
        return draw_panel(title, "", html.P(text(lang, "vehicle.no_codes"), className="nothing"))
    by_code: defaultdict[str, list[FoundCode]] = defaultdict(list)
    for found in codes:
        by_code[found.code].append(found)
    drawn = list(by_code)[:_DRAWN_CODES]
    figure = go.Figure()
    for status, symbol in (("permanent", "square"), ("confirmed", "circle"), ("pending", "circle-open")):
        group = [found for code in drawn for found in by_code[code] if found.status == status]
        if group:
            figure.add_scatter(
                x=[found.day for found in group],
                y=[found.code for found in group],
                mode="markers",
                name=name_stored(lang, "code_status", status),
                marker={"symbol": symbol, "size": 11, "color": ALARM},
                hovertext=[explain_code(lang, found.code) for found in group],
                hovertemplate="%{y}: %{hovertext}<br>%{x|%Y-%m-%d}<extra>%{fullData.name}</extra>",
            )
    days = frame_days([found.day for found in codes])
    figure.update_xaxes(type="date", hoverformat="%Y-%m-%d", autorangeoptions=days)
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=drawn[::-1])
    chart = draw_chart("found", figure, lang, height=110 + 26 * len(drawn), label=title)
    words = [
        html.Li(
            [
                html.B(code),
                html.Span(explain_code(lang, code)),
                html.I(text(lang, "vehicle.times", times=len(found), last=say_date(found[0].day, lang))),
            ]
        )
        for code, found in by_code.items()
    ]
    return draw_panel(title, "", chart, html.Ul(words, className="codes"))
