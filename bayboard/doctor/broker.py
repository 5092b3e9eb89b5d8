"""Whether the broker is there, knows us, and would bring us the messages.

Connects under a name of its own for a moment and keeps no session, so that ingest notices
nothing. Publishes nothing: our services may not.
"""

import secrets
import ssl
import threading
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bayboard.doctor.database import Finding, Verdict
from config.broker import read_broker_address
from models.contract.topics import FILTER

_PATIENCE_SECONDS = 5.0
_START = "start it, or set BAYBOARD_MQTT_URL right"


def check_broker(mqtt_url: str, ca_file: Path | None) -> Finding:
    """Connect and subscribe as ingest does, and say how that went."""
    broker = read_broker_address(mqtt_url)
    where, answers = f"{broker.host}:{broker.port}", _Answers()
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"bayboard-doctor-{secrets.token_hex(4)}")
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.connect(
        str(reason) if reason.is_failure else ""
    )
    client.on_subscribe = lambda _client, _data, _id, reasons, _properties: answers.subscribe(
        str(reasons[0]) if reasons[0].is_failure else ""
    )
    if broker.user:
        client.username_pw_set(broker.user, broker.password)
    if broker.tls:
        client.tls_set(str(ca_file) if ca_file else None)
    client.connect_timeout = _PATIENCE_SECONDS
    try:
        client.connect(broker.host, broker.port)
    except ssl.SSLCertVerificationError as error:
        advice = "set BAYBOARD_MQTT_CA_FILE to whom to trust"
        return Finding("broker", Verdict.WRONG, f"{where}: {error.verify_message}", advice)
    except OSError as error:
        return Finding("broker", Verdict.WRONG, f"{where} does not answer: {error}", _START)
    client.loop_start()
    try:
        return _converse(client, answers, where)
    finally:
        client.disconnect()
        client.loop_stop()


class _Answers:
    """What the broker said to CONNECT and SUBSCRIBE: empty is yes, None nothing."""

    def __init__(self) -> None:
        self.connected: str | None = None
        self.subscribed: str | None = None
        self.connect_came = threading.Event()
        self.subscribe_came = threading.Event()

    def connect(self, refusal: str) -> None:
        self.connected = refusal
        self.connect_came.set()

    def subscribe(self, refusal: str) -> None:
        self.subscribed = refusal
        self.subscribe_came.set()


def _converse(client: Client, answers: _Answers, where: str) -> Finding:
    answers.connect_came.wait(_PATIENCE_SECONDS)
    if answers.connected is None:
        return Finding("broker", Verdict.WRONG, f"{where} does not speak MQTT", _START)
    if answers.connected:
        advice = "see `bayboard device access` and the user of BAYBOARD_MQTT_URL"
        return Finding("broker", Verdict.WRONG, f"{where} refuses us: {answers.connected}", advice)
    client.subscribe(FILTER, 1)
    answers.subscribe_came.wait(_PATIENCE_SECONDS)
    if answers.subscribed == "":
        return Finding("broker", Verdict.OK, f"{where} lets us in and would bring us {FILTER}")
    refusal = answers.subscribed or "no answer"
    advice = "give the user of BAYBOARD_MQTT_URL the right to read it"
    return Finding("broker", Verdict.WRONG, f"{where} does not bring us {FILTER}: {refusal}", advice)
