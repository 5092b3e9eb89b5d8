"""A work order as it was at any moment of its past: what each scan and each word made of its visit.

Owns the way back from everything that is known now to what stood then. A scan that came late counts as if it
had come in time. Pure.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from models.domain.intervals import Interval
from models.domain.notice.visit import OpenVisit, follow_parts
from models.domain.work_order import Change, Facts, Standing, fold_changes, judge_standing


@dataclass(frozen=True, slots=True)
class OrderStory:
    """Everything that was ever scanned and said of a work order, oldest first."""

    site: str
    work_order: str
    intervals: tuple[Interval, ...]
    changes: tuple[Change, ...]


def tell_visits(
    story: OrderStory, end_stages: AbstractSet[str]
) -> Iterator[tuple[datetime, OpenVisit | None]]:
    """Yield what the visit was from each moment on at which it changed; None once the car is gone."""
    moments = {interval.entered_at for interval in story.intervals} | {change.at for change in story.changes}
    for at in sorted(moments):
        intervals = [interval for interval in story.intervals if interval.entered_at <= at]
        changes = [change for change in story.changes if change.at <= at]
        facts = fold_changes(changes)
        standing = judge_standing(facts, intervals, end_stages)
        yield at, None if standing.closed_at else _describe(story, facts, standing, intervals, changes)


def _describe(
    story: OrderStory,
    facts: Facts,
    standing: Standing,
    intervals: Sequence[Interval],
    changes: Sequence[Change],
) -> OpenVisit:
    vehicle, customer, order = facts.vehicle, facts.customer, facts.order
    current, entered_at = standing.current, standing.stage_entered_at
    missing = [
        datetime.fromisoformat(part["eta"])
        for part in order.get("parts") or ()
        if part.get("status") == "ordered" and part.get("eta")
    ]
    left = [
        interval.left_at
        for interval in intervals
        if current and entered_at and interval.stage == current.stage and interval.entered_at < entered_at
    ]
    reason_since, reason_left_before = _date_reason(intervals, entered_at)
    return OpenVisit(
        story.site,
        story.work_order,
        vin=vehicle.get("vin"),
        plate=vehicle.get("plate"),
        make=vehicle.get("make"),
        model=vehicle.get("model"),
        job_type=order.get("job_type"),
        advisor=order.get("advisor"),
        customer_ref=customer.get("ref"),
        customer_name=customer.get("name"),
        customer_phone=customer.get("phone"),
        customer_waiting=customer.get("waiting"),
        stage=current.stage if current else None,
        stage_entered_at=entered_at,
        stage_left_before=max((at for at in left if at), default=None),
        bay=current.bay if current else None,
        reason=current.reason if current else None,
        reason_since=reason_since,
        reason_left_before=reason_left_before,
        promised_at=facts.promised_at,
        sold_hours=sum(line.get("hours") or 0.0 for line in order.get("lines") or ()) or None,
        parts_due_at=max(missing, default=None),
        parts=follow_parts(
            (change.at, change.said["parts"]) for change in changes if change.said.get("parts") is not None
        ),
    )


def _date_reason(
    intervals: Sequence[Interval], entered_at: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Say since when the car has its reason in its stage, and until when it had it before."""
    if not intervals or intervals[-1].reason is None:
        return None, None
    current = intervals[-1]
    alike, other = list[datetime](), list[datetime]()
    for interval in intervals:
        if interval.left_at:
            is_alike = (interval.stage, interval.reason) == (current.stage, current.reason)
            (alike if is_alike else other).append(interval.left_at)
    since = max(other, default=entered_at)
    return since, max((at for at in alike if since and at < since), default=None)
