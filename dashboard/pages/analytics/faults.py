"""The view `/analytics/faults`: trouble codes, parts and answers; of one code or part, its orders."""

from dash import dcc, html
from dash.development.base_component import Component

from config.codes import explain_code
from config.texts import text
from dashboard.database import Connection
from dashboard.figures.analytics.faults.answers import draw_answers
from dashboard.figures.analytics.faults.codes import draw_codes
from dashboard.figures.analytics.faults.parts import draw_leads, draw_missing, draw_use
from dashboard.figures.analytics.orders import draw_orders
from dashboard.pages.analytics.filter import say_condition
from dashboard.pages.analytics.question import Question
from models.queries.analytics.faults.period import (
    FAULT_SITE_DAYS,
    FaultCondition,
    list_faulty_orders,
    read_faults,
)


async def show_faults(connection: Connection, question: Question) -> list[Component]:
    """Show which faults there were, which parts they took, and how fast they were answered."""
    asked = dict(question.asked.behind)
    condition = FaultCondition(asked.get("code"), asked.get("model"), asked.get("part"))
    if condition.code or condition.part:
        return await _show_orders(connection, question, condition)
    lang, link = question.lang, question.asked.link
    read = await read_faults(connection, question.selection, question.now)
    if not read.visits:
        return []
    latest = text(lang, "analytics.latest_days", days=read.days)
    note = " ".join([text(lang, "faults.codes_note"), latest])
    panels = [
        *draw_codes(read, note, lang, link),
        *draw_use(read, lang, link),
        draw_leads(read, lang, link),
        draw_missing(read.missing, question.selection.sites[0], question.workshop, question.now, lang),
        draw_answers(read.answers, read.answer_days, lang, link),
    ]
    return [html.Div(panels, className="columns")]


async def _show_orders(
    connection: Connection, question: Question, condition: FaultCondition
) -> list[Component]:
    lang = question.lang
    orders = await list_faulty_orders(connection, question.selection, condition)
    if not orders:
        return []
    which = say_condition(question.asked, question.workshop, lang)
    if condition.code:
        which.append(f"{condition.code}: {explain_code(lang, condition.code)}")
    which += [words for words in (condition.model, condition.part) if words]
    back = dcc.Link(["← ", text(lang, "faults.back")], href=question.asked.link("faults"))
    table = draw_orders(
        orders,
        which,
        stage=None,
        waits=False,
        selection=question.selection.latest(FAULT_SITE_DAYS),
        workshop=question.workshop,
        lang=lang,
    )
    return [html.P(back, className="chosen"), *table]
