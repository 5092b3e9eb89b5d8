"""A batch: whatever arrived while the last one was being committed, sorted by table.

Owns the sorting of messages into rows and refusals. Every message ends in exactly one of
the two, whatever it raises: a message can only refuse itself. Pure; writing a batch is `ingest.store.write`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.adapters.adapter import Event, ForeignError, Skip, SkippedError
from ingest.message import ReceivedMessage
from ingest.steps.decode import NO_CORRECTION, Rules, check_message, decode_message, spell
from ingest.steps.hear import DeviceKey, Hearing
from ingest.steps.quota import Tally
from ingest.steps.rows import Row, make_rows
from ingest.store.failures import explain_unexpected
from models.contract.liberal import settle
from models.contract.payloads import LabourScan, StageScan
from models.contract.topics import PREFIX, ContractError, Source, read_sender
from models.domain.device.clock import Clock
from models.domain.quarantine import name_field
from models.domain.service.published import is_reminder_topic

# From another product's message to the contract's; raises ForeignError, or SkippedError for no reading.
Translate = Callable[[ReceivedMessage], list[Event]]

_UNKNOWN = Clock()
_NONE_KNOWN: Mapping[DeviceKey, Clock] = {}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that cannot be stored, and why."""

    message: ReceivedMessage
    reason: str
    site: str | None
    device: str | None
    # What the message raised, where that was no refusal; the log says it in full.
    error: Exception | None = None


@dataclass(slots=True)
class Batch:
    """Rows by table, refusals, the sites and devices heard from, and what is left out."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    # Sites with their newest receive time.
    heard: dict[str, datetime] = field(default_factory=dict)
    devices: dict[DeviceKey, Hearing] = field(default_factory=dict)
    # Fields of messages that were left out, or brought into canonical form, each as often as that happened.
    noted: Counter[tuple[str, bool]] = field(default_factory=Counter)
    # Messages that are neither stored nor refused, by why.
    skipped: Counter[Skip] = field(default_factory=Counter)
    # The first topic of each of these.
    skipped_topics: dict[Skip, str] = field(default_factory=dict)


def sort_messages(
    messages: Sequence[ReceivedMessage],
    rules: Rules,
    translate: Translate | None = None,
    clocks: Mapping[DeviceKey, Clock] = _NONE_KNOWN,
    tally: Tally | None = None,
) -> Batch:
    """Decode messages into a batch; what cannot be decoded becomes a refusal.

    A message is first heard and then corrected, so that what it tells of its device's clock
    holds for itself, also when it is refused.
    """
    batch = Batch()
    for message in messages:
        try:
            _sort(batch, message, rules, translate, clocks, tally)
        except SkippedError as skipped:
            batch.skipped[skipped.why] += 1
            batch.skipped_topics.setdefault(skipped.why, message.topic)
        except ForeignError as error:
            batch.refusals.append(Refusal(message, str(error), error.site, error.device))
        except ContractError as error:
            batch.refusals.append(refuse(message, str(error)))
        except Exception as error:  # noqa: BLE001  # whatever one message raises refuses that message only
            batch.refusals.append(refuse(message, explain_unexpected(error), error))
    return batch


def refuse(message: ReceivedMessage, reason: str, error: Exception | None = None) -> Refusal:
    """Refuse a message, naming its sender if its topic does."""
    return Refusal(message, reason, *read_sender(message.topic), error)


def _sort(
    batch: Batch,
    message: ReceivedMessage,
    rules: Rules,
    translate: Translate | None,
    clocks: Mapping[DeviceKey, Clock],
    tally: Tally | None,
) -> None:
    site, device = read_sender(message.topic)
    if tally and site and device:
        tally.take((site, device), message)
    if is_reminder_topic(message.topic):
        batch.skipped[Skip.OWN] += 1
    elif translate and not message.topic.startswith(PREFIX):
        _sort_foreign(batch, message, rules, translate)
    else:
        topic, event, notes = decode_message(message.topic, message.payload, rules)
        key = (topic.site, topic.device)
        if tally and topic.source != Source.DMS and isinstance(event, StageScan | LabourScan):
            tally.take_order(key, event.work_order, message.received_at)
        hearing = batch.devices.get(key)
        if hearing is None:
            hearing = batch.devices[key] = Hearing(topic.source, clocks.get(key, _UNKNOWN))
        hearing.take(event, message)
        check_message(event, message.received_at, rules, hearing.correction, message.came_at)
        _add(batch, [(topic, event, notes)], message.received_at, hearing.correction)


def _sort_foreign(batch: Batch, message: ReceivedMessage, rules: Rules, translate: Translate) -> None:
    """Add what a message of another product says, all of it or nothing; its times are not corrected."""
    events: list[Event] = []
    for topic, translated, left_out in translate(message):
        try:
            event, notes = settle(translated)
            notes += left_out
            event = spell(topic.site, event, rules, notes)
            check_message(event, message.received_at, rules, came_at=message.came_at)
        except ContractError as error:
            raise ForeignError(str(error), topic.site, topic.device) from error
        events.append((topic, event, notes))
    _add(batch, events, message.received_at, NO_CORRECTION)
    for topic, _, _ in events:
        batch.devices.setdefault((topic.site, topic.device), Hearing(topic.source)).count(message)


def _add(batch: Batch, events: Sequence[Event], received_at: datetime, correction: timedelta) -> None:
    """Add the rows of a message: all of them, or none where one cannot be made."""
    rows = [
        row
        for topic, event, notes in events
        for row in make_rows(topic, event, received_at, correction, notes)
    ]
    for table, values in rows:
        batch.rows.setdefault(table, []).append(values)
    for topic, _, notes in events:
        batch.heard[topic.site] = received_at
        batch.noted.update((name_field(f"{note.field}:"), note.reason is not None) for note in notes)
