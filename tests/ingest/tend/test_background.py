"""Work beside ingest goes on whatever happens to it."""

import threading

import psycopg

from ingest.tend.background import Background
from tests.rig.patience import PATIENCE_SECONDS


class Stumbling(Background):
    """Fails as often as there are errors, then works."""

    def __init__(self, errors: list[Exception]) -> None:
        super().__init__("stumbling", first_seconds=0, every_seconds=0)
        self._errors = errors
        self.worked = threading.Event()

    def _work(self) -> None:
        if self._errors:
            raise self._errors.pop()
        self.worked.set()


def test_work_is_tried_again_when_the_database_is_away_and_after_a_fault_of_ours() -> None:
    work = Stumbling([psycopg.OperationalError("connection refused"), ZeroDivisionError()])
    work.start()
    assert work.worked.wait(PATIENCE_SECONDS)
    work.stop()
    work.worked.clear()
    assert not work.worked.wait(0.05)
