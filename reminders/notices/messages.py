"""What a firing of a rule becomes: a message for the outbox, or none where nobody may be told.

Owns whom it is for, what it brings for its words, and from when it may leave: customers are told between
their site's hours, staff at once. Pure; a link to the car's own page is made when the message is sent.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from config.workshop import Stage
from models.analytics.open_clock import OpenClock
from models.domain.delivery import NewMessage, Role
from models.domain.notice.visit import OpenVisit
from reminders.notices.judging import Firing
from reminders.quiet import find_leaving_time
from reminders.service.plans import SiteFacts

_RECIPIENTS = {Role.CUSTOMER: "customer_ref", Role.ADVISOR: "advisor"}


def find_role(firing: Firing) -> Role:
    """Say for whom a firing is."""
    _, audience, _ = firing.rule.steps[firing.step]
    return Role(audience)


def may_be_told(firing: Firing, consent: Mapping[str, bool]) -> bool:
    """Say whether whoever a firing is for may be told: a customer may not who said no."""
    customer = firing.holding.visit.customer_ref or ""
    return find_role(firing) is not Role.CUSTOMER or consent.get(customer, True)


def find_leaving(firing: Firing, site: SiteFacts, now: datetime) -> datetime:
    """Return from when on a firing's message may leave."""
    return find_leaving_time(site, now) if find_role(firing) is Role.CUSTOMER else now


def write_message(
    firing: Firing,
    site: SiteFacts,
    stages: Mapping[str, Stage],
    clock: OpenClock,
    now: datetime,
    *,
    with_link: bool,
) -> NewMessage:
    """Write the message of a firing."""
    visit, role = firing.holding.visit, find_role(firing)
    _, _, template = firing.rule.steps[firing.step]
    recipient = getattr(visit, _RECIPIENTS[role]) if role in _RECIPIENTS else None
    return NewMessage(
        event_key=firing.become(now).event_key,
        site=visit.site,
        role=role,
        recipient=recipient,
        template=template,
        payload=_gather(firing, stages.get(visit.stage or ""), clock, now) | {"with_link": with_link},
        due_at=find_leaving(firing, site, now),
        vin=visit.vin,
        work_order=visit.work_order,
    )


def _gather(firing: Firing, stage: Stage | None, clock: OpenClock, now: datetime) -> dict[str, Any]:
    """Gather what the words of a message may say."""
    visit, part, estimate = firing.holding.visit, firing.holding.part, firing.holding.estimate
    # A promise is not broken since its own time.
    since = None if firing.rule.when == "promise_at_risk" else firing.since
    return {
        **_describe(visit),
        "stage": {"en": stage.en, "zh": stage.zh} if stage else visit.stage,
        "since": since and since.isoformat(),
        "minutes": count_minutes(firing, clock, now) if since else None,
        "promised_at": visit.promised_at and visit.promised_at.isoformat(),
        "expected_at": estimate and estimate.p80_at.isoformat(),
        "risk": estimate and estimate.risk,
        "part": part and part.part,
        "description": part and part.description,
        "rule": firing.rule.name,
        "step": firing.step,
    }


def _describe(visit: OpenVisit) -> dict[str, Any]:
    return {
        "work_order": visit.work_order,
        "vin": visit.vin,
        "plate": visit.plate,
        "vehicle": " ".join(filter(None, (visit.make, visit.model))) or None,
        "customer": visit.customer_name,
        "phone": visit.customer_phone,
        "job_type": visit.job_type,
        "advisor": visit.advisor,
        "bay": visit.bay,
    }


def count_minutes(firing: Firing, clock: OpenClock, now: datetime) -> float:
    """Return for how long a condition has held, in the hours its rule counts in."""
    if firing.rule.hours == "calendar":
        return max(0.0, (now - firing.since).total_seconds() / 60)
    return max(0.0, clock.open_seconds_until(now) - clock.open_seconds_until(firing.since)) / 60
