"""What can come of an attempt to deliver: delivered, again later, too much at once, or never."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of an attempt."""

    DELIVERED = "delivered"
    # To be tried again: after a while, or once the channel bears more.
    FAILED = "failed"
    LIMITED = "limited"
    # Never to be tried again.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome, why, and after how many seconds the other side wants to be asked again."""

    outcome: Outcome
    reason: str | None = None
    wait_seconds: float | None = None


DELIVERED = Answer(Outcome.DELIVERED)
