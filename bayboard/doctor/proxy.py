"""What `bayboard doctor` finds of reverse proxies: whether the one that users come through is trusted."""

from urllib.parse import urlsplit

from bayboard.doctor.database import Finding, Verdict

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def check_proxies(public_url: str | None, trusted: str) -> Finding:
    """Say which proxies are trusted; behind one that is not, all visitors share one limit."""
    named = {each.strip() for each in trusted.split(",")} - {""}
    if "*" in named:
        says = "every address is trusted, so anybody can pretend to be another visitor"
        return Finding("proxies", Verdict.LOOK, says, "name your proxy's address in BAYBOARD_TRUSTED_PROXIES")
    if public_url and urlsplit(public_url).hostname not in _THIS_MACHINE and named <= _THIS_MACHINE:
        says = f"users come through {public_url}, and only a proxy on this machine is trusted"
        advice = "if it runs elsewhere or in a container, name its address in BAYBOARD_TRUSTED_PROXIES"
        return Finding("proxies", Verdict.LOOK, says, advice)
    return Finding("proxies", Verdict.OK, f"trusted: {', '.join(sorted(named))}")
