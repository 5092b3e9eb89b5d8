"""Settings of a process, declared once and read from the environment.

Owns the names, defaults and checks of every environment variable. Refuses to start
half-configured: every missing or wrong setting is named in one error. Only entry points
read settings; everything below them is passed what it needs.
"""

import math
import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.broker import read_broker_address
from config.grants import Grants, parse_grants
from config.secret_keys import check_keys

DEFAULT_WORKSHOP_FILE = Path(__file__).with_name("workshop.toml")
DATABASE_SERVICES = ("ingest", "remind", "serve", "access")
_TOKEN_LENGTH = 20
# The broker does not slow down guessing, so a password has to be drawn and long.
_SERVICE_PASSWORD_LENGTH = 20


class SettingsError(Exception):
    """The environment does not make a complete configuration."""


def _database_url(text: str) -> str:
    if urlsplit(text).scheme not in {"postgresql", "postgres"}:
        raise ValueError("must look like postgresql://user:password@host:5432/name")
    return text


def check_mqtt_url(text: str) -> str:
    """Return the address as it is; raises ValueError saying how one looks."""
    read_broker_address(text)
    return text


def _workshop_file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


def _messages_dir(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise ValueError(f"there is no directory {path}")
    return path


def _ca_file(text: str) -> Path:
    try:
        ssl.create_default_context(cafile=text)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"holds no certificates in PEM form: {text}") from error
    return Path(text)


def _services(text: str) -> tuple[tuple[str, str], ...]:
    accounts = [word.partition(":") for word in text.split()]
    if any(not role or not colon for role, colon, _ in accounts):
        raise ValueError("must look like ingest:password simulator:password")
    return tuple((role, password) for role, _, password in accounts if password)


def _mqtt_services(text: str) -> tuple[tuple[str, str], ...]:
    services = _services(text)
    short = [role for role, password in services if len(password) < _SERVICE_PASSWORD_LENGTH]
    if short:
        raise ValueError(
            f"has fewer than {_SERVICE_PASSWORD_LENGTH} characters in the password of {', '.join(short)};"
            " `bayboard secrets` makes longer ones"
        )
    if len({password for _, password in services}) < len(services):
        raise ValueError("has one password for two services; `bayboard secrets` makes one for each")
    return services


def _database_roles(text: str) -> tuple[tuple[str, str], ...]:
    roles = _services(text)
    if unknown := [role for role, _ in roles if role not in DATABASE_SERVICES]:
        raise ValueError(f"names {', '.join(unknown)}; there is {', '.join(DATABASE_SERVICES)}")
    return roles


def _switch(text: str) -> bool:
    if text not in {"on", "off"}:
        raise ValueError("must be on or off")
    return text == "on"


def _public_url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path not in {"", "/"} or url.query:
        raise ValueError("must look like https://board.example.com")
    return text.rstrip("/")


def _issuer(text: str) -> str:
    url = urlsplit(text)
    if url.scheme != "https" and url.hostname not in {"127.0.0.1", "localhost"}:
        raise ValueError("must look like https://login.example.com/realms/workshop")
    return text


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise ValueError("must be a whole number from 1 on")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < math.inf:
        raise ValueError("must be a number above 0")
    return rate


def _token(text: str) -> str:
    if len(text) < _TOKEN_LENGTH:
        raise ValueError(f"must be at least {_TOKEN_LENGTH} random characters")
    return text


def _contact(text: str) -> str:
    if urlsplit(text).scheme not in {"mailto", "https"} or not text.isprintable() or " " in text:
        raise ValueError("must look like mailto:security@example.com or https://example.com/security")
    return text


def _log_format(text: str) -> str:
    if text not in {"console", "json"}:
        raise ValueError("must be console or json")
    return text


