"""From a topic and bytes to an event, with the checks that need the workshop's facts.

Owns what makes a well-formed message impossible here: a stage nobody configured, a time
outside of anything a device's clock may say, an event too old to matter. Spells bays and stages as the
workshop file does. Refuses with ContractError, naming the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

import msgspec

from ingest.steps.quota import QuotaRules
from models.contract.payloads import (
    FleetReadings,
    LabourScan,
    Message,
    OdometerReading,
    StageScan,
    VehicleReadings,
    read_message,
)
from models.contract.topics import ContractError, Topic, parse_topic
from models.contract.values import show
from models.domain.notes import Note
from models.domain.repairs import Limits

NO_CORRECTION = timedelta()
# Named once: to write a union anew for every message takes longer than to ask.
_LISTS = (VehicleReadings, FleetReadings)
_READINGS = (OdometerReading, *_LISTS)
_IN_BAYS = (StageScan, LabourScan)


@dataclass(frozen=True, slots=True)
class SiteRules:
    """A site's zone, and how the workshop file spells its bays, by their canonical form."""

    zone: tzinfo
    bays: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the workshop's facts demand of a message.

    `stages` are the keys of the file by their canonical form and by the names of the stage.
    """

    stages: Mapping[str, str]
    end_stages: frozenset[str]
    repairs: Limits
    future_tolerance: timedelta
    max_clock_offset: timedelta
    oldest_event: timedelta
    oldest_reading: timedelta
    sites: Mapping[str, SiteRules] = field(default_factory=dict)
    quota: QuotaRules = QuotaRules(200_000, 1_073_741_824, 500)

    def find_zone(self, site: str) -> tzinfo | None:
        """Return a site's zone, None where the workshop file does not name the site."""
        known = self.sites.get(site)
        return known.zone if known else None


def decode_message(topic_text: str, payload: bytes, rules: Rules) -> tuple[Topic, Message, list[Note]]:
    """Read one message and what was done so that it could be read; raises ContractError naming the field."""
    topic = parse_topic(topic_text)
    message, notes = read_message(topic.kind, payload, rules.find_zone(topic.site))
    return topic, spell(topic.site, message, rules, notes), notes


def spell(site: str, message: Message, rules: Rules, notes: list[Note]) -> Message:
    """Spell bays and stages as the workshop file does; raises ContractError for a stage it does not name."""
    if not isinstance(message, _IN_BAYS):
        return message
    spelled: dict[str, str] = {}
    known = rules.sites.get(site)
    if known and message.bay and (bay := known.bays.get(message.bay, message.bay)) != message.bay:
        spelled["bay"] = bay
    if isinstance(message, StageScan):
        stage = rules.stages.get(message.stage)
        if stage is None:
            sent = next((note.sent for note in notes if note.field == "stage"), message.stage)
            configured = ", ".join(dict.fromkeys(rules.stages.values()))
            raise ContractError(f"stage: {show(sent)} is not configured, only {configured!r}")
        if stage != message.stage:
            spelled["stage"] = stage
    return msgspec.structs.replace(message, **spelled) if spelled else message


def check_message(
    message: Message,
    received_at: datetime,
    rules: Rules,
    correction: timedelta = NO_CORRECTION,
    came_at: datetime | None = None,
) -> None:
    """Check a message's times against ours; raises ContractError naming the field that is wrong.

    `correction` is what its device's clock is behind ours; `came_at` is when a replayed message first came,
    by which its age is judged.
    """
    waited = received_at - came_at if came_at else timedelta()
    _check_clock(correction, rules)
    oldest = waited + (rules.oldest_reading if isinstance(message, _READINGS) else rules.oldest_event)
    if isinstance(message, _LISTS):
        times = [reading.at for reading in message.readings]
        # Only where the newest or the oldest is wrong is it worth looking for the first that is.
        newest_age, oldest_age = received_at - max(times) - correction, received_at - min(times) - correction
        if -newest_age > rules.future_tolerance or oldest_age > oldest:
            for position, at in enumerate(times):
                _check_time(at, f"readings[{position}].at", received_at, rules, correction, oldest)
    else:
        _check_time(message.at, "at", received_at, rules, correction, oldest)


def _check_clock(correction: timedelta, rules: Rules) -> None:
    if abs(correction) > rules.max_clock_offset:
        side = "behind" if correction > NO_CORRECTION else "ahead of"
        raise ContractError(
            f"at: the device's clock is {_round(abs(correction))} {side} ours,"
            f" and is corrected up to {rules.max_clock_offset}"
        )


def _check_time(
    at: datetime, name: str, received_at: datetime, rules: Rules, correction: timedelta, oldest: timedelta
) -> None:
    ahead = at - received_at
    if correction:
        ahead += correction
    if ahead > rules.future_tolerance:
        sign = "-" if correction < NO_CORRECTION else "+"
        corrected = f" though corrected by {sign}{_round(abs(correction))}" if correction else ""
        raise ContractError(f"{name}: {_round(ahead)} ahead of our clock{corrected}")
    if -ahead > oldest:
        raise ContractError(
            f"{name}: {at.isoformat()} is {(-ahead).days} days old; up to {oldest.days} days are taken"
        )


def _round(duration: timedelta) -> timedelta:
    return timedelta(seconds=round(duration.total_seconds()))
