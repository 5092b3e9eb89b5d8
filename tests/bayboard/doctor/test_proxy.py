"""The doctor says when the dashboard does not trust the proxy that its users come through."""

import pytest

from bayboard.doctor.database import Verdict
from bayboard.doctor.proxy import check_proxies


@pytest.mark.parametrize(
    ("public_url", "trusted", "verdict"),
    [
        (None, "127.0.0.1", Verdict.OK),
        ("http://localhost:8050", "127.0.0.1", Verdict.OK),
        ("https://board.example.com", "127.0.0.1", Verdict.LOOK),
        ("https://board.example.com", "127.0.0.1, 172.20.0.0/16", Verdict.OK),
        ("https://board.example.com", "*", Verdict.LOOK),
    ],
)
def test_a_proxy_that_may_not_be_trusted_is_worth_a_look(
    public_url: str | None, trusted: str, verdict: Verdict
) -> None:
    found = check_proxies(public_url, trusted)
    assert found.verdict is verdict
    assert bool(found.advice) is (verdict is not Verdict.OK)
