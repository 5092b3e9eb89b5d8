"""A car in the shop as rules look at it, and when its parts came.

Owns how the arrival of a part is told from what the dealer system said of an order's parts, time after time.
Plain values; what follows from them is the rules' business.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ARRIVED = "arrived"
_MISSING = "ordered"


@dataclass(frozen=True, slots=True)
class PartOfVisit:
    """A part an order needs, as it was said last.

    `since` is from when on it was said to be so, `before` from when on it was something else before that.
    """

    part: str
    description: str | None
    status: str | None
    since: datetime
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A car of an open work order, with whom to tell of it; what nobody has said yet is None.

    `stage_left_before` is when it left the stage it is in after an earlier visit of that stage. A reason may
    begin later than its stage: at `reason_since`, after an earlier time until `reason_left_before`.
    """

    site: str
    work_order: str
    vin: str | None = None
    plate: str | None = None
    make: str | None = None
    model: str | None = None
    job_type: str | None = None
    advisor: str | None = None
    customer_ref: str | None = None
    customer_name: str | None = None
    customer_phone: str | None = None
    customer_waiting: bool | None = None
    stage: str | None = None
    stage_entered_at: datetime | None = None
    stage_left_before: datetime | None = None
    bay: str | None = None
    reason: str | None = None
    reason_since: datetime | None = None
    reason_left_before: datetime | None = None
    promised_at: datetime | None = None
    sold_hours: float | None = None
    parts_due_at: datetime | None = None
    parts: tuple[PartOfVisit, ...] = ()

    @property
    def subject(self) -> str:
        """Return what names this visit among those of every site."""
        return f"{self.site}/{self.work_order}"

    @property
    def again(self) -> bool:
        """Say whether it has been in its stage before."""
        return self.stage_left_before is not None

    @property
    def customer_is_known(self) -> bool:
        """Say whether the dealer system has said whose car it is."""
        return bool(self.customer_ref or self.customer_phone)

    def name_part(self, part: PartOfVisit) -> str:
        """Return what names a part of this visit."""
        return f"{self.subject}/{part.part}"

    @property
    def parts_complete_at(self) -> datetime | None:
        """Return when the last part came; None while one is missing, or where none ever was."""
        if not self.parts or any(part.status == _MISSING for part in self.parts):
            return None
        return max((part.since for part in self.parts if part.status == ARRIVED), default=None)


def follow_parts(lists: Iterable[tuple[datetime, Sequence[Mapping[str, Any]]]]) -> tuple[PartOfVisit, ...]:
    """Say since when each part of an order is what it is, from the lists that were sent, oldest first.

    A list replaces the one before; a part that it no longer names is no longer needed.
    """
    known: dict[str, PartOfVisit] = {}
    for at, said in lists:
        known = {str(each["part"]): _follow(known.get(str(each["part"])), each, at) for each in said}
    return tuple(known.values())


def _follow(before: PartOfVisit | None, said: Mapping[str, Any], at: datetime) -> PartOfVisit:
    part, description, status = str(said["part"]), said.get("description"), said.get("status")
    if before is None:
        return PartOfVisit(part, description, status, at)
    if before.status == status:
        return PartOfVisit(part, description, status, before.since, before.before)
    return PartOfVisit(part, description, status, at, before.since)
