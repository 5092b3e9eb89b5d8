"""A stranger without an account cannot take memory, fill the log or keep others out.

The stall of the others is measured by `bayboard bench attacks`; here is what does not depend on the machine.
"""

from collections.abc import Callable

import httpx
import psutil
import pytest

from bayboard.bench.attacks.strangers import ATTACKS, run_attack
from tests.fixtures.access import KEY
from tests.fixtures.processes import RunningCommand, StartCommand

MOST_GROWTH_BYTES = 50 * 2**20
MOST_LINES = 100
SCALE = 3
# What each attack is answered with; a connection that is closed has no status.
REFUSED = {"400", "403", "408", "413", "429", "431", "closed", "held", "200"}


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_strangers_take_no_memory_and_fill_no_log(
    start_bayboard: StartCommand, free_port: Callable[[], int], database_url: str, log_format: str
) -> None:
    port = free_port()
    server: RunningCommand = start_bayboard(
        "serve", "--port", str(port), BAYBOARD_DATABASE_URL=database_url, BAYBOARD_SECRET_KEY=KEY,
        # Who attacks is on this machine, and a stranger.
        BAYBOARD_TRUSTED_PROXIES="192.0.2.1", BAYBOARD_LOG_FORMAT=log_format,
    )  # fmt: skip
    server.wait_for_answer(f"http://127.0.0.1:{port}/readyz")
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    for name in ATTACKS:
        statuses = run_attack(name, port, SCALE)
        assert set(statuses) <= REFUSED, name
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code in {200, 429}, name
        assert process.memory_info().rss - before < MOST_GROWTH_BYTES, name
    assert len(server.lines) < MOST_LINES
    assert "Traceback" not in "\n".join(server.lines)
