"""What the entry points of every command share: the clock, the signals, the way to fail.

Owns the one reading of the clock, which everything below is passed, and the one exception that
becomes a sentence and exit status 1.
"""

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime


class CommandError(Exception):
    """The command cannot do what it was asked; the message is the sentence to say."""


def read_clock() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    call_on_signals(stop.set)
    return stop


def call_on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and Ctrl-C, from a thread: a handler may interrupt a held lock."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=stop).start())
