"""A message as it reached us, before anybody looked into it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """Topic and bytes of one MQTT publish, and what is needed to acknowledge it.

    `connection` counts the connections to the broker: an acknowledgement is only good on
    the one the message came by. `live` says that it waited nowhere on our side: neither was it
    retained, nor did it come in the first moments after connecting.
    """

    topic: str
    payload: bytes
    received_at: datetime
    packet_id: int
    connection: int
    live: bool = False
    # When a message that is replayed from quarantine first came.
    came_at: datetime | None = None


def digest_message(topic: str, payload: bytes) -> bytes:
    """Return what identifies a message that says no id we could trust: SHA-256 of its topic and bytes."""
    return hashlib.sha256(topic.encode(errors="surrogatepass") + b"\0" + payload).digest()
