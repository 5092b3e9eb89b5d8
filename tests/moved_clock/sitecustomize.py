"""Read by every Python whose clock Debian's faketime moves (`scripts/prove_moments.sh` puts it on the path).

Python 3.11 sleeps until a time of the clock that is not moved, which faketime 0.9.10 takes for one that
is, and refuses. Waiting for nothing to become readable sleeps as long, by a length.
"""

import select
import time


def _sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = _sleep  # type: ignore[assignment]  # nobody here sleeps a SupportsIndex
