"""Message ids: ULIDs whose random part comes from the seed, so that a run can be repeated."""

from datetime import datetime
from hashlib import sha256

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Two at a time, for history needs very many ids.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_CHARACTERS = 26
_RANDOM_BYTES = 10
# The end of an id that comes from the seed alone; what stands before it is the time.
CHANCE_CHARACTERS = 16


def make_ulid(at: datetime, origin: str) -> str:
    """Make the ULID of an instant; the same origin at the same millisecond gives the same id."""
    number = int(at.timestamp() * 1000) << (8 * _RANDOM_BYTES)
    number |= int.from_bytes(sha256(origin.encode()).digest()[:_RANDOM_BYTES])
    return write_base32(number, _CHARACTERS)


def write_base32(number: int, characters: int) -> str:
    """Write the last digits of a number, an even count, in Crockford's alphabet: no I, L, O and U."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * characters - 10, -1, -10)])
