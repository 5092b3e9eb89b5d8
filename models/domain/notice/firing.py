"""What came of a rule: that it fired for a car, at which step, and since when its condition held."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fired:
    """A step of a rule that was told of and still stands: nothing has ended its condition yet.

    `subject` names what it holds for, its site first; `since` names this time that it holds.
    """

    rule: str
    site: str
    subject: str
    since: datetime
    step: int
    fired_at: datetime

    @property
    def event_key(self) -> str:
        """Return what names the message of this step in the outbox."""
        return f"rule/{self.rule}/{self.subject}/{self.since.isoformat()}/{self.step}"
