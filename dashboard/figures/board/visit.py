"""A visit as its customer sees it, in the waiting room and on a phone: its steps and its words.

Owns which stages of the flow are steps. A wait in between is not a step of its own: a car that
waits for parts stands before the step that comes next. Pure: values in, components and words out.
"""

from collections.abc import Sequence
from typing import Protocol

from dash import html
from dash.development.base_component import Component

from config.lounge import translate_operations
from config.texts import read_catalogue, text
from config.workshop import Stage, Workshop, find_ready_stage
from dashboard.figures.board.car import stage_icon


class Visit(Protocol):
    """What of a visit is said here; both public visits have it."""

    @property
    def stage(self) -> str | None: ...  # noqa: D102
    @property
    def operation(self) -> str | None: ...  # noqa: D102
    @property
    def reason(self) -> str | None: ...  # noqa: D102
    @property
    def job_type(self) -> str | None: ...  # noqa: D102


def list_steps(stages: Sequence[Stage]) -> list[Stage]:
    """Return the stages a customer counts: the first, those of work, and the one of a ready car."""
    ready = find_ready_stage(stages)
    return [
        stage
        for place, stage in enumerate(stages)
        if place == 0 or stage.kind == "touch" or stage.key == ready
    ]


def count_done(stage: str | None, stages: Sequence[Stage]) -> int:
    """Return how many steps lie behind a car; all of them when its visit is over, none before it begins."""
    keys = [known.key for known in stages]
    if stage not in keys:
        return 0
    place = keys.index(stage)
    behind = {known.key for known in stages[:place]}
    return sum(step.key in behind for step in list_steps(stages))


def draw_steps(stage: str | None, stages: Sequence[Stage], lang: str) -> Component:
    """Return the progress bar: what is done, where the car is, what is still to come.

    A car in a wait that is no step stands at the next step, which is then only waited for.
    """
    done = count_done(stage, stages)
    is_known = any(known.key == stage for known in stages)
    marks: list[Component] = []
    for place, step in enumerate(list_steps(stages)):
        mark = "done" if place < done else "todo"
        if place == done and is_known:
            mark = "now" if step.key == stage else "next"
        marks.append(html.Li(html.Span(step.name(lang)), className=mark))
    return html.Ol(marks, className="steps")


def draw_plate(plate: str | None) -> Component:
    """Return the plate as far as it is shown; its dot is as wide as a Chinese character and gets narrowed."""
    city, dot, number = (plate or "").partition("·")
    return html.Span([city, html.I(dot, className="dot"), number] if dot else city, className="plate")


def say_stage(visit: Visit, workshop: Workshop, lang: str) -> str:
    """Say the stage in its customer's words; a stage the workshop file does not know is not said."""
    stage = workshop.stage(visit.stage or "")
    return stage.name(lang) if stage else text(lang, "visit.no_stage")


def say_doing(visit: Visit, workshop: Workshop, lang: str) -> str:
    """Say what is done to the car, or else what it waits for where its stage has not said so."""
    stage = workshop.stage(visit.stage or "")
    if stage and stage.kind == "touch" and not visit.reason:
        return say_operation(visit, workshop, lang)
    if not visit.reason or (visit.stage or "").endswith(f"_{visit.reason}"):
        return ""
    return read_catalogue(lang)[f"reason.{visit.reason}"]


def say_operation(visit: Visit, workshop: Workshop, lang: str) -> str:
    """Say an operation in the words of the workshop file, or its type of job where it is ''.

    That is an operation whose words may not be shown.
    """
    if visit.operation is None:
        return ""
    if visit.operation:
        chinese = translate_operations(workshop.lounge, workshop.plans)
        return chinese.get(visit.operation, visit.operation) if lang == "zh" else visit.operation
    return read_catalogue(lang).get(f"job.{visit.job_type}", "")


def draw_stage(visit: Visit, workshop: Workshop, lang: str) -> Component:
    """Return the stage as its shape and its words, and beside them what is done or waited for."""
    stage = workshop.stage(visit.stage or "")
    doing = say_doing(visit, workshop, lang)
    return html.Div(
        [stage_icon(stage), html.B(say_stage(visit, workshop, lang)), html.Span(doing)], className="doing"
    )
