"""The view `/analytics/what-if`: one bay, one technician or stock of one part more.

Owns what is asked: the first site of the selection, judged by its latest days, and the change that the
address names as `more=bay:general`. The view asks; while the answer is made, the page looks how far it is.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Workshop
from dashboard.access.identity import current_visit
from dashboard.database import Connection
from dashboard.figures.analytics.whatif.view import Choice, draw_progress, draw_what_if
from dashboard.office.whatif import WhatIf
from dashboard.pages.analytics.filter import Asked as Address
from dashboard.pages.analytics.filter import read_address
from dashboard.pages.analytics.question import Question, SiteDays, choose_site, say_site
from models.analytics.whatif import Asked, Change, Thing
from models.queries.whatif.shop import read_missing_parts

# A shop is fitted to as many days at most.
FITTED_DAYS = 56
_MORE = "more"
# Parts that are offered, those that were missing most often first.
_MOST_PARTS = 8


def read_change(address: Address) -> Change | None:
    """Return the change that an address names; None where it names none that there is."""
    what, _, key = dict(address.behind).get(_MORE, "").partition(":")
    return Change(Thing(what), key) if what in set(Thing) and key else None


def _ask_of(chosen: SiteDays, change: Change) -> Asked:
    return Asked(chosen.site.key, chosen.days.since, chosen.days.until, change)


async def show_what_if(connection: Connection, question: Question) -> list[Component]:
    """Show what there may be one more of and, of what was chosen, how far its answer is."""
    desk, lang, workshop = question.desk, question.lang, question.workshop
    chosen = choose_site(question.selection, workshop, FITTED_DAYS)
    site = chosen.site
    change = read_change(question.asked)
    progress = desk.ask(_ask_of(chosen, change), question.now) if desk and change else None
    parts = await read_missing_parts(connection, site.key, chosen.days.since, site.zone)
    known = [each for each in parts if desk and desk.knows_part(each[0])]
    kinds = dict.fromkeys(bay.kind for bay in site.bays)
    offered = {
        Thing.BAY: [Choice(kind, None) for kind in kinds],
        Thing.TECHNICIAN: [Choice(skill, None) for skill in (desk.list_skills(site) if desk else ())],
        Thing.PART: [Choice(part, missing / named) for part, named, missing in known[:_MOST_PARTS]],
    }
    notes = say_site(chosen, question.selection, lang)
    if question.selection.job_types or question.selection.picks_places:
        notes.append(text(lang, "what_if.whole_site"))
    return draw_what_if(offered, change, progress, notes, workshop, lang, question.asked.link)


def register_what_if(
    app: Dash, workshop: Workshop, desk: WhatIf | None, clock: Callable[[], datetime]
) -> None:
    """Make the callback that looks how far an answer is, or lets it go."""

    async def follow(_ticks: int | None, clicks: int | None, search: str) -> Mapping[str, Any]:
        visit, address = current_visit.get(), read_address(search)
        selection, change = address.select(visit.user, workshop, clock()), read_change(address)
        nothing = {"answer": no_update, "waits": no_update}
        if desk is None or selection is None or change is None:
            return nothing
        asked = _ask_of(choose_site(selection, workshop, FITTED_DAYS), change)
        if ctx.triggered_id == "what-if-stop" and clicks:
            desk.stop(asked)
        # Another process of the dashboard may be the one that was asked: its turn comes.
        progress = desk.look(asked)
        if progress is None:
            return nothing
        drawn = draw_progress(progress, change, workshop, visit.lang)
        return {"answer": drawn, "waits": progress.state.is_over}

    app.callback(
        output={
            "answer": Output("what-if-answer", "children"),
            "waits": Output("what-if-tick", "disabled"),
        },
        inputs=[
            Input("what-if-tick", "n_intervals"),
            Input("what-if-stop", "n_clicks"),
            State("analytics-url", "search"),
        ],
        prevent_initial_call=True,
    )(follow)
