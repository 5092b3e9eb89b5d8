"""The key that signs sessions, or several of them while one takes the place of another.

`new,old`: the first signs, all are accepted. A key that is short, or that a person made up by repeating
something, is refused.
"""

import zlib
from collections import Counter
from math import log2

LEAST_LENGTH = 32
# A key of 32 hexadecimal digits has 128; this only refuses what is nowhere near.
_LEAST_BITS = 80


def split_keys(text: str) -> list[str]:
    """Return the keys, the first signs; a comma within one key, whose parts are no keys, splits nothing."""
    parts = [part.strip() for part in text.split(",")]
    return parts if all(len(part) >= LEAST_LENGTH for part in parts) else [text]


def check_keys(text: str) -> str:
    """Return the keys as they are; raises ValueError for one that could be guessed."""
    for number, key in enumerate(keys := split_keys(text), 1):
        which = f"key {number} of {len(keys)} " if len(keys) > 1 else ""
        if len(key) < LEAST_LENGTH:
            raise ValueError(f"{which}must be at least {LEAST_LENGTH} random characters")
        if _estimate_bits(key) < _LEAST_BITS:
            raise ValueError(
                f"{which}must be random, and repeats itself; at least {LEAST_LENGTH} random characters, as"
                " `openssl rand -hex 32` prints them"
            )
    return text


def _estimate_bits(key: str) -> float:
    """Return roughly how much chance is in a key: that of each sign, for the length it has when packed."""
    packer = zlib.compressobj(9, wbits=-15)
    packed = len(packer.compress(key.encode()) + packer.flush())
    shares = [count / len(key) for count in Counter(key).values()]
    return -sum(share * log2(share) for share in shares) * min(len(key), packed)
