"""Office pages are computed in a few threads beside the event loop, which keeps boards current meanwhile.

Each answer has an event loop of its own, so reading, drawing and writing JSON are all done there. Few are
computed at once and few may wait: those who come then are asked to come back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

_Answer = TypeVar("_Answer")

# Threads take turns in one process, so more of them at once only make each of them slower.
AT_ONCE = 2
MOST_WAITING = 40
# Much longer than any page takes; what waits for something is given up then.
LONGEST_SECONDS = 60.0
RETRY_SECONDS = 3


class BusyError(Exception):
    """Too many answers are being computed."""


class Beside:
    """A few threads and a bounded queue."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._most = at_once + most_waiting
        self._threads = ThreadPoolExecutor(at_once, "office")
        self._asked = 0

    async def run(self, make: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Compute an answer in the context of the one who asks; raises BusyError where too many do."""
        if self._asked >= self._most:
            raise BusyError
        self._asked += 1
        try:
            context = copy_context()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, context.run, _compute, make)
        finally:
            self._asked -= 1


def _compute(make: Callable[[], Awaitable[_Answer]]) -> _Answer:
    async def wait() -> _Answer:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await make()

    return asyncio.run(wait())
