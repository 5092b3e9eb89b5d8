"""One visitor's share: how often a screen, a session or an address may ask, and how many boards it has open.

Who is known is counted by what it showed, so that a stranger at the same address takes nothing from it.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from dashboard.access.identity import Visitor
from dashboard.edge.addresses import find_block
from dashboard.edge.limits import Limits
from dashboard.edge.rates import Rates
from dashboard.edge.refusals import refuse

# A board that is refused is asked for again after this long.
_STREAM_WAIT_SECONDS = 30


class Share:
    """Counts requests and streams of everybody who asks this process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known = Rates(limits.requests_a_second, limits.requests_at_once)
        self._unknown = Rates(limits.requests_a_second, limits.requests_at_once_unknown)
        self._streams: Counter[Hashable] = Counter()

    def find_refusal(self, visitor: Visitor, request: Request) -> Response | None:
        """Count a request; returns the refusal of one that is too many."""
        rates = self._known if visitor.user or visitor.screens else self._unknown
        wait = rates.take(_name(visitor, request))
        if wait:
            return refuse(request, HTTPStatus.TOO_MANY_REQUESTS, "too_often", wait=wait)
        return None

    @contextmanager
    def count_stream(self, visitor: Visitor, request: Request) -> Iterator[Response | None]:
        """Count a stream as long as it is open; gives the refusal of one that is too many."""
        name = _name(visitor, request)
        if self._streams[name] >= self._limits.streams_a_visitor:
            yield refuse(request, HTTPStatus.TOO_MANY_REQUESTS, "too_many_streams", wait=_STREAM_WAIT_SECONDS)
            return
        self._streams[name] += 1
        try:
            yield None
        finally:
            self._streams[name] -= 1
            if not self._streams[name]:
                del self._streams[name]


def _name(visitor: Visitor, request: Request) -> Hashable:
    """Return what a visitor is counted as."""
    if visitor.user:
        return "user", visitor.user.account or visitor.user
    if visitor.screens:
        return "screen", visitor.screens[0].id
    return "address", find_block(request.client.host if request.client else "")
