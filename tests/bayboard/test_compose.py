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

from bayboard.commands.secrets import NEEDED
from bayboard.device.mosquitto import make_service_account
from config.settings import DATABASE_SERVICES, document_settings
from tests.fixtures.broker import Broker

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("bayboard:")]
SECRETS = dict.fromkeys(NEEDED, "thirty-two-characters-of-nothing")


def check_with_docker_compose(secrets: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.fail("docker-compose is not installed: apt-get install docker-compose, or `make test` as root")
    return subprocess.run(
        [program, "--profile", "simulate", "--profile", "https", "config", "--quiet"],
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
    assert "Run bayboard secrets first" in checked.stderr


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_ours_is_one_that_the_command_line_knows(name: str) -> None:
    command = SERVICES[name]["command"]
    known = subprocess.run(
        [sys.executable, "-P", "-m", *command, "--help"], capture_output=True, text=True, check=False
    )
    assert known.returncode == 0, known.stderr


def test_every_service_that_stays_up_is_asked_for_its_health() -> None:
    staying = {name for name, service in SERVICES.items() if service["restart"] != "no"}
    asked = {name for name, service in SERVICES.items() if "healthcheck" in service}
    # The simulator stands in for hardware: when it stops publishing, the wall says so.
    assert staying - asked == {"simulate"}


@pytest.mark.parametrize(
    "name", [name for name in OURS if "urlopen" in str(SERVICES[name].get("healthcheck"))]
)
def test_health_is_asked_on_the_port_that_the_command_opens(name: str) -> None:
    asked = re.findall(r"http://127\.0\.0\.1:(\d+)/", SERVICES[name]["healthcheck"]["test"][-1])
    assert asked
    assert set(asked) <= set(SERVICES[name]["command"])


def test_the_brokers_health_check_knows_a_broker_that_serves(mosquitto_broker: Broker) -> None:
    if shutil.which("mosquitto_sub") is None:
        pytest.fail("mosquitto_sub is not installed: apt-get install mosquitto-clients")
    shell, check = SERVICES["broker"]["healthcheck"]["test"]
    assert shell == "CMD-SHELL"
    here = check.replace("$$", "$").replace("-p 1884", f"-p {mosquitto_broker.port}")
    here = here.replace("/run/mosquitto", str(mosquitto_broker.directory / "run"))
    password = mosquitto_broker.directory / "run" / "mosquitto_sub"

    def ask() -> int:
        return subprocess.run(["sh", "-c", here], capture_output=True, check=False).returncode

    assert ask() == 0
    assert "PASSWORD" not in here, "a command line is no place for a password"
    assert password.stat().st_mode & 0o077 == 0
    right = password.read_text()
    password.write_text("-u health\n-P wrong\n")
    assert ask() != 0
    password.write_text(right)
    mosquitto_broker.stop()
    assert ask() != 0


def test_no_secret_stands_in_the_file() -> None:
    from_environment = re.compile(r"\$\{\w+(:\?[^}]+|:-)\}")
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            secrets = [value] if re.search("PASSWORD|SECRET|KEY", variable) else []
            secrets += re.findall(r"://\w*:(.*)@", value)
            if variable == "BAYBOARD_MQTT_SERVICES":
                secrets += re.findall(r"\w+:(\$\{[^}]*\}|\S*)", value)
                assert len(secrets) > 1
            for secret in secrets:
                assert from_environment.fullmatch(secret), variable


def test_every_setting_of_production_reaches_the_service_that_reads_it() -> None:
    given = {variable for name in OURS for variable in SERVICES[name].get("environment", {})}
    # Logs are for people there; the other two want a file or a directory mounted as well.
    left = {"BAYBOARD_LOG_FORMAT", "BAYBOARD_MESSAGES_DIR", "BAYBOARD_MQTT_CA_FILE"}
    assert {variable for variable, _ in document_settings()} - given == left
    assert "BAYBOARD_PUBLIC_URL" in SERVICES["remind"]["environment"], "links in messages need it"


def test_each_service_signs_in_to_the_database_as_itself() -> None:
    made = re.findall(r"(\w+):\$", SERVICES["migrate"]["environment"]["BAYBOARD_DATABASE_ROLES"])
    assert sorted(made) == sorted(DATABASE_SERVICES)
    for name in OURS:
        url = SERVICES[name]["environment"].get("BAYBOARD_DATABASE_URL")
        if name in DATABASE_SERVICES:
            assert url.startswith(
                f"postgresql://bayboard_{name}:${{BAYBOARD_{name.upper()}_DATABASE_PASSWORD:?"
            )
        else:
            assert name in {"migrate", "simulate"}


def test_our_services_log_in_with_an_account_that_the_broker_has() -> None:
    given = SERVICES["access"]["environment"]["BAYBOARD_MQTT_SERVICES"]
    passwords = re.findall(r"\w+:\$\{(\w+):", given)
    assert len(set(passwords)) == len(passwords) == 6, "each has a password of its own"
    for name in ("ingest", "remind", "simulate"):
        url = SERVICES[name]["environment"]["BAYBOARD_MQTT_URL"]
        [(account, port)] = re.findall(r"mqtt://(.+)@broker:(\d+)", url)
        assert account in given
        make_service_account(account.partition(":")[0], "a password", adapters=[])
        assert f"\nlistener {port} 127.0.0.1\n" in (ROOT / "config" / "mosquitto.conf").read_text()


def test_only_the_listeners_of_devices_are_open_and_without_tls_on_this_machine_alone() -> None:
    listeners = {
        port: file
        for file in (ROOT / "config").glob("*.conf")
        for port in re.findall(r"(?m)^listener (\d+)", file.read_text())
    }
    opened = {port.rpartition(":")[2]: port for port in SERVICES["broker"]["ports"]}
    assert {listeners[port].name for port in opened} == {"devices-mqtts.conf", "devices.conf"}
    assert opened["1883"] == "${BAYBOARD_MQTT_PORT:-127.0.0.1:1883}:1883"
    for file in listeners.values():
        text, devices = file.read_text(), file.name.startswith("devices")
        assert ("use_username_as_clientid true" in text) == devices
        names = re.findall(r"(?m)^(?:password|acl)_file /mosquitto/access/(\w+)\.", text)
        assert names == ["devices" if devices else "services"] * 2
        assert "allow_anonymous false" in text


def test_the_broker_is_given_every_file_it_is_told_of() -> None:
    mounted = [volume.split(":")[1] for volume in SERVICES["broker"]["volumes"]]
    for file in (ROOT / "config").glob("*.conf"):
        assert f"/mosquitto/config/{file.name}" in mounted
        for place in re.findall(r"(?m)^\w+ (/mosquitto/\w+)/", file.read_text()):
            assert place in mounted


def test_pages_are_open_to_the_network_over_https_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"broker", "serve", "caddy"}
    assert published["serve"] == ["${BAYBOARD_HTTP_PORT:-127.0.0.1:8050}:8050"]
    # Caddy is the one proxy that the dashboard trusts.
    address = SERVICES["caddy"]["networks"]["pages"]["ipv4_address"]
    trusted = SERVICES["serve"]["environment"]["BAYBOARD_TRUSTED_PROXIES"]
    assert trusted == f"${{BAYBOARD_TRUSTED_PROXIES:-{address}}}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_bounds_and_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", ())) <= {
        "database": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"},
        "caddy": {"NET_BIND_SERVICE"},
    }.get(name, set())
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}


def test_a_service_reaches_what_it_needs_and_nothing_else() -> None:
    networks = {name: set(service["networks"]) for name, service in SERVICES.items()}
    inside = {name for name, network in COMPOSE["networks"].items() if network and network.get("internal")}
    assert inside == {"database", "messages"}
    assert networks["database"] == {"database"}
    assert not networks["broker"] & networks["serve"]
    assert networks["caddy"] == {"pages"}
    for name, service in SERVICES.items():
        asked = str(service.get("environment", {}))
        assert ("@database:" in asked) == ("database" in networks[name] and name != "database")
        assert ("@broker:" in asked) == ("messages" in networks[name] and name != "broker")
        # Only remind sends to services outside; serve asks the company's own sign-in.
        assert bool(networks[name] - inside) == (name in {"broker", "caddy", "remind", "serve"})


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
        # Mosquitto wants to own the files it reads, so what writes them runs as its user.
        assert SERVICES[name].get("user") in {None, SERVICES["broker"]["user"]}
        assert SERVICES[name]["cap_drop"] == ["ALL"]
