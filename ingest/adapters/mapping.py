"""Which adapter reads which topic, and what the adapters must be told of the world.

Owns the list of adapters, the choice among them by topic, and the two readings of the
database that translation needs: vehicles of registered devices, and when a message that
carries no time was first received (docs/decisions/0008).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from psycopg import Connection

from config.adapters import Adapter as Facts
from config.kit.topic_filter import express_filter
from ingest.adapters.adapter import Adapter, Event, ForeignError, ForeignMessage
from ingest.adapters.plain_json import PlainJson
from ingest.adapters.registered import Devices, SiteDevices
from ingest.adapters.traccar import Traccar
from ingest.adapters.wican import Wican
from ingest.message import ReceivedMessage, digest_message
from models.contract.topics import PREFIX, ContractError
from models.domain.names import canonical_vin

ADAPTERS: dict[str, type[PlainJson | Traccar]] = {"json": PlainJson, "traccar": Traccar, "wican": Wican}


@dataclass(frozen=True, slots=True)
class _Mapped:
    """The topics of one adapter."""

    pattern: re.Pattern[str]
    site: str
    adapter: Adapter


@dataclass(frozen=True, slots=True)
class Translation:
    """The adapters, with what they are told of the world for one batch."""

    mapped: Sequence[_Mapped]
    devices: Devices = field(default_factory=Devices)
    first_received: Mapping[bytes, datetime] = field(default_factory=dict)

    def __call__(self, message: ReceivedMessage) -> list[Event]:
        """Return a message's events; raises SkippedError if it is no reading, or ForeignError."""
        mapped = _find(self.mapped, message.topic)
        if mapped is None:
            raise ForeignError(f"topic: {message.topic!r} is not below {PREFIX}, and no adapter reads it")

        digest, came_at = (
            digest_message(message.topic, message.payload),
            message.came_at or message.received_at,
        )
        foreign = ForeignMessage(
            topic=message.topic,
            payload=message.payload,
            event_id=digest.hex(),
            received_at=came_at,
            first_received_at=self.first_received.get(digest, came_at),
        )
        try:
            return list(mapped.adapter.translate(foreign, SiteDevices(mapped.site, self.devices)))
        except ForeignError:
            raise
        except ContractError as error:
            raise ForeignError(str(error), mapped.site) from error


class Adapters:
    """The adapters that the workshop's facts ask for."""

    def __init__(self, facts: Iterable[Facts], zones: Mapping[str, ZoneInfo]) -> None:
        """Take the mappings, and the time zone of each site."""
        self._mapped = [
            _Mapped(
                re.compile(express_filter(one.topic), re.DOTALL),
                one.site,
                ADAPTERS[one.kind](one, zones[one.site]),
            )
            for one in facts
        ]

    def prepare(self, connection: Connection, messages: Iterable[ReceivedMessage]) -> Translation | None:
        """Read what the translation of these messages needs; None where nothing is to be translated."""
        foreign = (
            [message for message in messages if not message.topic.startswith(PREFIX)] if self._mapped else []
        )
        if not foreign:
            return None
        timeless = {
            digest_message(message.topic, message.payload): came_at
            for message in reversed(foreign)
            for came_at in [message.came_at or message.received_at]
            if (mapped := _find(self._mapped, message.topic))
            and _needs_first_time(mapped.adapter, message, came_at)
        }
        return Translation(self._mapped, _read_devices(connection), _remember(connection, timeless))


def _find(mapped: Iterable[_Mapped], topic: str) -> _Mapped | None:
    return next((one for one in mapped if one.pattern.fullmatch(topic)), None)


def _needs_first_time(adapter: Adapter, message: ReceivedMessage, came_at: datetime) -> bool:
    try:
        return adapter.needs_first_time(message.topic, message.payload, came_at)
    except Exception:  # noqa: BLE001  # whatever a message raises refuses that message only, when it is read
        return True


def _read_devices(connection: Connection) -> Devices:
    """Read the whole registry, each time: a few thousand rows at most, and no staleness."""
    found = connection.execute(
        "select site, device, vin, known_as from device where revoked_at is null"
    ).fetchall()
    return Devices(
        vins={(site, device): canonical_vin(vin or "") for site, device, vin, _ in found},
        known_as={(site, known_as): device for site, device, _, known_as in found if known_as},
    )


def _remember(connection: Connection, received: dict[bytes, datetime]) -> dict[bytes, datetime]:
    """Return when each message was first received, remembering those that are new.

    A statement of its own, committed before the events are: whichever process comes first
    decides, and whatever happens to its batch, every later delivery is told the same time.
    """
    if not received:
        return {}
    digests = sorted(received)
    found = connection.execute(
        "insert into timeless_message as known (digest, received_at)"
        " select * from unnest(%b::bytea[], %s::timestamptz[])"
        " on conflict (digest) do update set received_at = known.received_at returning digest, received_at",
        (digests, [received[digest] for digest in digests]),
    )
    return dict(found.fetchall())
