"""How far a device's clock is off, measured from what it says live.

Owns one rule of thumb: a message that waited somewhere, in a device that was offline or in a
broker, looks older than it is and never younger. So two messages count as live only when as
much time passed between them by the device's clock as by ours, and of the last few live lags
the smallest is believed. Pure: a clock and a message give a new clock. Reads no clock itself.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# What a network adds to a message is no error of a clock: below this an offset counts as zero.
NOISE_SECONDS = 2.0
# A buffer is emptied within moments, so messages closer together than this tell nothing of each other.
PAUSE = timedelta(seconds=10)
# So many live messages in a row must agree before a device is believed to be further behind than it was.
_LAGS = 3


@dataclass(frozen=True, slots=True)
class Lag:
    """How long after its own time a message reached us; `live` when a neighbour agreed with it."""

    received_at: datetime
    seconds: float
    live: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known of a device's clock.

    `offset_seconds` is our clock minus the device's, None until it was measured; `lags` are the
    last live ones, `last` is the message to which the next is compared.
    """

    offset_seconds: float | None = None
    measured_at: datetime | None = None
    lags: tuple[float, ...] = ()
    last: Lag | None = None

    @property
    def correction(self) -> timedelta:
        """Return what to add to the device's times, in whole milliseconds."""
        return timedelta(milliseconds=round((self.offset_seconds or 0) * 1000))


def resume_clock(offset_seconds: float | None, measured_at: datetime | None) -> Clock:
    """Go on with what was stored of a clock."""
    return Clock(offset_seconds, measured_at, () if offset_seconds is None else (offset_seconds,))


def hear(clock: Clock, at: datetime, received_at: datetime, *, announced: bool = False) -> Clock:
    """Take a message into account that did not wait on our side.

    `announced` says that the device read its clock for this very message, as when it comes
    online. That, and a message that is as old as the network makes it, is believed at once.
    """
    lag = (received_at - at).total_seconds()
    if announced:
        return _measure(clock, (lag,), Lag(received_at, lag, live=True))
    last = clock.last
    if last and received_at - last.received_at < PAUSE:
        return clock
    if abs(lag) <= NOISE_SECONDS:
        return _measure(clock, (lag,), Lag(received_at, lag, live=True))
    if last and abs(lag - last.seconds) <= NOISE_SECONDS:
        agreed = (lag,) if last.live else (last.seconds, lag)
        return _measure(clock, (*clock.lags, *agreed)[-_LAGS:], Lag(received_at, lag, live=True))
    return replace(clock, last=Lag(received_at, lag, live=False))


def _measure(clock: Clock, lags: tuple[float, ...], last: Lag) -> Clock:
    """Believe the smallest lag; move the offset only by more than noise, so that times keep their order."""
    smallest, offset = min(lags), clock.offset_seconds
    if abs(smallest) <= NOISE_SECONDS:
        offset = 0.0
    elif offset is None or abs(smallest - offset) > NOISE_SECONDS:
        offset = round(smallest, 3)
    return Clock(offset, last.received_at, lags, last)
