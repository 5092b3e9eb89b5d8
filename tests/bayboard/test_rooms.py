"""The house: what has one home is nowhere else, and every room and folder keeps its measure."""

import re
from pathlib import Path

import pytest

from tests.bayboard.test_repository import OUR_PACKAGES, ROOT

# What only one module may write, as a pattern and the module's path.
HOMES = [
    (r"pg_(?:try_)?advisory", "models/locks.py"),
    (r"(?i)pg_notify|\"listen ", "models/signals.py"),
]


def list_sources() -> list[Path]:
    return [
        path.relative_to(ROOT)
        for package in OUR_PACKAGES
        for ending in ("*.py", "*.sql")
        for path in sorted((ROOT / package).rglob(ending))
        if "versions" not in path.parts
    ]


@pytest.mark.parametrize(("pattern", "home"), HOMES)
def test_what_has_one_home_is_written_nowhere_else(pattern: str, home: str) -> None:
    found = {str(path) for path in list_sources() if re.search(pattern, (ROOT / path).read_text("utf-8"))}
    assert found == {home}
