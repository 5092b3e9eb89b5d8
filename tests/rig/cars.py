"""A car on a board, for tests of what a moment makes of cars: in repair, in its bay, with nothing amiss."""

from datetime import UTC, datetime, timedelta

from models.domain.board.wall import CarOnBoard

# Two in the afternoon at the default workshop's site, which is open from eight to six.
TWO = datetime(2026, 11, 21, 6, tzinfo=UTC)
CAR = CarOnBoard(
    work_order="RO-1",
    registered=True,
    plate="沪A·D4521",
    make=None,
    model=None,
    job_type="repair",
    stage="repairing",
    stage_entered_at=TWO - timedelta(minutes=10),
    bay="B01",
    technician="T012",
    operation=None,
    reason=None,
    promised_at=None,
    updated_at=TWO,
    came_at=TWO - timedelta(hours=1),
)
