"""What trouble codes mean, in words a car's owner understands, from one small catalogue of our own.

Owns `config/codes.toml`. Covers the standard codes that are met often; of any other it says only
which system of the car it belongs to, which every code tells by its first letter.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_CATALOGUE = Path(__file__).with_name("codes.toml")
# A code's failure type byte, as in C0035-11, says how a part fails, not which.
_LENGTH = 5


def explain_code(lang: str, code: str) -> str:
    """Return what a trouble code means, or at least of which system it is; the code alone if of none."""
    catalogue, bare = read_codes(), code.strip().upper()
    known = catalogue["code"].get(bare[:_LENGTH]) or catalogue["system"].get(bare[:1])
    return known[lang].format(code=code) if known else code


@cache
def read_codes() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Read the catalogue: `code` and `system`, each from a key to its words by language."""
    return tomllib.loads(_CATALOGUE.read_text(encoding="utf-8"))
