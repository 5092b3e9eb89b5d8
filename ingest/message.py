"""A message as it reached us, before anybody looked into it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """Topic and bytes of one MQTT publish, and what is needed to acknowledge it.

    `connection` counts the connections to the broker: an acknowledgement is only good on
    the one the message came by.
    """

    topic: str
    payload: bytes
    received_at: datetime
    packet_id: int
    connection: int
