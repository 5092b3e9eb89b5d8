"""The view `/analytics/calibration`: how expected ready times turned out.

Owns which of the estimates are read: those of the orders that became ready in the period. Bays and
technicians are not asked about, since an estimate is of a whole order.
"""

from dash.development.base_component import Component

from config.texts import text
from dashboard.database import Connection
from dashboard.figures.analytics.calibration.view import CalibrationRead, draw_calibration
from dashboard.pages.analytics.question import Question
from models.analytics.estimate.calibration import list_judged_stages
from models.queries.estimate.calibration import (
    CALIBRATION_SITE_DAYS,
    read_learning,
    read_outcomes,
    read_reliability,
)


async def show_calibration(connection: Connection, question: Question) -> list[Component]:
    """Show whether half of the cars were ready before their P50, and what else was promised of estimates."""
    selection, workshop, lang = question.selection, question.workshop, question.lang
    zones = {site.key: site.zone for site in workshop.sites}
    sums = await read_outcomes(connection, selection, zones)
    stages = list_judged_stages(workshop.stages)
    notes = []
    latest = selection.latest(CALIBRATION_SITE_DAYS)
    if latest != selection:
        notes.append(text(lang, "analytics.latest_days", days=latest.days))
    if selection.picks_places:
        notes.append(text(lang, "calibration.whole_orders"))
    read = CalibrationRead(
        outcomes=sums["all"],
        by_job=sums["job"],
        by_week=sums["week"],
        bins=await read_reliability(connection, selection, zones),
        learned=await read_learning(connection, selection.sites),
        sites=selection.sites,
        stages=stages,
        stage=question.asked.stage if question.asked.stage in stages else stages[0],
        notes=notes,
    )
    return draw_calibration(read, workshop, lang, question.asked.link)
