"""The view `/analytics/what-if`: one bay, one technician or stock of one part more.

Owns what is asked: the first site of the selection, judged by its latest days, and the change that the
address names as `more=bay:general`. The view asks; while the answer is made, the page looks how far it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component

from config.texts import text
from config.workshop import Site, Workshop
from dashboard.access import current_visit
from dashboard.database import Connection
from dashboard.figures.analytics.whatif import Choice, draw_progress, draw_what_if
from dashboard.pages.analytics_filter import Asked as Address
from dashboard.pages.analytics_filter import read_address
from dashboard.pages.analytics_question import Question
from dashboard.what_if import WhatIf
from models.analytics.selection import Selection
from models.analytics.what_if import Asked, Change, Thing
from models.queries.what_if import read_missing_parts

# A shop is fitted to as many days at most.
FITTED_DAYS = 56
_MORE = "more"
# Parts that are offered, those that were missing most often first.
_MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class _Place:
    """Which site and days a question is about."""

    site: Site
    days: Selection

    def ask(self, change: Change) -> Asked:
        return Asked(self.site.key, self.days.since, self.days.until, change)


def read_change(address: Address) -> Change | None:
    """Return the change that an address names; None where it names none that there is."""
    what, _, key = dict(address.behind).get(_MORE, "").partition(":")
    return Change(Thing(what), key) if what in set(Thing) and key else None


def _find_place(selection: Selection, workshop: Workshop) -> _Place:
    site = next(site for site in workshop.sites if site.key == selection.sites[0])
    return _Place(site, replace(selection, sites=(site.key,)).latest(FITTED_DAYS))


async def show_what_if(connection: Connection, question: Question) -> list[Component]:
    """Show what there may be one more of and, of what was chosen, how far its answer is."""
    desk, lang, workshop = question.desk, question.lang, question.workshop
    place = _find_place(question.selection, workshop)
    change = read_change(question.asked)
    progress = desk.ask(place.ask(change), question.now) if desk and change else None
    parts = await read_missing_parts(connection, place.site.key, place.days.since, place.site.zone)
    known = [each for each in parts if desk and desk.knows_part(each[0])]
    kinds = dict.fromkeys(bay.kind for bay in place.site.bays)
    offered = {
        Thing.BAY: [Choice(kind, None) for kind in kinds],
        Thing.TECHNICIAN: [Choice(skill, None) for skill in (desk.list_skills(place.site) if desk else ())],
        Thing.PART: [Choice(part, missing / named) for part, named, missing in known[:_MOST_PARTS]],
    }
    notes = [text(lang, "analytics.latest_days", days=place.days.days)]
    if len(question.selection.sites) > 1:
        notes.append(text(lang, "analytics.one_site", site=place.site.name(lang)))
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
        asked = _find_place(selection, workshop).ask(change)
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
