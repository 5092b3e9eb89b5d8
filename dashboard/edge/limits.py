"""How much one visitor may ask for; docs/access.md explains each number.

Each process counts for itself. Walls and phones of a shop often share one address, so what is counted by
address is wide, and a screen or a session that is known is counted by itself.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one process."""

    connections: int = 4000
    connections_an_address: int = 400
    requests_a_second: float = 30.0
    # What may come in one go: every screen of a shop loads its page when the power is back.
    requests_at_once: int = 1500
    # The same for an address of which nothing else is known: customers' phones, and attackers.
    requests_at_once_unknown: int = 400
    # A shop may give one link to all its screens, and one account to all its phones.
    streams_a_visitor: int = 60
    head_bytes: int = 32 * 1024
    head_seconds: float = 10.0
    # Forms, and everything that strangers may send; the rest is for people who are signed in.
    open_body_bytes: int = 8 * 1024
    open_body_seconds: float = 10.0
    body_bytes: int = 1024 * 1024
    body_seconds: float = 30.0
