"""How long the workshop takes to answer: to a car that came, a fault, a customer's word, a part. Pure."""

from collections.abc import Sequence

from dash.development.base_component import Component

from config.texts import text
from dashboard.figures.analytics.spread import Box, draw_boxes
from dashboard.figures.analytics.words import Link, name_job, say_count, say_seconds
from dashboard.figures.kit.chart import AMBER, CALM, draw_panel
from dashboard.figures.kit.grid import column
from dashboard.figures.kit.table import Row, draw_table, draw_tools
from models.analytics.faults import Answer

# What is answered, and whose the answer is: the workshop's, or, in amber, the customer's.
WHATS = {"arrival": CALM, "code": CALM, "approval": AMBER, "part": CALM}
_SHOWN = (0.5, 0.85, 0.95)


def draw_answers(answers: Sequence[Answer], days: int, lang: str, link: Link) -> Component:
    """Draw the spread of each kind of answer, and a table by job type."""
    whole = {each.what: each for each in answers if each.job_type is None}
    boxes = [
        Box(text(lang, f"faults_answer.{what}"), whole[what].spread, colour, link("stages"))
        for what, colour in reversed(WHATS.items())
        if what in whole
    ]
    title = text(lang, "faults.answers_title")
    note = text(lang, "faults.answers_note", days=days)
    chart = draw_boxes("answers", boxes, lang, title)
    columns = [
        column("what", text(lang, "faults.answer"), flex=4, minWidth=300),
        column("job", text(lang, "analytics.job_type"), flex=1),
        column("times", text(lang, "faults.times"), flex=1),
        *(column(f"p{round(share * 100)}", f"P{round(share * 100)}", flex=1) for share in _SHOWN),
        column("mean", text(lang, "analytics.mean"), flex=1),
    ]
    rows = [
        _list_answer(each, lang)
        for what in WHATS
        for each in sorted(answers, key=lambda each: each.job_type or "")
        if each.what == what
    ]
    table = draw_table("answers", columns, rows, lang)
    return draw_panel(title, note, chart, table, tools=draw_tools("answers", lang), wide=True)


def _list_answer(answer: Answer, lang: str) -> Row:
    what = text(lang, f"faults_answer.{answer.what}")
    job = (
        text(lang, "analytics.any_job")
        if answer.job_type is None
        else name_job(answer.job_type or None, lang)
    )
    spread = answer.spread
    minutes = {f"p{round(share * 100)}": spread.percentiles[share] / 60 for share in _SHOWN}
    minutes["mean"] = spread.mean_seconds / 60
    return {
        "id": f"{answer.what} {answer.job_type}",
        "what": answer.what,
        "what_words": what,
        "job": job,
        "job_words": job,
        "times": answer.times,
        "times_words": say_count(answer.times, lang),
        "card": f"{what}, P50 {say_seconds(spread.percentiles[0.5], lang)}",
        **minutes,
        **{f"{name}_words": say_seconds(value * 60, lang) for name, value in minutes.items()},
    }
