"""Messages through ingest's own reading and writing into a database, without a broker.

Owns the shortest way from what devices say to everything that is stored of it, batch by batch.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import psycopg

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from ingest.message import ReceivedMessage
from ingest.steps.batch import Refusal, sort_messages
from ingest.steps.clocks import Clocks
from ingest.store.write import prepare_connection, write_batch
from models.contract.payloads import DeviceStatus, encode
from models.contract.topics import Kind
from simulators.devices.site_devices import Device, Outgoing
from simulators.life import Life, Lived

_RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))


def receive(said: Outgoing, at: datetime) -> ReceivedMessage:
    """Receive what a device says at the moment at which it says it."""
    return ReceivedMessage(str(said.device.name_topic(said.kind)), encode(said.payload), at, 1, 1, live=True)


def say_status(device: Device, state: Literal["online", "offline"], at: datetime) -> Outgoing:
    """Have a device say that it is there, or that it leaves."""
    return Outgoing(device, Kind.STATUS, DeviceStatus(at=at, state=state, firmware=device.firmware))


def receive_life(life: Life, until: datetime) -> Iterator[ReceivedMessage]:
    """Yield what a site's devices say up to an instant, and what faults delay beyond it, as it comes."""
    begins_at = life.site.timing.tell_time(0)
    for device in life.site.devices.all:
        says_at = begins_at + life.faults.skew(device.name, begins_at)
        yield receive(say_status(device, "online", says_at), begins_at)
    for happening in life.live():
        if isinstance(happening, Lived):
            if happening.due_at >= until:
                life.end()
        elif not happening.sending.lost:
            sending = happening.sending
            yield ReceivedMessage(sending.topic, sending.write(), happening.due_at, 1, 1, live=True)


def ingest(url: str, messages: Sequence[ReceivedMessage], size: int = 300) -> list[Refusal]:
    """Store messages as ingest does; return what was refused."""
    clocks, refusals = Clocks(), []
    with psycopg.connect(url, autocommit=True) as connection:
        prepare_connection(connection)
        for start in range(0, len(messages), size):
            received = messages[start : start + size]
            batch = sort_messages(received, _RULES, clocks=clocks.prepare(connection, received))
            refusals += batch.refusals
            clocks.keep(batch.devices, write_batch(connection, batch, _RULES).clocks)
    return refusals
