"""The repository itself: its import names, its lock, and what must not be written into it."""

import re
import shutil
import subprocess
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OUR_PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
ASKED_FOR: list[str] = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *PROJECT["dependency-groups"]["dev"],
]
# In pieces, so that this file does not hold what it looks for.
FORBIDDEN = [
    *(f"{name}.org" for name in ("pypi", "pythonhosted", "npmjs")),
    *(f"{name}.io" for name in ("docker", "ghcr")),
    *(f"/{directory}/" for directory in ("root", "home", "work", "Users")),
]


def test_no_dependency_ships_our_import_names() -> None:
    shipped = packages_distributions()
    assert {name: set(shipped.get(name, [])) - {"bayboard"} for name in OUR_PACKAGES} == {
        name: set() for name in OUR_PACKAGES
    }


def test_every_tool_looks_at_all_of_our_packages() -> None:
    tools = PROJECT["tool"]
    assert tools["importlinter"]["root_packages"] == OUR_PACKAGES
    assert tools["mypy"]["packages"] == [*OUR_PACKAGES, "tests"]


@pytest.mark.parametrize("asked", ASKED_FOR)
def test_the_lock_pins_what_the_project_asks_for(asked: str) -> None:
    requirement = Requirement(asked)
    locked = read_lock().get(canonicalize_name(requirement.name), [])
    assert locked, f"{requirement.name} is not in requirements.lock: run `make lock`"
    assert all(version in requirement.specifier for version in locked), "run `make lock`"


def test_the_lock_hashes_every_package() -> None:
    entries = re.split(r"(?m)^(?=\w)", (ROOT / "requirements.lock").read_text())
    assert [entry.split()[0] for entry in entries if entry and "--hash=sha256:" not in entry] == []


def test_no_tracked_file_names_a_package_registry_or_a_place_on_somebodys_machine() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("git or its folder is not here to say which files are tracked: clone with git")
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [
        f"{path}: {word}"
        for path in filter(None, listed.stdout.split("\0"))
        if (ROOT / path).is_file()
        for word in FORBIDDEN
        if word.encode() in (ROOT / path).read_bytes()
    ]
    assert found == []


def read_lock() -> dict[str, list[str]]:
    """Return the versions that the lock gives each package; more than one where Pythons differ."""
    locked: dict[str, list[str]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text()):
        locked.setdefault(canonicalize_name(name), []).append(version)
    return locked
