"""From a topic and bytes to an event, with the checks that need the workshop's facts.

Owns what makes a well-formed message impossible here: a stage nobody configured, a time
outside of anything a device's clock may say. Refuses with ContractError, naming the field.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ingest.contract.payloads import (
    FleetReadings,
    Message,
    StageScan,
    Vehicle,
    VehicleReadings,
    WorkOrderChange,
    decode,
)
from ingest.contract.topics import ContractError, Topic, parse_topic
from models.domain.repairs import Limits

# Nothing a workshop measures is older; a clock that says so has lost its battery.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Nothing is promised for later; a time near the end of the calendar could not be read back in every zone.
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
# No car is older; what service is due is reckoned from its first day on.
_FIRST_CAR = date(1886, 1, 1)

NO_CORRECTION = timedelta()
# Named once: to write a union anew for every message takes longer than to ask.
_LISTS = (VehicleReadings, FleetReadings)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the workshop's facts demand of a message."""

    stages: frozenset[str]
    end_stages: frozenset[str]
    repairs: Limits
    future_tolerance: timedelta
    max_clock_offset: timedelta


def decode_message(topic_text: str, payload: bytes) -> tuple[Topic, Message]:
    """Read one message; raises ContractError naming the field that is wrong."""
    topic = parse_topic(topic_text)
    return topic, decode(topic.kind, payload)


def check_message(
    message: Message, received_at: datetime, rules: Rules, correction: timedelta = NO_CORRECTION
) -> None:
    """Check a message against the workshop's facts; raises ContractError naming the field that is wrong.

    `correction` is what its device's clock is behind ours.
    """
    _check_stage(message, rules)
    _check_clock(correction, rules)
    if isinstance(message, _LISTS):
        times = [reading.at for reading in message.readings]
        # Only where the newest or the oldest is wrong is it worth looking for the first that is.
        if max(times) + correction - received_at > rules.future_tolerance or min(times) < _EARLIEST:
            for position, at in enumerate(times):
                _check_time(at, f"readings[{position}].at", received_at, rules, correction)
    else:
        _check_time(message.at, "at", received_at, rules, correction)
    if isinstance(message, WorkOrderChange):
        _check_plans(message)


def _check_stage(message: Message, rules: Rules) -> None:
    if isinstance(message, StageScan) and message.stage not in rules.stages:
        raise ContractError(f"stage: {message.stage!r} is not configured")


def _check_clock(correction: timedelta, rules: Rules) -> None:
    if abs(correction) > rules.max_clock_offset:
        side = "behind" if correction > NO_CORRECTION else "ahead of"
        raise ContractError(
            f"at: the device's clock is {_round(abs(correction))} {side} ours,"
            f" and is corrected up to {rules.max_clock_offset}"
        )


def _check_time(at: datetime, field: str, received_at: datetime, rules: Rules, correction: timedelta) -> None:
    ahead = at - received_at
    if correction:
        ahead += correction
    if ahead > rules.future_tolerance:
        sign = "-" if correction < NO_CORRECTION else "+"
        corrected = f" though corrected by {sign}{_round(abs(correction))}" if correction else ""
        raise ContractError(f"{field}: {_round(ahead)} ahead of our clock{corrected}")
    if at < _EARLIEST:
        raise ContractError(f"{field}: {at.isoformat()} is before {_EARLIEST.year}")


def _check_plans(change: WorkOrderChange) -> None:
    """Check the times that a dealer system says, which no clock measured."""
    parts = change.parts if isinstance(change.parts, tuple) else ()
    plans = {f"parts[{place}].eta": part.eta for place, part in enumerate(parts)}
    for field, at in {"promised_at": change.promised_at, **plans}.items():
        if isinstance(at, datetime) and not _EARLIEST <= at < _LATEST:
            raise ContractError(f"{field}: {at.isoformat()} is not from {_EARLIEST.year} to {_LATEST.year}")
    first = change.vehicle.in_service_on if isinstance(change.vehicle, Vehicle) else None
    if isinstance(first, date) and not _FIRST_CAR <= first < _LATEST.date():
        raise ContractError(f"vehicle.in_service_on: {first} is not from {_FIRST_CAR.year} to {_LATEST.year}")


def _round(duration: timedelta) -> timedelta:
    return timedelta(seconds=round(duration.total_seconds()))
