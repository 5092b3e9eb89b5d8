"""The flow of cars: how many reached each stage by the hour, how old those are that are here. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import dash_ag_grid as dag
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.figures.analytics.words import (
    UNKNOWN,
    name_job,
    name_site,
    name_stage,
    say_count,
    say_instant,
    say_seconds,
    zone_of,
)
from dashboard.figures.kit.addresses import order_address
from dashboard.figures.kit.banner import draw_empty
from dashboard.figures.kit.chart import ALARM, CALM, FLOW, TEXT_SOFT, draw_chart, draw_nothing
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.table import Row, draw_table
from models.analytics.pictures import CarHere

Usual = Mapping[str | None, float]


def draw_cumulative_flow(
    hours: Sequence[datetime], counts: Mapping[str, Sequence[int]], workshop: Workshop, lang: str
) -> Component:
    """Draw a band for each stage: the cars between its line and the next."""
    if not any(any(line) for line in counts.values()):
        return draw_nothing(lang)
    figure = go.Figure()
    flow = list(counts)
    for place, stage in reversed(list(enumerate(flow))):
        behind = counts[flow[place + 1]] if place + 1 < len(flow) else [0] * len(hours)
        inside = [here - later for here, later in zip(counts[stage], behind, strict=True)]
        figure.add_scatter(
            x=list(hours),
            y=inside,
            stackgroup="flow",
            name=name_stage(stage, workshop, lang),
            mode="lines",
            line={"width": 0.5, "color": FLOW[place % len(FLOW)]},
            fillcolor=FLOW[place % len(FLOW)],
            hovertemplate="%{y}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(hovermode="x unified", legend={"traceorder": "reversed"})
    figure.update_xaxes(hoverformat="%Y-%m-%d %H:%M")
    figure.update_yaxes(title=text(lang, "analytics.cars"))
    return draw_chart("flow", figure, lang, height=380, label=text(lang, "analytics.flow_title"))


def draw_ageing(
    cars: Sequence[CarHere], usual: Usual, workshop: Workshop, now: datetime, lang: str
) -> Component:
    """Draw each car that is here by stage and age; one older than the P85 of its job type stands out."""
    if not cars:
        return draw_empty(text(lang, "analytics.no_cars_title"), text(lang, "analytics.no_cars"))
    figure = go.Figure()
    order = [name_stage(stage.key, workshop, lang) for stage in workshop.stages if stage.kind != "end"]
    kinds = (
        (True, text(lang, "analytics.ageing_over"), ALARM, "diamond"),
        (False, text(lang, "analytics.ageing_within"), CALM, "circle"),
        (None, text(lang, "analytics.ageing_none"), TEXT_SOFT, "circle-open"),
    )
    for kind, name, colour, symbol in kinds:
        group = [car for car in cars if is_old(car, usual, now) is kind]
        if group:
            figure.add_scatter(
                x=[name_stage(car.stage, workshop, lang) for car in group],
                y=[_age_hours(car, now) for car in group],
                mode="markers",
                name=name,
                marker={"color": colour, "symbol": symbol, "size": 11, "opacity": 0.85},
                customdata=[order_address(car.site, car.work_order) for car in group],
                hovertext=[_say_car(car, usual, now, lang) for car in group],
                hovertemplate="%{hovertext}<extra></extra>",
            )
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=order)
    figure.update_yaxes(title=text(lang, "analytics.hours"), rangemode="tozero")
    return draw_chart("ageing", figure, lang, height=380, label=text(lang, "analytics.ageing_title"))


def is_old(car: CarHere, usual: Usual, now: datetime) -> bool | None:
    """Say whether a car is older than 85 of 100 of its kind became; None where nothing is known."""
    known = usual.get(car.job_type)
    return None if known is None else (now - car.opened_at).total_seconds() > known


def _age_hours(car: CarHere, now: datetime) -> float:
    return (now - car.opened_at).total_seconds() / 3600


def _say_car(car: CarHere, usual: Usual, now: datetime, lang: str) -> str:
    age = say_seconds((now - car.opened_at).total_seconds(), lang)
    known = usual.get(car.job_type)
    limit = say_seconds(known, lang) if known is not None else UNKNOWN
    return f"{car.work_order} · {car.plate or UNKNOWN}<br>{name_job(car.job_type, lang)}: {age} (P85 {limit})"


def draw_cars(
    cars: Sequence[CarHere], usual: Usual, workshop: Workshop, now: datetime, lang: str
) -> dag.AgGrid:
    """Draw the cars that are here as a table."""
    columns = [
        column("work_order", text(lang, "analytics.order"), renderer="OrderLink", flex=2, minWidth=130),
        column("plate", text(lang, "analytics.plate"), flex=2),
        column("job", text(lang, "analytics.job_type"), flex=2),
        column("stage", text(lang, "analytics.stage"), flex=2),
        column("bay", text(lang, "analytics.bay"), flex=1),
        column("age", text(lang, "analytics.age"), flex=1),
        column("usual", text(lang, "analytics.usual"), flex=1),
        column("promised", text(lang, "analytics.promised"), flex=2),
        column("site", text(lang, "analytics.site"), flex=2, hide=len({car.site for car in cars}) < 2),  # noqa: PLR2004  # one says nothing
    ]
    return draw_table("cars", columns, [_list_car(car, usual, workshop, now, lang) for car in cars], lang)


def _list_car(car: CarHere, usual: Usual, workshop: Workshop, now: datetime, lang: str) -> Row:
    zone = zone_of(car.site, workshop)
    age, known = _age_hours(car, now), usual.get(car.job_type)
    stage = name_stage(car.stage, workshop, lang)
    return {
        "id": f"{car.site}/{car.work_order}",
        "href": order_address(car.site, car.work_order),
        "work_order": car.work_order,
        "plate_words": car.plate or UNKNOWN,
        "job_words": name_job(car.job_type, lang),
        "stage_words": stage,
        "bay_words": car.bay or UNKNOWN,
        "age": age,
        "age_words": say_count(age, lang),
        "age_level": "over" if is_old(car, usual, now) else "none",
        "usual": None if known is None else known / 3600,
        "usual_words": UNKNOWN if known is None else say_count(known / 3600, lang),
        "promised": car.promised_at.isoformat() if car.promised_at else None,
        "promised_words": say_instant(car.promised_at, zone, lang),
        "site_words": name_site(car.site, workshop, lang),
        "card": f"{stage}, {say_seconds(age * 3600, lang)}",
    }


def draw_many(sites: int, lang: str) -> Component:
    """Say that the flow is not drawn for so many sites."""
    return html.P(text(lang, "analytics.flow_many", sites=sites), className="nothing")
