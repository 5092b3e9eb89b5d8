"""What could not be judged of single cars, logged once and not at every reading.

Owns how often it is said: once for each car, judgement and kind of failure, as long as the process lives
or until there are very many of them.
"""

import structlog

_MOST_KNOWN = 1000

log = structlog.get_logger()


class Complaints:
    """Hears of failures at one place, such as the wall; pass its `hear` to whoever judges."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._known: set[tuple[str, str, type[Exception]]] = set()

    def hear(self, car: str, judgement: str, error: Exception) -> None:
        """Log a failure that is new; the place does without the judgement."""
        complaint = (car, judgement, type(error))
        if complaint in self._known:
            return
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known.add(complaint)
        log.error(
            "a judgement failed, the rest goes on without it",
            place=self._place,
            car=car,
            judgement=judgement,
            exc_info=error,
        )
