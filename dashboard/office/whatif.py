"""The desk that what-if questions are put to.

Owns what the dashboard asks of it, and nothing of how it is answered: whoever starts the dashboard passes
one, for the dashboard knows no simulators.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from config.workshop import Site
from models.analytics.whatif import Asked, Progress


class WhatIf(Protocol):
    """Takes questions and says how far each is; `bayboard.parts.whatif.WhatIfDesk` is one."""

    def list_skills(self, site: Site, /) -> Sequence[str]:
        """Return the skills of which a site has somebody."""

    def knows_part(self, part: str, /) -> bool:
        """Say whether a shop that is played needs that part at all."""

    def ask(self, asked: Asked, now: datetime, /) -> Progress:
        """Have a question answered, unless it is; returns how far it is."""

    def look(self, asked: Asked, /) -> Progress | None:
        """Say how far a question is; None for one that was never asked in this process."""

    def stop(self, asked: Asked, /) -> None:
        """Let a question go."""


# Made once in each process of the dashboard.
OpenWhatIf = Callable[[], WhatIf]
