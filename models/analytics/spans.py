"""Spans of time as sets: joined, cut to each other, added up.

Owns the arithmetic of half-open spans `(begin, end)`. A joined list is sorted and has no overlaps.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

Span = tuple[datetime, datetime]


def join(spans: Iterable[Span]) -> list[Span]:
    """Return the union of spans; empty ones vanish."""
    joined: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def cut(spans: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """Return what joined spans share with others that are joined."""
    return [
        (max(begin, start), min(end, stop))
        for begin, end in spans
        for start, stop in others
        if begin < stop and start < end
    ]


def add_up(spans: Iterable[Span]) -> float:
    """Return how many seconds spans last together."""
    return sum((end - begin).total_seconds() for begin, end in spans)
