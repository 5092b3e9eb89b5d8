"""What every view of the analytics pages is asked, and what a view is.

Owns the two types alone, so that views may stand in modules of their own.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from dash.development.base_component import Component

from config.workshop import Workshop
from dashboard.database import Connection
from dashboard.pages.analytics_filter import Asked
from dashboard.what_if import WhatIf
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


View = Callable[[Connection, Question], Awaitable[list[Component]]]
