"""What an adapter is: the shape every one of them has.

An adapter turns one message of another product into messages of the contract, or finds that it
is no reading. It is pure: what it must know of the world (the devices of a site, when a message was first
received) it is given. What it cannot read it refuses with ContractError, naming the field.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from models.contract.payloads import Message
from models.contract.topics import ContractError, Topic
from models.domain.notes import Note

# What a message says in the contract's words, with notes of what of it was left out.
Event = tuple[Topic, Message, list[Note]]


class ForeignError(ContractError):
    """A message of another product cannot be read; says whose it is, as far as that is known."""

    def __init__(self, reason: str, site: str | None = None, device: str | None = None) -> None:
        super().__init__(reason)
        self.site = site
        self.device = device


class Skip(StrEnum):
    """Why a message is neither stored nor refused; a label of the metric of skipped messages."""

    # What Bayboard itself publishes.
    OWN = "own"
    # The workshop file says to skip messages without a mileage, and this one has none.
    WITHOUT_ODOMETER = "without_odometer"
    # The mileage has its name and no value: null, empty, 0 or a word such as "unknown".
    NOT_KNOWN = "not_known"
    # No bytes: a retained message was deleted.
    EMPTY = "empty"
    # Raw frames of a WiCAN in CAN mode.
    CAN_FRAMES = "can_frames"
    # An event that Traccar forwards, without a position.
    EVENT = "event"


# Those that somebody may have to mend at the device.
TELLING_SKIPS = frozenset((Skip.NOT_KNOWN, Skip.CAN_FRAMES))


class SkippedError(Exception):
    """A message is recognised as something else than a reading; not an error of anybody."""

    def __init__(self, why: Skip) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class ForeignMessage:
    """A message of another product; `event_id` is derived from its topic and bytes.

    `received_at` is when it came, also where it waited in quarantine and is replayed.
    """

    topic: str
    payload: bytes
    event_id: str
    received_at: datetime
    # When these very bytes first came, for a message that needs it; else received_at.
    first_received_at: datetime


class Registry(Protocol):
    """The devices of one site."""

    def name_device(self, field: str, said: object) -> str:
        """Return the registered name of what a message calls a device; raises ContractError without one."""
        ...

    def find_vin(self, device: str) -> str:
        """Return the vehicle a device is registered to; raises ContractError where there is none."""
        ...


class Adapter(Protocol):
    """Reads the messages of one product on the topics of one mapping."""

    def needs_first_time(self, topic: str, payload: bytes, received_at: datetime) -> bool:
        """Say whether a message has no time of its own, so that it needs `first_received_at`."""
        ...

    def translate(self, message: ForeignMessage, registry: Registry) -> Iterable[Event]:
        """Return what a message says in the contract's words; raises SkippedError if it is no reading."""
        ...