def _setting(env: str, parse: Callable[[str], object], about: str, default: object = None) -> Any:
    """Declare one setting: its variable, its check, and the sentence the documents show."""
    return field(default=default, metadata={"env": env, "parse": parse, "about": about})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process is told by its environment; `None` means not given."""

    database_url: str | None = _setting(
        "BAYBOARD_DATABASE_URL",
        _database_url,
        "PostgreSQL or TimescaleDB, postgresql://user:password@host/name",
    )
    database_roles: tuple[tuple[str, str], ...] | None = _setting(
        "BAYBOARD_DATABASE_ROLES",
        _database_roles,
        "passwords for a database role of each service, `ingest:password remind:password serve:password"
        " access:password`, for `bayboard migrate`; by default all services share the role of the address",
    )
    mqtt_url: str | None = _setting(
        "BAYBOARD_MQTT_URL", check_mqtt_url, "the MQTT broker, mqtt://user:password@host:1883 or mqtts://…"
    )
    mqtt_ca_file: Path | None = _setting(
        "BAYBOARD_MQTT_CA_FILE",
        _ca_file,
        "whom to trust to sign the broker's certificate, for mqtts://; by default whom the system trusts",
    )
    mqtt_services: tuple[tuple[str, str], ...] | None = _setting(
        "BAYBOARD_MQTT_SERVICES",
        _mqtt_services,
        "our own services at the broker, `role:password …`, for `bayboard device access`;"
        " a role without a password gets no account, and a password has at least 20 characters",
    )
    workshop_file: Path = _setting(
        "BAYBOARD_WORKSHOP_FILE",
        _workshop_file,
        "the workshop's own facts (sites, bays, stages, targets); by default the example of the package",
        DEFAULT_WORKSHOP_FILE,
    )
    messages_dir: Path | None = _setting(
        "BAYBOARD_MESSAGES_DIR",
        _messages_dir,
        "the workshop's own words of messages, `{lang}/{event}.toml`, in place of the package's",
    )
    secret_key: str | None = _setting(
        "BAYBOARD_SECRET_KEY",
        check_keys,
        "signs sessions and seals second factors; at least 32 random characters. To change it, `new,old`:"
        " the first signs, all are accepted",
    )
    require_second_factor: bool = _setting(
        "BAYBOARD_REQUIRE_SECOND_FACTOR",
        _switch,
        "on or off: managers sign in with a password and a one-time code, which they set up at first",
        False,
    )
    erasures_file: Path | None = _setting(
        "BAYBOARD_ERASURES_FILE",
        Path,
        "where the list of erased customers is kept, outside the database: hashes alone, so that a restored"
        " backup brings nobody back; `bayboard customer erase` wants it",
    )
    public_url: str | None = _setting(
        "BAYBOARD_PUBLIC_URL",
        _public_url,
        "the dashboard as its users reach it, https://board.example.com;"
        " where that is https, cookies are for https alone",
    )
    lan_http: bool = _setting(
        "BAYBOARD_LAN_HTTP",
        _switch,
        "`on` opens the dashboard over plain http, too, to machines with private addresses: cookies are then"
        " not for https alone, every office page says so, and managers sign in over https or on the machine",
        default=False,
    )
    trusted_proxies: str = _setting(
        "BAYBOARD_TRUSTED_PROXIES",
        str,
        "addresses of reverse proxies, separated by commas, that are believed whom they speak for",
        "127.0.0.1",
    )
    connections: int = _setting(
        "BAYBOARD_CONNECTIONS",
        _count,
        "how many connections a process of the dashboard holds open at most",
        4000,
    )
    connections_an_address: int = _setting(
        "BAYBOARD_CONNECTIONS_AN_ADDRESS",
        _count,
        "how many of them one address may have; a shop's screens and phones often share one",
        400,
    )
    requests_a_second: float = _setting(
        "BAYBOARD_REQUESTS_A_SECOND",
        _rate,
        "how many requests a second one screen, account or unknown address may go on making",
        30.0,
    )
    metrics_token: str | None = _setting(
        "BAYBOARD_METRICS_TOKEN",
        _token,
        "opens the dashboard's /metrics and /readyz to any machine that sends `Authorization: Bearer …`;"
        " without it they are for this machine and private networks",
    )
    security_contact: str | None = _setting(
        "BAYBOARD_SECURITY_CONTACT",
        _contact,
        "whom to write to about a weakness, mailto:security@example.com or https://…;"
        " the dashboard names it in /.well-known/security.txt",
    )
    oidc_issuer: str | None = _setting(
        "BAYBOARD_OIDC_ISSUER",
        _issuer,
        "the company's own sign-in (OpenID Connect); without it there is none",
    )
    oidc_client_id: str | None = _setting(
        "BAYBOARD_OIDC_CLIENT_ID", str, "what Bayboard is called at the company's own sign-in"
    )
    oidc_client_secret: str | None = _setting(
        "BAYBOARD_OIDC_CLIENT_SECRET", str, "Bayboard's secret at the company's own sign-in"
    )
    oidc_scope: str = _setting(
        "BAYBOARD_OIDC_SCOPE", str, "what is asked of the company's own sign-in", "openid profile email"
    )
    oidc_claim: str = _setting(
        "BAYBOARD_OIDC_CLAIM",
        str,
        "the claim that says what somebody is, a word or a list; one within others by its path, as in"
        " `realm_access.roles`",
        "groups",
    )
    oidc_grants: Grants | None = _setting(
        "BAYBOARD_OIDC_GRANTS",
        parse_grants,
        "what each value of the claim makes of somebody: `service-managers=manager hall-1=foreman@s1,s2`;"
        ' names with spaces as JSON, `{"Service Managers": "manager"}`',
    )
    log_format: str = _setting(
        "BAYBOARD_LOG_FORMAT", _log_format, "console for people, json for log collectors", "console"
    )

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, *, required: tuple[str, ...] = ()
    ) -> "Settings":
        """Read every setting, naming all that are missing or wrong together.

        Raises SettingsError; `required` names the fields this process cannot do without.
        """
        values: dict[str, object] = {}
        problems: list[str] = []
        for setting in fields(cls):
            variable = setting.metadata["env"]
            text = environment.get(variable, "")
            if text:
                try:
                    values[setting.name] = setting.metadata["parse"](text)
                except ValueError as error:
                    problems.append(f"{variable} {error}")
            elif setting.name in required:
                problems.append(f"{variable} is not set ({setting.metadata['about']})")
        problems += _find_half_set(values)
        if problems:
            raise SettingsError("; ".join(problems))
        return cls(**values)  # type: ignore[arg-type]  # each parser returns its field's type


def _find_half_set(values: Mapping[str, object]) -> list[str]:
    """Name what signing in with the company's accounts cannot do without, if it is asked for."""
    together = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_grants", "secret_key")
    if "oidc_issuer" not in values:
        return []
    return [
        f"{setting.metadata['env']} is not set ({setting.metadata['about']}), and BAYBOARD_OIDC_ISSUER is"
        for setting in fields(Settings)
        if setting.name in together and setting.name not in values
    ]


def document_settings() -> list[tuple[str, str]]:
    """Name every environment variable with the sentence that explains it."""
    return [(setting.metadata["env"], setting.metadata["about"]) for setting in fields(Settings)]
