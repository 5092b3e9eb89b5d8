"""What lies between the network and the database: messages that arrived and are not yet taken.

Bounded in messages and in bytes; when it is full the network waits, so memory does not grow
with what the broker holds.
"""

import threading
from collections import deque

from ingest.message import ReceivedMessage

_INBOX_MESSAGES = 20_000
_INBOX_BYTES = 16 * 1024 * 1024
_BATCH_BYTES = 4 * 1024 * 1024


class Inbox:
    """Messages that arrived and are not yet taken; bounded, for one producer and one consumer."""

    def __init__(self, capacity: int = _INBOX_MESSAGES, capacity_bytes: int = _INBOX_BYTES) -> None:
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._messages: deque[ReceivedMessage] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._closed = False

    def put(self, message: ReceivedMessage) -> bool:
        """Add a message, waiting while the inbox is full, and say whether it had to wait.

        After `close` it is dropped.
        """
        waited = False
        with self._changed:
            while not self._closed and (
                len(self._messages) >= self._capacity or self._bytes >= self._capacity_bytes
            ):
                waited = True
                self._changed.wait()
            if not self._closed:
                self._messages.append(message)
                self._bytes += len(message.payload)
                if len(self._messages) == 1:
                    self._changed.notify_all()
        return waited

    def take(self, limit: int, limit_bytes: int = _BATCH_BYTES) -> list[ReceivedMessage]:
        """Wait for messages and take up to the limits; an empty list means closed and empty."""
        taken: list[ReceivedMessage] = []
        with self._changed:
            while not self._messages and not self._closed:
                self._changed.wait()
            taken_bytes = 0
            while self._messages and len(taken) < limit and taken_bytes < limit_bytes:
                message = self._messages.popleft()
                taken_bytes += len(message.payload)
                taken.append(message)
            self._bytes -= taken_bytes
            self._changed.notify_all()
        return taken

    def close(self) -> None:
        """Let `take` return what is left and then nothing; what still comes stays with the broker."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
