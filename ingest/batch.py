"""A batch: whatever arrived while the last one was being committed, sorted by table.

Owns the sorting of messages into rows and refusals. Every message ends in exactly one of
the two. Pure; writing a batch is `ingest.write`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.adapters.adapter import ForeignError, Skip, SkippedError
from ingest.contract.payloads import Message
from ingest.contract.topics import PREFIX, ContractError, Topic, read_sender
from ingest.decode import NO_CORRECTION, Rules, check_message, decode_message
from ingest.hearing import DeviceKey, Hearing
from ingest.message import ReceivedMessage
from ingest.rows import Row, make_rows
from models.domain.clock import Clock
from models.domain.published import is_reminder_topic

# From another product's message to the contract's; raises ForeignError, or SkippedError for no reading.
Translate = Callable[[ReceivedMessage], list[tuple[Topic, Message]]]

_UNKNOWN = Clock()
_NONE_KNOWN: Mapping[DeviceKey, Clock] = {}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that cannot be stored, and why."""

    message: ReceivedMessage
    reason: str
    site: str | None
    device: str | None


@dataclass(slots=True)
class Batch:
    """Rows by table, refusals, the sites and devices heard from, and what is left out."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    # Sites with their newest receive time.
    heard: dict[str, datetime] = field(default_factory=dict)
    devices: dict[DeviceKey, Hearing] = field(default_factory=dict)
    # Messages that are neither stored nor refused, by why.
    skipped: Counter[Skip] = field(default_factory=Counter)


def sort_messages(
    messages: Sequence[ReceivedMessage],
    rules: Rules,
    translate: Translate | None = None,
    clocks: Mapping[DeviceKey, Clock] = _NONE_KNOWN,
) -> Batch:
    """Decode messages into a batch; what cannot be decoded becomes a refusal.

    A message is first heard and then corrected, so that what it tells of its device's clock
    holds for itself, also when it is refused.
    """
    batch = Batch()
    for message in messages:
        if is_reminder_topic(message.topic):
            batch.skipped[Skip.OWN] += 1
            continue
        if translate and not message.topic.startswith(PREFIX):
            _sort_foreign(batch, message, rules, translate)
            continue
        try:
            topic, event = decode_message(message.topic, message.payload)
            key = (topic.site, topic.device)
            hearing = batch.devices.get(key)
            if hearing is None:
                hearing = batch.devices[key] = Hearing(topic.source, clocks.get(key, _UNKNOWN))
            hearing.take(event, message)
            check_message(event, message.received_at, rules, hearing.correction)
        except ContractError as error:
            batch.refusals.append(refuse(message, str(error)))
            continue
        _add(batch, topic, event, message.received_at, hearing.correction)
    return batch


def refuse(message: ReceivedMessage, reason: str) -> Refusal:
    """Refuse a message, naming its sender if its topic does."""
    return Refusal(message, reason, *read_sender(message.topic))


def _sort_foreign(batch: Batch, message: ReceivedMessage, rules: Rules, translate: Translate) -> None:
    """Add what a message of another product says, all of it or nothing; its times are not corrected."""
    try:
        events = translate(message)
    except SkippedError as skipped:
        batch.skipped[skipped.why] += 1
        return
    except ForeignError as error:
        batch.refusals.append(Refusal(message, str(error), error.site, error.device))
        return
    for topic, event in events:
        try:
            check_message(event, message.received_at, rules)
        except ContractError as error:
            batch.refusals.append(Refusal(message, str(error), topic.site, topic.device))
            return
    for topic, event in events:
        batch.devices.setdefault((topic.site, topic.device), Hearing(topic.source)).count(message)
        _add(batch, topic, event, message.received_at, NO_CORRECTION)


def _add(batch: Batch, topic: Topic, event: Message, received_at: datetime, correction: timedelta) -> None:
    for table, row in make_rows(topic, event, received_at, correction):
        batch.rows.setdefault(table, []).append(row)
    batch.heard[topic.site] = received_at
