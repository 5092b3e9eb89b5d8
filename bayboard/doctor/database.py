"""What `bayboard doctor` finds in the database: one finding a check, each with what to do.

Owns the checks of schema, clock, policies, sites, devices and quarantine, and what about each is
wrong and what only worth a look. Reads, never mends; what it finds is the caller's to print.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, text

from config.workshop import Site, Workshop
from models.domain.device.health import DeviceRow
from models.migrations.run import current_revision, newest_revision
from models.schema.events import HYPERTABLES
from models.store import find_differences
from models.timescale.edition import Database, detect_database
from models.timescale.hypertables import list_hypertables

# Clocks of servers that follow NTP agree within milliseconds; devices' are measured over a network.
_SERVER_CLOCK = timedelta(seconds=5)
_DEVICE_CLOCK = timedelta(minutes=5)
# No workshop is open for so long without a scan.
_SILENCE = timedelta(hours=1)
_NAMED = 5


class Verdict(StrEnum):
    """How a check ended; only what is wrong makes the command fail."""

    OK = "ok"
    LOOK = "look"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's: what was checked, how it is, and what to do about it."""

    check: str
    verdict: Verdict
    says: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.verdict:<5}  {self.check}: {self.says}{advice}"


def check_schema(connection: Connection) -> Finding:
    """Say whether the database is at the revision the code expects."""
    found, expected = current_revision(connection), newest_revision()
    if found == expected:
        return Finding("schema", Verdict.OK, f"at {found}")
    says = f"at {found or 'nothing'}, the code expects {expected}"
    return Finding("schema", Verdict.WRONG, says, "run `bayboard migrate`")


def check_clock(connection: Connection, now: datetime) -> Finding:
    """Say how far the database's clock is from ours, which is `now`."""
    theirs: datetime = connection.execute(text("select clock_timestamp()")).scalar_one()
    off = theirs - now
    says = f"the database's is {off.total_seconds():+.1f} s from ours"
    if abs(off) <= _SERVER_CLOCK:
        return Finding("clocks", Verdict.OK, says)
    return Finding("clocks", Verdict.WRONG, says, "have both machines follow NTP")


def check_store(connection: Connection, database: Database, workshop: Workshop) -> Finding:
    """Say whether hypertables and policies are as the workshop file has them."""
    missing: list[str] = []
    if database.has_hypertables():
        missing = [
            f"hypertable {table}" for table in sorted(HYPERTABLES.keys() - list_hypertables(connection))
        ]
    missing += find_differences(connection, database, workshop.store)
    if missing:
        says = f"not as the workshop file says: {_name_some(missing)}"
        return Finding("store", Verdict.WRONG, says, "run `bayboard migrate`")
    return Finding("store", Verdict.OK, "as the workshop file says")


def count_connected(connection: Connection, name: str) -> int:
    """Return how many connections to this database go by a name."""
    asked = text(
        "select count(*) from pg_stat_activity"
        " where application_name = :name and datname = current_database()"
    )
    found: int = connection.execute(asked, {"name": name}).scalar_one()
    return found


def check_ingest(connection: Connection) -> Finding:
    """Say how many ingest processes are connected to this database."""
    if found := count_connected(connection, "bayboard-ingest"):
        return Finding("ingest", Verdict.OK, f"{found} connected")
    return Finding("ingest", Verdict.WRONG, "none is connected to the database", "start `bayboard ingest`")


def check_site(site: Site, newest: datetime | None, now: datetime) -> Finding:
    """Say when a site's newest message came; what counts is the time it was open since."""
    check = f"site {site.key}"
    if newest is None:
        advice = "admit its devices with `bayboard device add`"
        return Finding(check, Verdict.LOOK, "nothing was ever heard of it", advice)
    says = f"newest message {_say_age(now - newest)} ago"
    if site.hours.open_seconds(newest, now) <= _SILENCE.total_seconds():
        return Finding(check, Verdict.OK, says)
    return Finding(check, Verdict.WRONG, f"{says}, though it was open", "look at its network and its devices")


