"""What a foreman is called for, as one calm line: how much of each kind, and each in turn.

Every kind has a shape and a word of its own. The browser shows one alarm after the other and
fills in the times; the server decides what an alarm is. Pure.
"""

from collections import Counter
from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from config.texts import template, text
from config.workshop import Workshop
from dashboard.figures.board.car import time_data
from dashboard.figures.kit.number import say_number, say_probability
from dashboard.figures.kit.part import data
from models.analytics.board.alarms import Alarm, AlarmKind
from models.analytics.board.moment import Bottleneck
from models.analytics.bottleneck.periods import Kind

# More than anybody waits to see in turn; the counts tell of the rest.
_MOST_TOLD = 40


def alarm_strip(alarms: Sequence[Alarm] | None, workshop: Workshop, lang: str) -> Component:
    """Return the strip; `alarms` is None when nothing is known yet."""
    if not alarms:
        words = "" if alarms is None else text(lang, "wall.no_alarms")
        return html.Div(html.Span(words, className="none"), id="alarms", className="alarms calm")
    counts = Counter(alarm.kind for alarm in alarms)
    return html.Div(
        [
            html.Div(
                [_count(kind, counts[kind], lang) for kind in AlarmKind if counts[kind]], className="tallies"
            ),
            html.Div([_tell(alarm, workshop, lang) for alarm in alarms[:_MOST_TOLD]], className="told"),
        ],
        id="alarms",
        className="alarms",
    )


def bottleneck_line(
    bottleneck: Bottleneck | None, workshop: Workshop, lang: str, *, is_open: bool | None
) -> Component:
    """Return the bottleneck of the moment as one sentence with its evidence.

    `is_open` says why there is none; it is None when nothing is known yet.
    """
    if bottleneck is None:
        why = "" if is_open is None else text(lang, "wall.no_bottleneck" if is_open else "wall.times_stand")
        return html.Div(html.Span(why), id="bottleneck", className="bottleneck none")
    stage = workshop.stage(bottleneck.key) if bottleneck.kind is Kind.STAGE else None
    name = stage.name(lang) if stage else bottleneck.key
    sentence = template(lang, f"bottleneck.{bottleneck.kind}")
    waiting = say_number(bottleneck.waiting, lang)
    words = sentence.replace("{name}", name).replace("{waiting}", waiting)
    return html.Div(
        [
            html.I(className="icon shape-bottleneck"),
            html.Div(
                [
                    html.B(text(lang, "wall.bottleneck", name=name)),
                    html.Span(**data(tick="since", since=bottleneck.since.isoformat(), words=words)),
                ]
            ),
        ],
        id="bottleneck",
        className="bottleneck",
    )


def _count(kind: AlarmKind, count: int, lang: str) -> Component:
    return html.Span(
        [
            html.I(className=f"icon shape-{kind}"),
            html.B(say_number(count, lang)),
            html.Span(text(lang, f"alarm_kind.{kind}")),
        ],
        className=f"tally tally-{kind}",
    )


def _tell(alarm: Alarm, workshop: Workshop, lang: str) -> Component:
    """Return one alarm; its time is counted by the browser, to `since` while that is ahead."""
    words, ticking = _sentence(alarm, workshop, lang)
    return html.Div(
        [
            html.I(className=f"icon shape-{alarm.kind}"),
            html.Span(**data(tick=ticking, words=words), **time_data(alarm.since, alarm.stops_at)),
        ],
        className=f"alarm alarm-{alarm.kind}",
        **data(alarm=f"{alarm.kind}:{alarm.key}"),
    )


def _sentence(alarm: Alarm, workshop: Workshop, lang: str) -> tuple[str, str]:
    key, ticking, values = f"alarm.{alarm.kind}", "since", {"who": alarm.key}
    if alarm.car:
        values["car"] = alarm.car.plate or alarm.car.work_order
        if alarm.kind is not AlarmKind.BAY:
            values["who"] = values["car"]
            stage = workshop.stage(alarm.car.stage or "")
            values["stage"] = stage.name(lang) if stage else ""
    if alarm.kind is AlarmKind.PROMISE and alarm.risk is not None and alarm.risk < 1:
        key, ticking, values["risk"] = "alarm.promise_at_risk", "until", say_probability(alarm.risk, lang)
    words = template(lang, key)
    for name, value in values.items():
        words = words.replace(f"{{{name}}}", value)
    return words, ticking
