"""Where the MQTT broker is, read out of an address such as mqtts://user:password@host:8883.

Owns the default ports and the unquoting of credentials, for whoever connects.
"""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker, and as whom to connect; `user` is None for whoever connects without a name."""

    host: str
    port: int
    user: str | None
    password: str
    tls: bool


def read_broker_address(mqtt_url: str) -> BrokerAddress:
    """Read an address; raises ValueError saying how one looks."""
    url = urlsplit(mqtt_url)
    if url.scheme not in _DEFAULT_PORTS or not url.hostname:
        raise ValueError("must look like mqtt://user:password@host:1883 or mqtts://host:8883")
    return BrokerAddress(
        host=url.hostname,
        port=url.port or _DEFAULT_PORTS[url.scheme],
        user=unquote(url.username) if url.username else None,
        password=unquote(url.password or ""),
        tls=url.scheme == "mqtts",
    )
