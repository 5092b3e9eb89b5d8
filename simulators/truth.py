"""What really happened, as JSON lines: one line for every stage interval that has been lived.

First cut: stage intervals, with the names and instants under which they were published. An
interval is written as it ends; those still under way are written last, without an end.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Literal, Self

import msgspec

from simulators.facts import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTruth:
    """A line of the truth: the columns of `stage_interval`."""

    kind: Literal["stage"] = "stage"
    site: str
    work_order: str
    stage: Stage
    bay: str | None
    technician: str | None
    entered_at: datetime
    left_at: datetime | None = None


class TruthFile:
    """Writes the truth while it happens; leaving its context writes what is still going on."""

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file
        self._current: dict[tuple[str, str], StageTruth] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for interval in self._current.values():
            self._write(interval)
        self._current.clear()

    def enter(self, interval: StageTruth) -> None:
        """Record that a car entered a stage, which ends the interval before it."""
        key = (interval.site, interval.work_order)
        before = self._current.pop(key, None)
        if before:
            self._write(replace(before, left_at=interval.entered_at))
        if interval.stage is Stage.DELIVERED:
            self._write(replace(interval, left_at=interval.entered_at))
        else:
            self._current[key] = interval

    def _write(self, interval: StageTruth) -> None:
        if self._file:
            self._file.write(msgspec.json.encode(interval) + b"\n")
            self._file.flush()
