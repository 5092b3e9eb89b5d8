"""Lets open streams end when the process is told to stop.

uvicorn waits for every open response before it tells the application to shut down, and a
stream never ends by itself, so the application has to hear the signal too.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType


def call_on_shutdown(close: Callable[[], None]) -> None:
    """Call `close` in the running loop on SIGINT or SIGTERM, then do what was done before."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def handle(number: int, frame: FrameType | None, before: object = before) -> None:
            loop.call_soon_threadsafe(close)
            if callable(before):
                before(number, frame)

        signal.signal(number, handle)
