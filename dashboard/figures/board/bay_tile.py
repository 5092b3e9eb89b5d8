"""A bay of the wall: free, with a car, with a car nobody works on, or with more than one.

Owns what of a car is big and what is small. Pure: cars in, component out.
"""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Stage, Workshop
from dashboard.figures.board.car import (
    Judged,
    Judgements,
    car_times,
    describe_car,
    plate,
    risk_mark,
    say_reason,
    stage_line,
    tick,
    unregistered_mark,
    work_order,
)
from dashboard.figures.kit.number import say_number
from dashboard.figures.kit.part import data
from models.domain.board.wall import CarOnBoard

# Longer names are written smaller, and those that are longer still on two lines.
_SHORT_NAME, _LINE_OF_NAME = 4, 6
# A bay holds one car; two are shown when scans disagree, more are counted.
_SHOWN_IN_ONE_BAY = 2


_MOST_NAMED = 2
_LONGEST_NAME = 12


def bay_tile(
    bay: str,
    cars: Sequence[CarOnBoard] | None,
    judged: Judgements,
    workshop: Workshop,
    lang: str,
    *,
    page: int = 1,
    planned: bool = True,
) -> Component:
    """Return a bay's tile; `cars` is None when nothing is known yet, empty when the bay is free."""
    marks = [] if planned else [html.Span(text(lang, "wall.not_in_plan"), className="mark")]
    head: list[Component] = [html.Span(bay, className=_size_name(bay))]
    if not cars:
        kind = "unknown" if cars is None else "free"
        words = "" if cars is None else text(lang, "wall.free")
        body: list[Component] = [html.Div(words, className="vacancy")]
    elif len(cars) == 1:
        kind = "busy"
        body = [_whole_car(cars[0], marks, judged[cars[0].work_order], workshop, lang)]
    else:
        kind = "busy shared"
        head += [html.Span(text(lang, "wall.cars_in_bay", count=len(cars)), className="mark"), *marks]
        body = _shared_bay(cars, judged, workshop, lang)
    if cars and all(_stands(car, workshop) for car in cars):
        kind += " standing"
    if not planned:
        kind += " stray"
    if not cars or len(cars) > 1:
        head.append(tick("seen"))
    return html.Div(
        [html.Div(head, className="head"), *body],
        id=f"bay-{bay}",
        className=f"bay {kind}",
        **data(page=str(page)),
    )


def more_bays_tile(bays: Sequence[str], lang: str, *, page: int) -> Component:
    """Return the tile of all the bays that are in no plan and have no tile of their own."""
    named, more = bays[:_MOST_NAMED], len(bays) - _MOST_NAMED
    words = ", ".join(bay[:_LONGEST_NAME] for bay in named)
    if more > 0:
        words = text(lang, "wall.and_more", bays=words, count=more)
    return html.Div(
        [
            html.Div(html.Span(text(lang, "wall.not_in_plan"), className="mark"), className="head"),
            html.Div(words, className="vacancy"),
        ],
        id="bay-more",
        className="bay unknown stray",
        **data(page=str(page)),
    )


def _size_name(bay: str) -> str:
    if len(bay) <= _SHORT_NAME:
        return "name"
    return "name medium" if len(bay) <= _LINE_OF_NAME else "name long"


def _stands(car: CarOnBoard, workshop: Workshop) -> bool:
    stage = workshop.stage(car.stage or "")
    return stage is not None and stage.kind == "wait"


def _whole_car(
    car: CarOnBoard, marks: Sequence[Component], judged: Judged, workshop: Workshop, lang: str
) -> Component:
    stage = workshop.stage(car.stage or "")
    work = " · ".join(part for part in (say_reason(car, lang), car.operation) if part)
    risk = risk_mark(judged.risk, workshop.alarms.promise_risk, lang)
    return html.Div(
        [
            tick("left"),
            html.Div(plate(car), className="who"),
            html.Div(
                [
                    html.Span(describe_car(car, lang)),
                    *unregistered_mark(car, lang),
                    *marks,
                    work_order(car),
                ],
                className="about",
            ),
            html.Div(
                [stage_line(car, stage, lang), html.Span(car.technician, className="technician")],
                className="doing",
            ),
            html.Div(html.Span(work), className="work"),
            html.Div(html.I(), className="bar"),
            html.Div([tick("spent"), _target(stage, lang)], className="times"),
            html.Div([tick("promise"), *risk, tick("seen")], className="foot"),
        ],
        className="car",
        **car_times(car, stage, judged.time),
    )


def _shared_bay(
    cars: Sequence[CarOnBoard], judged: Judgements, workshop: Workshop, lang: str
) -> list[Component]:
    shown = [_half_car(car, judged[car.work_order], workshop, lang) for car in cars[:_SHOWN_IN_ONE_BAY]]
    hidden = len(cars) - _SHOWN_IN_ONE_BAY
    more = [html.Div(text(lang, "wall.more", count=hidden), className="more")] if hidden > 0 else []
    return [*shown, *more]


def _half_car(car: CarOnBoard, judged: Judged, workshop: Workshop, lang: str) -> Component:
    stage = workshop.stage(car.stage or "")
    about = " · ".join(part for part in (describe_car(car, lang), car.technician) if part)
    return html.Div(
        [
            html.Div([plate(car), tick("spent")], className="who"),
            stage_line(car, stage, lang),
            html.Div([html.Span(about), *unregistered_mark(car, lang), tick("left")], className="about"),
            html.Div(html.I(), className="bar"),
        ],
        className="car half",
        **car_times(car, stage, judged.time),
    )


def _target(stage: Stage | None, lang: str) -> Component:
    minutes = stage.target_minutes if stage else None
    words = text(lang, "wall.target", minutes=say_number(minutes, lang)) if minutes else ""
    return html.Span(words, className="target")
