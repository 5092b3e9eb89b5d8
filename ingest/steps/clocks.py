"""Devices' clocks between batches: in the table device_state, and in memory while that is right.

Owns the reading and writing of device_state. Several processes may hear the same device: what
they count adds up, of two measurements of a clock the later one holds, and a process
that has not heard a device for a while reads again what others know of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from psycopg import Connection

from ingest.message import ReceivedMessage
from ingest.steps.hear import DeviceKey, Hearing
from models.contract.topics import read_sender
from models.domain.device.clock import Clock, resume_clock
from models.domain.device.health import RATE_SECONDS

# What was not heard for so long is read again.
_FRESH = timedelta(minutes=1)
# About 10 MB; devices beyond that are read again for every batch.
_MOST_KNOWN = 20_000

# As stored: the offset, and when it was measured.
Measured = tuple[float | None, datetime | None]


class Clocks:
    """The clocks of the devices that one process hears."""

    def __init__(self) -> None:
        self._clocks: dict[DeviceKey, Clock] = {}
        self._known_at: dict[DeviceKey, datetime] = {}

    def prepare(
        self, connection: Connection, messages: Sequence[ReceivedMessage]
    ) -> Mapping[DeviceKey, Clock]:
        """Return the clocks of the devices that sent these messages, of others perhaps."""
        now = messages[-1].received_at
        unknown = [
            key
            for key in _list_senders(messages)
            if key not in self._known_at or now - self._known_at[key] > _FRESH
        ]
        if unknown:
            stored = _read(connection, unknown)
            self._keep({key: (Clock(), stored.get(key, (None, None))) for key in unknown}, now)
        return self._clocks

    def keep(self, heard: Mapping[DeviceKey, Hearing], stored: Mapping[DeviceKey, Measured]) -> None:
        """Keep what a batch has measured, or what another process has measured later."""
        for key, measured in stored.items():
            self._keep({key: (heard[key].clock, measured)}, heard[key].last_received_at)

    def _keep(self, clocks: Mapping[DeviceKey, tuple[Clock, Measured]], now: datetime) -> None:
        for key, (clock, (offset_seconds, measured_at)) in clocks.items():
            later = measured_at and (clock.measured_at is None or measured_at > clock.measured_at)
            known = replace(resume_clock(offset_seconds, measured_at), last=clock.last) if later else clock
            self._clocks.pop(key, None)
            self._clocks[key] = known
            self._known_at[key] = now
        while len(self._clocks) > _MOST_KNOWN:
            oldest = next(iter(self._clocks))
            del self._clocks[oldest], self._known_at[oldest]


def read_clocks(connection: Connection, messages: Iterable[ReceivedMessage]) -> dict[DeviceKey, Clock]:
    """Read the clocks of the devices that sent these messages."""
    stored = _read(connection, _list_senders(messages))
    return {key: resume_clock(*measured) for key, measured in stored.items()}


def store_hearings(connection: Connection, heard: Mapping[DeviceKey, Hearing]) -> dict[DeviceKey, Measured]:
    """Add what was heard of devices to what is stored; return what is now stored of their clocks.

    Locks devices in one order, so that no two processes wait for each other.
    """
    keys = sorted(heard)
    hearings = [heard[key] for key in keys]
    stored = connection.execute(
        _STORE,
        {
            "sites": [site for site, _ in keys],
            "devices": [device for _, device in keys],
            "sources": [hearing.source for hearing in hearings],
            "received": [hearing.last_received_at for hearing in hearings],
            "messages": [hearing.messages for hearing in hearings],
            "offsets": [hearing.clock.offset_seconds for hearing in hearings],
            "measured": [hearing.clock.measured_at for hearing in hearings],
            "rate_seconds": RATE_SECONDS,
        },
    )
    return {(site, device): (offset_seconds, at) for site, device, offset_seconds, at in stored}


def _list_senders(messages: Iterable[ReceivedMessage]) -> list[DeviceKey]:
    """List the devices that topics of the contract name; those of other products have no clock of ours."""
    senders = map(read_sender, {message.topic for message in messages})
    return [(site, device) for site, device in senders if site and device]


def _read(connection: Connection, keys: Collection[DeviceKey]) -> dict[DeviceKey, Measured]:
    stored = connection.execute(
        "select site, device, offset_seconds, offset_measured_at from device_state"
        " join unnest(%s::text[], %s::text[]) as sought (site, device) using (site, device)",
        ([site for site, _ in keys], [device for _, device in keys]),
    )
    return {(site, device): (offset_seconds, at) for site, device, offset_seconds, at in stored}


# The rate decays exponentially, so that it needs no history. After twenty times its time nothing is left, and
# PostgreSQL calls a much smaller number an error.
_STORE = """
insert into device_state as known (site, device, source, last_received_at, messages,
    messages_per_minute, offset_seconds, offset_measured_at)
select site, device, source, last_received_at, messages,
    messages * 60.0 / %(rate_seconds)s, offset_seconds, offset_measured_at
from unnest(%(sites)s::text[], %(devices)s::text[], %(sources)s::text[],
    %(received)s::timestamptz[], %(messages)s::bigint[], %(offsets)s::float8[], %(measured)s::timestamptz[])
    as heard (site, device, source, last_received_at, messages, offset_seconds, offset_measured_at)
order by site, device
on conflict (site, device) do update set
    source = excluded.source,
    last_received_at = greatest(known.last_received_at, excluded.last_received_at),
    messages = known.messages + excluded.messages,
    messages_per_minute = excluded.messages_per_minute
        + known.messages_per_minute * exp(-least(20, greatest(0, extract(epoch from
            excluded.last_received_at - known.last_received_at)::float8 / %(rate_seconds)s))),
    offset_seconds = case when coalesce(excluded.offset_measured_at >= known.offset_measured_at,
            excluded.offset_measured_at is not null)
        then excluded.offset_seconds else known.offset_seconds end,
    offset_measured_at = greatest(known.offset_measured_at, excluded.offset_measured_at)
returning site, device, offset_seconds, offset_measured_at
"""
