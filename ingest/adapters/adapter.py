"""What an adapter is: the shape every one of them has, and what they read alike.

An adapter turns one message of another product into messages of the contract, or none. It
is pure: what it must be told of the world (the vehicle of a device, when a message was first
received) it is given. What it cannot read it refuses with ContractError, naming the field.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, TypeVar

import msgspec

from ingest.contract.payloads import Count, Message, Vin
from ingest.contract.topics import ContractError, Topic

Event = tuple[Topic, Message]
# The vehicle a device is registered to; raises ContractError where there is none.
FindVin = Callable[[str], str]
Values = Mapping[str, msgspec.Raw]

_DISTANCE: msgspec.json.Decoder[float] = msgspec.json.Decoder(Count)
_VIN: msgspec.json.Decoder[str] = msgspec.json.Decoder(Vin)
_NULL = b"null"

_Value = TypeVar("_Value")


class ForeignError(ContractError):
    """A message of another product cannot be read; says whose it is, as far as that is known."""

    def __init__(self, reason: str, site: str | None = None, device: str | None = None) -> None:
        super().__init__(reason)
        self.site = site
        self.device = device


@dataclass(frozen=True, slots=True)
class ForeignMessage:
    """A message of another product; `event_id` is derived from its topic and bytes."""

    topic: str
    payload: bytes
    event_id: str
    received_at: datetime
    # When these very bytes first came, for adapters that are timeless; else received_at.
    first_received_at: datetime


class Adapter(Protocol):
    """Reads the messages of one product on the topics of one mapping."""

    # Whether the product's messages carry no time, so that they need `first_received_at`.
    timeless: ClassVar[bool]

    def translate(self, message: ForeignMessage, find_vin: FindVin) -> Iterable[Event]:
        """Return what the message says in the contract's words; nothing, if that is to be skipped."""
        ...


def read_distance(values: Values, names: Iterable[str], where: str = "") -> float | None:
    """Return the first of the named values that is there; raises ContractError if it is no distance."""
    name = next((name for name in names if values.get(name, _NULL) != _NULL), None)
    return None if name is None else _read(_DISTANCE, values[name], f"{where}{name}")


def read_vin(values: Values, name: str | None, where: str = "") -> str | None:
    """Return the named VIN if it is there; raises ContractError if it is none."""
    if name is None or values.get(name, _NULL) == _NULL:
        return None
    return _read(_VIN, values[name], f"{where}{name}")


def _read(decoder: msgspec.json.Decoder[_Value], value: msgspec.Raw, field: str) -> _Value:
    try:
        return decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{field}: {str(error)[0].lower()}{str(error)[1:]}") from error
