"""A batch: whatever arrived while the last one was being committed, sorted by table.

Owns the sorting of messages into rows and refusals. Every message ends in exactly one of
the two. Pure; writing a batch is `ingest.write`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ingest.adapters.adapter import ForeignError
from ingest.contract.payloads import Message
from ingest.contract.topics import PREFIX, ContractError, Topic, read_sender
from ingest.decode import Rules, check_message, decode_message
from ingest.message import ReceivedMessage
from ingest.rows import Row, make_rows

# From another product's message to the contract's; raises ForeignError.
Translate = Callable[[ReceivedMessage], list[tuple[Topic, Message]]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that cannot be stored, and why."""

    message: ReceivedMessage
    reason: str
    site: str | None
    device: str | None


@dataclass(slots=True)
class Batch:
    """Rows by table, refusals, the sites heard from with their newest receive time, and what is left out."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    heard: dict[str, datetime] = field(default_factory=dict)
    # Messages of other products that the workshop file says to skip.
    skipped: int = 0


def sort_messages(
    messages: Sequence[ReceivedMessage], rules: Rules, translate: Translate | None = None
) -> Batch:
    """Decode messages into a batch; what cannot be decoded becomes a refusal."""
    batch = Batch()
    for message in messages:
        if translate and not message.topic.startswith(PREFIX):
            _sort_foreign(batch, message, rules, translate)
            continue
        try:
            topic, event = decode_message(message.topic, message.payload, message.received_at, rules)
        except ContractError as error:
            batch.refusals.append(refuse(message, str(error)))
            continue
        for table, row in make_rows(topic, event, message.received_at):
            batch.rows.setdefault(table, []).append(row)
        batch.heard[topic.site] = message.received_at
    return batch


def refuse(message: ReceivedMessage, reason: str) -> Refusal:
    """Refuse a message, naming its sender if its topic does."""
    return Refusal(message, reason, *read_sender(message.topic))


def _sort_foreign(batch: Batch, message: ReceivedMessage, rules: Rules, translate: Translate) -> None:
    """Add what a message of another product says, all of it or nothing."""
    try:
        events = translate(message)
    except ForeignError as error:
        batch.refusals.append(Refusal(message, str(error), error.site, error.device))
        return
    for topic, event in events:
        try:
            check_message(event, message.received_at, rules)
        except ContractError as error:
            batch.refusals.append(Refusal(message, str(error), topic.site, topic.device))
            return
    batch.skipped += not events
    for topic, event in events:
        for table, row in make_rows(topic, event, message.received_at):
            batch.rows.setdefault(table, []).append(row)
        batch.heard[topic.site] = message.received_at
