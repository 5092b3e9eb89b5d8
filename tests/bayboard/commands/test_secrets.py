"""`bayboard secrets`: every secret docker-compose asks for, kept, rotated by name, for its owner alone."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from bayboard.commands.secrets import NEEDED, ON_REQUEST

ROOT = Path(__file__).parents[3]
COMPOSE = (ROOT / "docker-compose.yml").read_text()


def make_secrets(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "bayboard", "secrets", "--file", str(file), *options],
        capture_output=True,
        text=True,
        check=False,
    )


def read(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if not line.startswith("#"))


def test_the_command_knows_every_secret_that_docker_compose_asks_for() -> None:
    assert set(re.findall(r"\$\{(\w+):\?", COMPOSE)) == set(NEEDED)
    assert set(re.findall(r"\$\{(BAYBOARD_\w+_PASSWORD):-", COMPOSE)) == set(ON_REQUEST)


def test_secrets_are_made_once_kept_and_rotated_by_name(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    os.umask(0o022)
    made = make_secrets(file, "--host", "board.example")
    assert made.returncode == 0, made.stderr
    first = read(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(first) == {*NEEDED, "BAYBOARD_HOST", "BAYBOARD_PUBLIC_URL"}
    assert first["BAYBOARD_PUBLIC_URL"] == "https://board.example"
    secrets = [first[name] for name in NEEDED]
    assert len(set(secrets)) == len(secrets)
    assert all(quote(secret, safe="") == secret and len(secret) >= 40 for secret in secrets)
    assert not any(secret in made.stdout + made.stderr for secret in secrets)

    file.write_text(file.read_text().replace("BAYBOARD_HOST", "# mine\nMY_OWN='x = $y'\nBAYBOARD_HOST"))
    assert make_secrets(file).returncode == 0
    assert read(file) == {**first, "MY_OWN": "'x = $y'"}
    assert "# mine" in file.read_text()

    rotated = make_secrets(file, "--rotate", "BAYBOARD_SECRET_KEY", "--rotate", "BAYBOARD_SIMULATOR_PASSWORD")
    assert rotated.returncode == 0
    now = read(file)
    changed = {name for name in now if now[name] != first.get(name)}
    assert changed == {"BAYBOARD_SECRET_KEY", "BAYBOARD_SIMULATOR_PASSWORD", "MY_OWN"}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--rotate", "BAYBOARD_KEY"), "there is no secret BAYBOARD_KEY; there are BAYBOARD_SECRET_KEY"),
        (("--host", "https://board.example"), "is no name or address such as board.example"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_changes_nothing(
    tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    refused = make_secrets(tmp_path / ".env", *options)
    assert refused.returncode == 1
    assert sentence in " ".join(refused.stderr.split())
    assert not (tmp_path / ".env").exists()
