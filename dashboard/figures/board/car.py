"""A car as the wall shows it, in a bay or in a queue.

Owns the marks a car can carry and what its element tells the browser. Anything that
changes by itself as time passes (minutes, bars, colours of lateness) is left to
`assets/clock.js`: elements with the attribute `data-tick` stay empty here, and the car's
`data-*` say what to fill them from. So no figure knows what time it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from config.texts import read_catalogue, text
from config.workshop import Stage
from dashboard.figures.kit.number import say_probability
from dashboard.figures.kit.part import data
from models.analytics.stage_time import StageTime
from models.domain.board.wall import CarOnBoard

# A promise with less risk than this is not worth a word.
_RISK_WORTH_SAYING = 0.2


@dataclass(frozen=True, slots=True)
class Judged:
    """What was judged of a car: how likely its promise is to be broken, and its time in its stage."""

    risk: float | None = None
    time: StageTime | None = None


# Of every car that is shown, by work order.
Judgements = Mapping[str, Judged]


def car_times(
    car: CarOnBoard, stage: Stage | None, time: StageTime | None, *, promise: bool = True
) -> dict[str, Any]:
    """Return what the browser reckons a car's minutes from, as attributes of its element."""
    times = time_data(time.since, time.stops_at) if time else {}
    if stage and stage.target_minutes:
        times |= data(target=f"{stage.target_minutes:g}")
    if car.promised_at and promise:
        times |= data(promised=car.promised_at.isoformat())
    return times


def time_data(since: datetime, stops_at: datetime | None) -> dict[str, Any]:
    """Return what the browser reckons a time from, and where it stops, as attributes of its element."""
    stops = data(stops=stops_at.isoformat()) if stops_at else {}
    return data(since=since.isoformat()) | stops


def tick(what: str) -> Component:
    """Return the empty element that the browser fills, such as `spent` or `left`."""
    return html.Span(className=what, **data(tick=what))


def plate(car: CarOnBoard) -> Component:
    """Return the number plate; a car whose plate nobody has told goes by its work order."""
    if not car.plate:
        return html.Span(car.work_order, className="plate none")
    # The dot of a Chinese plate is as wide as a Chinese character; it gets an element to be narrowed by.
    city, dot, number = car.plate.partition("·")
    return html.Span([city, html.I(dot, className="dot"), number] if dot else city, className="plate")


def work_order(car: CarOnBoard) -> Component:
    """Return the work order, unless it already stands for the plate."""
    return html.Span(car.work_order if car.plate else "", className="order")


def describe_car(car: CarOnBoard, lang: str) -> str:
    """Say what is done and to which model, as far as that is known."""
    return " · ".join(part for part in (say_job(car, lang), car.model or car.make) if part)


def say_job(car: CarOnBoard, lang: str) -> str:
    """Say the type of job in the reader's language, one that we do not know as it was written."""
    return read_catalogue(lang).get(f"job.{car.job_type}", car.job_type or "")


def risk_mark(risk: float | None, alarming: float, lang: str) -> list[Component]:
    """Return how likely the promise is to be broken, where that is worth saying and not yet certain."""
    if risk is None or not _RISK_WORTH_SAYING <= risk < 1:
        return []
    words = text(lang, "wall.risk", risk=say_probability(risk, lang))
    return [html.Span(words, className="risk high" if risk >= alarming else "risk")]


def unregistered_mark(car: CarOnBoard, lang: str) -> list[Component]:
    """Return the mark of a work order that the dealer system has not announced."""
    return [] if car.registered else [html.Span(text(lang, "wall.unregistered"), className="mark")]


def stage_line(car: CarOnBoard, stage: Stage | None, lang: str) -> Component:
    """Return the stage in words beside its shape, so that colour never stands alone."""
    name = stage.name(lang) if stage else car.stage or text(lang, "wall.no_stage")
    return html.Div([stage_icon(stage), html.Span(name)], className="stage")


def stage_icon(stage: Stage | None) -> Component:
    """Return the shape of a stage: its own where one is drawn, else that of its kind."""
    names = f"kind-{stage.kind} stage-{stage.key}" if stage else "kind-unknown"
    return html.I(className=f"icon {names}")


def say_reason(car: CarOnBoard, lang: str) -> str:
    """Say why a car waits, unless its stage has said so already (`awaiting_parts` says `parts`).

    A known reason is said in the reader's language, any other as it was written.
    """
    if not car.reason or (car.stage or "").endswith(f"_{car.reason}"):
        return ""
    return read_catalogue(lang).get(f"reason.{car.reason}", car.reason)
