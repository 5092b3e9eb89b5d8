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


MOST_MODULES = 30


def group_by_folder() -> dict[Path, set[str]]:
    folders: dict[Path, set[str]] = {}
    for path in list_sources():
        # Files of SQL are called by the names of their views there.
        if path.parts[:3] != ("models", "rollups", "sql"):
            folders.setdefault(path.parent, set()).add(path.stem.strip("_"))
    return folders


def test_no_folder_is_crowded() -> None:
    modules = {str(folder): len(names) for folder, names in group_by_folder().items()}
    assert {folder: count for folder, count in modules.items() if count > MOST_MODULES} == {}


def test_no_files_are_held_together_by_a_prefix() -> None:
    families = [
        f"{folder}: {', '.join(sorted(family))}"
        for folder, names in group_by_folder().items()
        for first in {name.split("_")[0] for name in names}
        if len(family := {name for name in names if name.split("_")[0] == first}) > 1
    ]
    assert families == []


@pytest.mark.parametrize(("pattern", "home"), HOMES)
def test_what_has_one_home_is_written_nowhere_else(pattern: str, home: str) -> None:
    found = {str(path) for path in list_sources() if re.search(pattern, (ROOT / path).read_text("utf-8"))}
    assert found == {home}
