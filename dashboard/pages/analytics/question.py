"""What every view of the analytics pages is asked, what a view is, and which site a view of one is about.

Owns no view, so that views may stand in modules of their own.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, time

from dash.development.base_component import Component

from config.texts import text
from config.workshop import Site, Workshop
from dashboard.database import Connection
from dashboard.office.whatif import WhatIf
from dashboard.pages.analytics.filter import Asked
from models.analytics.selection import Selection


@dataclass(frozen=True, slots=True)
class Question:
    """What a view answers: the selection, and what of the address beyond it the view needs.

    `desk` answers what-if questions; without one none can be asked.
    """

    asked: Asked
    selection: Selection
    workshop: Workshop
    now: datetime
    lang: str
    desk: WhatIf | None = None


@dataclass(frozen=True, slots=True)
class SiteDays:
    """The site that a view of one site is about, and its latest days."""

    site: Site
    days: Selection

    def find_span(self, now: datetime) -> tuple[datetime, datetime]:
        """Return from when to when events of these days are read."""
        begin, end = (
            datetime.combine(day, time(), self.site.zone) for day in (self.days.since, self.days.until)
        )
        return begin, max(begin, min(end, now))


def choose_site(selection: Selection, workshop: Workshop, most_days: int) -> SiteDays:
    """Return the first site asked for, and its latest days of those asked for."""
    site = next(site for site in workshop.sites if site.key == selection.sites[0])
    return SiteDays(site, replace(selection, sites=(site.key,)).latest(most_days))


def say_site(chosen: SiteDays, selection: Selection, lang: str) -> list[str]:
    """Say of how many days a view is and, where more sites were asked for, of which."""
    said = [text(lang, "analytics.latest_days", days=chosen.days.days)]
    if len(selection.sites) > 1:
        said.append(text(lang, "analytics.one_site", site=chosen.site.name(lang)))
    return said


View = Callable[[Connection, Question], Awaitable[list[Component]]]