def check_devices(devices: Sequence[DeviceRow], max_offset: timedelta) -> Iterator[Finding]:
    """Say which devices are away, were never heard, or have clocks that are off."""
    ours = [device for device in devices if device.registered and device.revoked_at is None]
    away = [_name(device) for device in ours if device.online is False]
    silent = [_name(device) for device in ours if device.last_received_at is None]
    says = [f"{len(ours)} registered"]
    says += [f"offline: {_name_some(away)}"] if away else []
    says += [f"never heard: {_name_some(silent)}"] if silent else []
    if away or silent:
        advice = "look at them, or `bayboard device revoke`"
        yield Finding("devices", Verdict.LOOK, ", ".join(says), advice)
    else:
        yield Finding("devices", Verdict.OK, ", ".join(says))
    yield _judge_device_clocks(devices, max_offset)


def _judge_device_clocks(devices: Sequence[DeviceRow], max_offset: timedelta) -> Finding:
    offsets = {
        _name(device): device.offset_seconds for device in devices if device.offset_seconds is not None
    }
    off = {name: off for name, off in offsets.items() if abs(off) > _DEVICE_CLOCK.total_seconds()}
    says = _name_some([f"{name} by {-seconds:+.0f} s" for name, seconds in sorted(off.items())])
    if not off:
        return Finding("device clocks", Verdict.OK, f"{len(offsets)} measured, all within 5 minutes")
    if max(map(abs, off.values())) > max_offset.total_seconds():
        return Finding("device clocks", Verdict.WRONG, f"off: {says}", "what they say is refused: set them")
    return Finding("device clocks", Verdict.LOOK, f"off: {says}", "they are corrected; set them")


def check_quarantine(connection: Connection, alarming_share: float) -> Finding:
    """Say how many refused messages wait, and their share of all that was heard."""
    waiting, heard = connection.execute(
        text(
            "select (select count(*) from quarantined_message where status = 'new'),"
            " (select coalesce(sum(messages), 0) from device_state)"
        )
    ).one()
    share = waiting / max(int(heard), waiting, 1)
    says = f"{waiting} waiting, {share:.1%} of what was heard"
    if not waiting:
        return Finding("quarantine", Verdict.OK, "empty")
    verdict = Verdict.WRONG if share > alarming_share else Verdict.LOOK
    return Finding("quarantine", verdict, says, "see `bayboard quarantine list`")


def check_quotas(connection: Connection) -> Finding:
    """Say which devices sent more than they may; the first message over a limit is in quarantine."""
    devices = [
        f"{site}/{device}"
        for site, device in connection.execute(
            text(
                "select distinct site, device from quarantined_message"
                " where status = 'new' and reason like 'quota: %' order by site, device"
            )
        )
    ]
    if not devices:
        return Finding("quotas", Verdict.OK, "no device sent more than it may")
    says = f"{_name_some(devices)} sent more than they may in an hour, and messages were dropped"
    advice = "`bayboard device revoke`, or raise device_…_an_hour in [ingest]; then discard the messages"
    return Finding("quotas", Verdict.WRONG, says, advice)


def check_orders(connection: Connection) -> Finding:
    """Say which work orders cannot be computed from their events."""
    failing = [
        f"{site}/{order} ({reason})"
        for site, order, reason in connection.execute(
            text("select site, work_order, reason from projection_failure order by failed_at desc")
        )
    ]
    if not failing:
        return Finding("work orders", Verdict.OK, "all follow their events")
    says = f"{len(failing)} stay as they were before: {_name_some(failing)}"
    return Finding(
        "work orders", Verdict.WRONG, says, "upgrade Bayboard, or report it with the log of ingest"
    )


def check_database(
    connection: Connection, workshop: Workshop, devices: Sequence[DeviceRow], now: datetime
) -> Iterator[Finding]:
    """Make every check of a database whose schema is current."""
    yield check_store(connection, detect_database(connection), workshop)
    yield check_ingest(connection)
    pulses = connection.execute(text("select site, received_at from site_pulse"))
    newest = {pulse.site: pulse.received_at for pulse in pulses}
    for site in workshop.sites:
        yield check_site(site, newest.get(site.key), now)
    yield from check_devices(devices, timedelta(seconds=workshop.ingest.max_clock_offset_seconds))
    yield check_orders(connection)
    yield check_quarantine(connection, workshop.ingest.quarantine_alarm_share)
    yield check_quotas(connection)


def _name(device: DeviceRow) -> str:
    return f"{device.site}/{device.device}"


def _name_some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _say_age(age: timedelta) -> str:
    return str(timedelta(seconds=max(0, round(age.total_seconds()))))
