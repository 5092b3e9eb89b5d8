"""docker-compose.yml and Dockerfile: accepted by docker-compose, true to our commands, without secrets."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fix_broker import Broker

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("bayboard:")]
SECRETS = {
    "BAYBOARD_DATABASE_PASSWORD": "letters1",
    "BAYBOARD_MQTT_PASSWORD": "letters2",
    "BAYBOARD_SECRET_KEY": "thirty-two-characters-of-nothing",
}


def check_with_docker_compose(secrets: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed: apt-get install docker-compose, or `make test` as root")
    return subprocess.run(
        [program, "--profile", "simulate", "config", "--quiet"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **secrets},
        capture_output=True,
        text=True,
        check=False,
    )


def test_docker_compose_accepts_the_file() -> None:
    checked = check_with_docker_compose(SECRETS)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_is_refused_with_a_sentence(missing: str) -> None:
    checked = check_with_docker_compose({name: text for name, text in SECRETS.items() if name != missing})
    assert checked.returncode != 0
    assert "Set it to" in checked.stderr


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_ours_is_one_that_the_command_line_knows(name: str) -> None:
    command = SERVICES[name]["command"]
    known = subprocess.run(
        [sys.executable, "-P", "-m", *command, "--help"], capture_output=True, text=True, check=False
    )
    assert known.returncode == 0, known.stderr


def test_every_service_that_stays_up_is_asked_for_its_health() -> None:
    staying = {name for name, service in SERVICES.items() if "restart" in service}
    asked = {name for name, service in SERVICES.items() if "healthcheck" in service}
    # The simulator stands in for hardware: when it stops publishing, the wall says so.
    assert staying - asked == {"simulate"}


@pytest.mark.parametrize("name", [name for name in OURS if "healthcheck" in SERVICES[name]])
def test_health_is_asked_on_the_port_that_the_command_opens(name: str) -> None:
    asked = re.findall(r"http://127\.0\.0\.1:(\d+)/", SERVICES[name]["healthcheck"]["test"][-1])
    assert asked
    assert set(asked) <= set(SERVICES[name]["command"])


def test_the_brokers_health_check_knows_a_broker_that_serves(mosquitto_broker: Broker) -> None:
    if shutil.which("mosquitto_sub") is None:
        pytest.skip("mosquitto_sub is not installed: apt-get install mosquitto-clients")
    shell, check = SERVICES["broker"]["healthcheck"]["test"]
    assert shell == "CMD-SHELL"
    here = check.replace("$$", "$").replace("127.0.0.1", f"127.0.0.1 -p {mosquitto_broker.port}")

    def ask(environment: dict[str, str]) -> int:
        asked = subprocess.run(
            ["sh", "-c", here], env={**os.environ, **environment}, capture_output=True, check=False
        )
        return asked.returncode

    assert ask(mosquitto_broker.environment) == 0
    assert ask({"MQTT_PASSWORD": "wrong"}) != 0
    mosquitto_broker.stop()
    assert ask(mosquitto_broker.environment) != 0


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", variable):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), variable
            for password in re.findall(r"://\w*:(.*)@", value):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", password), variable


def test_every_image_is_pinned_to_a_release() -> None:
    bases = re.findall(r"(?m)^FROM (\S+)", (ROOT / "Dockerfile").read_text())
    images = [service["image"] for service in SERVICES.values()]
    assert bases
    for image in (*bases, *images):
        assert re.search(r":\d+\.\d+\.\d+", image), image


def test_nothing_of_ours_runs_as_root_or_imports_from_where_it_stands() -> None:
    image = (ROOT / "Dockerfile").read_text()
    assert int(re.findall(r"(?m)^USER (\d+)$", image)[-1]) > 0
    assert "PYTHONSAFEPATH=1" in image
    for name in OURS:
        assert "user" not in SERVICES[name]
        assert SERVICES[name]["cap_drop"] == ["ALL"]
