"""How often a visitor may ask: so many in one go, and so many a second after that."""

import time
from collections.abc import Callable, Hashable

_MOST_VISITORS = 20_000


class Rates:
    """Counts requests of visitors; a visitor who has not asked for a while is forgotten."""

    def __init__(self, a_second: float, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second = a_second
        self._at_once = at_once
        self._clock = clock
        # When each visitor will have been given back all that was taken.
        self._whole_again: dict[Hashable, float] = {}

    def take(self, visitor: Hashable) -> float:
        """Count a request; returns for how many seconds this visitor is to wait, 0 if it may be answered."""
        now = self._clock()
        whole = max(self._whole_again.get(visitor, now), now)
        wait = whole - now - (self._at_once - 1) / self._a_second
        if wait > 0:
            return wait
        if len(self._whole_again) >= _MOST_VISITORS:
            self._forget(now)
        self._whole_again[visitor] = whole + 1 / self._a_second
        return 0.0

    def _forget(self, now: float) -> None:
        self._whole_again = {who: whole for who, whole in self._whole_again.items() if whole > now}
        if len(self._whole_again) >= _MOST_VISITORS:
            self._whole_again.clear()
