"""How long to wait before something that failed is tried again: ever longer, up to a limit, for ever.

Owns that sum, which must not fail itself however often something failed. Spreading it by chance, and
waiting, is the caller's.
"""

# Doubled so often, every first wait is longer than its limit.
_MOST_DOUBLINGS = 30


def back_off(failures: int, first_seconds: float, most_seconds: float) -> float:
    """Return the seconds to wait after so many failures in a row, at least one."""
    return min(first_seconds * 2.0 ** min(failures - 1, _MOST_DOUBLINGS), most_seconds)
