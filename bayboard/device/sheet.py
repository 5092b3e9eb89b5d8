"""What is put into a device: where the broker is, who the device is, and what it may say.

Owns the words for somebody at a terminal with the device's menu before them, and the QR code
for a device with a camera. Examples are made by the types that decode, so they are accepted.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import segno

from bayboard.entry import CommandError
from config.broker import read_broker_address
from models.contract import payloads
from models.contract.payloads import Message, encode
from models.contract.topics import KINDS_OF_SOURCE, Kind, Source, Topic
from models.queries.device.registry import name_user

_QR_KINDS = ("png", "svg")
# Half of what the standard wants around a code, which every camera takes, so that it fits a screen.
_QUIET_MODULES = 2
_VIN = "LSVAU2A37N2183294"
_EXAMPLES: dict[Kind, Callable[[datetime], Message]] = {
    Kind.STAGE: lambda at: payloads.StageScan(
        id=_name("scan", at), at=at, work_order="RO-1017", stage="repairing", bay="B07", technician="T012"
    ),
    Kind.LABOUR: lambda at: payloads.LabourScan(
        id=_name("labour", at), at=at, work_order="RO-1017", job="1", technician="T012", action="on"
    ),
    Kind.REPORT: lambda at: payloads.DiagnosticReport(
        id=_name("report", at),
        at=at,
        vin=_VIN,
        odometer=payloads.Odometer(value=45210, unit="km"),
        dtcs=(payloads.TroubleCode(code="P0301", status="confirmed"),),
        tool=payloads.Tool(serial="X431-0093", calibration_due=at.date() + timedelta(days=180)),
    ),
    Kind.ODOMETER: lambda at: payloads.OdometerReading(
        id=_name("reading", at), at=at, vin=_VIN, odometer=payloads.Odometer(value=45210, unit="km")
    ),
    Kind.WORK_ORDER: lambda at: payloads.WorkOrderChange(
        id=_name("order", at),
        at=at,
        work_order="RO-1017",
        change="opened",
        vehicle=payloads.Vehicle(vin=_VIN, plate="沪A12345"),
    ),
}


class SheetError(CommandError):
    """The QR code cannot be written; the message says why."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything a device needs to connect; the only place its password is ever known."""

    url: str
    site: str
    source: Source
    device: str
    password: str

    @property
    def user(self) -> str:
        """Return the name it logs in with, which is its client id too."""
        return name_user(self.site, self.device)

    def name_topic(self, kind: Kind) -> str:
        """Return where it publishes messages of a kind."""
        return str(Topic(self.site, self.source, self.device, kind))


def write_sheet(credentials: Credentials, now: datetime) -> str:
    """Write what somebody has to type into the device; examples bear the time `now`."""
    return "\n".join(_write_lines(credentials, now))


def _write_lines(credentials: Credentials, now: datetime) -> Iterator[str]:
    now = now.replace(microsecond=0)
    broker = read_broker_address(credentials.url)
    status = credentials.name_topic(Kind.STATUS)
    yield "Put this into the device:"
    yield ""
    yield f"  host        {broker.host}"
    yield f"  port        {broker.port}"
    yield f"  TLS         {'yes, 1.2 or newer; it must trust the CA of your broker' if broker.tls else 'no'}"
    yield f"  user name   {credentials.user}"
    yield f"  password    {credentials.password}"
    yield f"  client id   {credentials.user}"
    yield ""
    yield "The password is shown this once: only its hash is kept."
    yield ""
    yield "The device publishes at QoS 1 and keeps a message until the broker has acknowledged it:"
    for kind in Kind:
        if kind in KINDS_OF_SOURCE[credentials.source] and kind is not Kind.STATUS:
            yield ""
            yield f"  topic       {credentials.name_topic(kind)}"
            yield f"  payload     {_write(_EXAMPLES[kind](now))}"
    yield ""
    yield "Whenever it connects it says so, retained; its last will (QoS 1, retained) says the opposite:"
    yield ""
    yield f"  topic       {status}"
    yield f"  payload     {_write(payloads.DeviceStatus(at=now, state='online'))}"
    yield f"  will topic  {status}"
    yield f"  will        {_write(payloads.DeviceStatus(at=now, state='offline'))}"


def _write(message: Message) -> str:
    return encode(message).decode()


def draw_qr(credentials: Credentials) -> str:
    """Draw the QR code in characters; light on dark, as most terminals are."""
    drawing = StringIO()
    _make_qr(credentials).terminal(drawing, border=_QUIET_MODULES, compact=True)
    return drawing.getvalue()


def save_qr(credentials: Credentials, path: Path) -> None:
    """Write the QR code as .png or .svg, readable by its owner only, since it holds the password.

    Raises SheetError for another kind of file or a place that cannot be written.
    """
    kind = path.suffix.removeprefix(".").lower()
    if kind not in _QR_KINDS:
        raise SheetError(f"{path} is no {' or '.join('.' + known for known in _QR_KINDS)} file")
    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _make_qr(credentials).save(file, kind=kind, scale=8)
    except OSError as error:
        raise SheetError(f"{path} cannot be written: {error.strerror}") from error


def _make_qr(credentials: Credentials) -> segno.QRCode:
    content = {
        "url": credentials.url,
        "user": credentials.user,
        "password": credentials.password,
        "client_id": credentials.user,
        "topic": credentials.name_topic(Kind.STATUS).removesuffix(Kind.STATUS),
    }
    return segno.make_qr(json.dumps(content, separators=(",", ":")))


def _name(what: str, at: datetime) -> str:
    return f"{what}-{at:%Y%m%dT%H%M%S}"
