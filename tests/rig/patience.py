"""How long tests wait, and how often they repeat, each in one place.

BAYBOARD_TEST_PATIENCE multiplies what a test waits for something at most; only a test that fails waits
for so long. BAYBOARD_TEST_PROOF=1 has long proofs run all of their rounds: `make proof-NAME` sets it.
"""

import os
import time
from collections.abc import Callable

PATIENCE_SECONDS = 90.0 * float(os.environ.get("BAYBOARD_TEST_PATIENCE", "1"))
PATIENCE_MS = PATIENCE_SECONDS * 1000
IS_PROOF = os.environ.get("BAYBOARD_TEST_PROOF") == "1"


def wait_until(holds: Callable[[], bool]) -> None:
    """Ask again and again until something holds; fail when patience is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rounds(short: int, *, proof: int) -> int:
    """Return how often something is repeated: a few times in `make check`, more in a long proof."""
    return proof if IS_PROOF else short
