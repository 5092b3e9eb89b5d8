"""A batch: whatever arrived while the last one was being committed, sorted by table.

Owns the sorting of messages into rows and refusals. Every message ends in exactly one of
the two. Pure; writing a batch is `ingest.write`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ingest.contract.topics import ContractError
from ingest.decode import Rules, decode_message
from ingest.message import ReceivedMessage
from ingest.rows import Row, make_rows


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that cannot be stored, and why."""

    message: ReceivedMessage
    reason: str


@dataclass(slots=True)
class Batch:
    """Rows by table, refusals, and the sites heard from with their newest receive time."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    heard: dict[str, datetime] = field(default_factory=dict)


def sort_messages(messages: Sequence[ReceivedMessage], rules: Rules) -> Batch:
    """Decode messages into a batch; what cannot be decoded becomes a refusal."""
    batch = Batch()
    for message in messages:
        try:
            topic, event = decode_message(message.topic, message.payload, message.received_at, rules)
        except ContractError as error:
            batch.refusals.append(Refusal(message, str(error)))
            continue
        for table, row in make_rows(topic, event, message.received_at):
            batch.rows.setdefault(table, []).append(row)
        batch.heard[topic.site] = message.received_at
    return batch
