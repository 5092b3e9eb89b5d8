"""Judging cars one by one, so that one that cannot be judged takes nothing from the others.

Owns the seam between a car's judgement and the board it stands on. Whoever asks for judgements says
what becomes of a failure; by default it is raised. Refuses to log and to remember.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Told the car (empty where it is no single car), what was to be judged of it, and what came instead.
Complain = Callable[[str, str, Exception], None]


def let_fail(_car: str, _judgement: str, error: Exception) -> None:
    """Raise the failure."""
    raise error


@contextmanager
def spare_others(car: str, judgement: str, complain: Complain) -> Iterator[None]:
    """Do without what fails within the context, after a complaint."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # whatever a car's data provoke, the other cars are shown
        complain(car, judgement, error)
