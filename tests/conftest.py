"""The fixtures every test may use, one plugin for each real part.

Owns only the list and the choice of free ports.
"""

import itertools
import os
import socket
from collections.abc import Callable

import pytest
from hypothesis import settings

from tests.rig.patience import rounds

# A busy machine is slow, which is no fault; what fails is printed in a form that can be repeated.
settings.register_profile("bayboard", max_examples=rounds(40, proof=2000), deadline=None, print_blob=True)
settings.load_profile("bayboard")

pytest_plugins = (
    "tests.fixtures.broker",
    "tests.fixtures.browser",
    "tests.fixtures.database",
    "tests.fixtures.history",
    "tests.fixtures.processes",
    "tests.fixtures.ingest",
    "tests.fixtures.office",
    "tests.fixtures.visit",
    "tests.fixtures.oidc",
    "tests.fixtures.outbox",
    "tests.fixtures.still",
    "tests.fixtures.golden",
)

# Below the ports that Linux gives to outgoing connections, so that nobody takes one between
# a broker's stop and its start. Test runs at the same time begin in different places.
_FIRST_PORT, _PORTS = 20000, 12000


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A function that returns a port on 127.0.0.1 which nobody uses, another at each call."""
    # The workers of one run share a place to begin and take turns, so that they never meet.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    run = os.getpid() if workers == 1 else os.getppid()
    candidates = (_FIRST_PORT + (run * 97 + n) % _PORTS for n in itertools.count(int(worker), workers))

    def find() -> int:
        return next(filter(_is_free, candidates))

    return find


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
