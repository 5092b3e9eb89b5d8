"""Every fault strikes as often and does exactly what it says, and the same from the same seed."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from models.contract.payloads import (
    DiagnosticReport,
    FleetReadings,
    LabourScan,
    OdometerReading,
    StageScan,
    VehicleReadings,
    WorkOrderChange,
    decode,
)
from models.contract.topics import ContractError
from models.domain.odometer.reading import KM_PER_UNIT
from simulators.devices.faults import Fault
from simulators.devices.sending import Sending
from simulators.devices.spoil import FAULTS, FaultError, read_rates
from simulators.life import Life, Lived, Sent
from simulators.scenario import SCENARIOS
from simulators.site import SimulatedSite, simulate_now
from simulators.truth.lines import Truth

SITE = load_workshop(DEFAULT_WORKSHOP_FILE).sites[0]
START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SPEED = 60.0
HOURS = 12.0


def make_site(seed: int = 1) -> SimulatedSite:
    return simulate_now(SITE, seed, started_at=START, speed=SPEED, warm_up_hours=5.0)


@cache
def send_a_day(faults: str, seed: int = 1) -> tuple[Sending, ...]:
    """What leaves the devices of a site within twelve hours, and what is lost."""
    life = Life(make_site(seed), read_rates(faults))
    sent: list[Sending] = []
    for moment in life.live():
        if isinstance(moment, Lived) and moment.due_at > START + timedelta(hours=HOURS / SPEED):
            life.end()
        if isinstance(moment, Sent):
            assert moment.due_at == moment.sending.sent_at
            sent.append(moment.sending)
    return tuple(sent)


def by_origin(faults: str) -> dict[tuple[str, str], list[Sending]]:
    sendings: dict[tuple[str, str], list[Sending]] = defaultdict(list)
    for sending in send_a_day(faults):
        sendings[sending.origin].append(sending)
    return sendings


def struck(name: str, rate: float) -> list[Sending]:
    return [sending for sending in send_a_day(f"{name}={rate}") if name in sending.faults]


def read_km(sending: Sending) -> list[tuple[str, float]]:
    match sending.payload:
        case DiagnosticReport(vin=vin, odometer=odometer) | OdometerReading(vin=vin, odometer=odometer):
            return [(vin, odometer.value * KM_PER_UNIT[odometer.unit])] if odometer else []
        case VehicleReadings(vin=vin, unit=unit, readings=readings):
            return [(vin, reading.value * KM_PER_UNIT[unit]) for reading in readings]
        case FleetReadings(unit=unit, readings=fleet):
            return [(reading.vin, reading.value * KM_PER_UNIT[unit]) for reading in fleet]
    return []


def pair_km(name: str, rate: float) -> list[tuple[float, float]]:
    """Pair each odometer value that a fault touched with the true one."""
    true = {sending.origin: read_km(sending) for sending in send_a_day("none")}
    return [
        (shown[1], right[1])
        for sending in struck(name, rate)
        for shown, right in zip(read_km(sending), true[sending.origin], strict=True)
        if shown[1] != right[1]
    ]


def test_without_faults_every_message_leaves_as_it_was_said_and_when() -> None:
    life = Life(make_site(), {})
    said = []
    for moment in life.live():
        if isinstance(moment, Lived):
            if moment.due_at > START + timedelta(hours=HOURS / SPEED):
                life.end()
            else:
                said += [outgoing.payload for outgoing in moment.said]
    assert [sending.payload for sending in send_a_day("none")] == said
    assert all(not sending.faults and not sending.lost for sending in send_a_day("none"))


@pytest.mark.parametrize("faults", ["some", "many"])
def test_the_same_seed_meets_the_same_faults(faults: str) -> None:
    send_a_day.cache_clear()
    first = [(sending.sent_at, sending.topic, sending.write()) for sending in send_a_day(faults)]
    send_a_day.cache_clear()
    assert first == [(sending.sent_at, sending.topic, sending.write()) for sending in send_a_day(faults)]
    assert first != [(sending.sent_at, sending.topic, sending.write()) for sending in send_a_day(faults, 2)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_with_rate_one_strikes_and_with_rate_zero_does_not(fault: type[Fault]) -> None:
    names = {name for sending in send_a_day(f"{fault.name}=1") for name in sending.faults}
    assert names == {fault.name}
    assert send_a_day(f"{fault.name}=0") == send_a_day("none")


def test_one_fault_more_moves_no_other() -> None:
    alone = {sending.origin for sending in struck("malformed", 0.05)}
    both = send_a_day("malformed=0.05,duplicate=0.2,disorder=0.2")
    assert alone == {sending.origin for sending in both if "malformed" in sending.faults}


def test_whenever_a_run_begins_the_same_faults_strike_the_same_messages() -> None:
    rates = read_rates("many")
    struck_at = []
    for started_at in (START, START + timedelta(days=3, minutes=7)):
        site = simulate_now(SITE, 1, started_at=started_at, speed=SPEED, warm_up_hours=5.0)
        life = Life(site, rates)
        moments = (moment for moment in life.live() if isinstance(moment, Sent))
        struck_at.append([(m.sending.device.name, m.sending.faults) for m in islice(moments, 1500)])
    assert struck_at[0] == struck_at[1]


def test_messages_leave_in_the_order_in_which_they_are_sent() -> None:
    for faults in ("none", "many"):
        assert all(a.sent_at <= b.sent_at for a, b in pairwise(send_a_day(faults)))


def test_a_duplicate_is_the_same_message_later() -> None:
    copies = 0
    for sendings in by_origin("duplicate=0.3").values():
        first, *again = sendings
        copies += len(again)
        assert {sending.write() for sending in sendings} == {first.write()}
        assert all(
            first.sent_at <= copy.sent_at <= first.sent_at + timedelta(hours=1 / SPEED) for copy in again
        )
    assert copies > 300


def test_in_disorder_a_message_is_overtaken() -> None:
    late = struck("disorder", 0.2)
    assert len(late) > 200
    assert all(sending.sent_at > sending.happened_at for sending in late)
    ids = [sending.message_id for sending in send_a_day("disorder=0.2")]
    assert ids != sorted(ids)


def test_a_buffer_comes_late_and_all_at_once() -> None:
    late = struck("late-buffer", 0.5)
    waited = [(sending.sent_at - sending.happened_at).total_seconds() * SPEED / 3600 for sending in late]
    assert max(waited) > 1
    assert max(waited) <= 6.01
    returns = Counter((sending.device.name, sending.sent_at) for sending in late)
    assert max(returns.values()) > 5


def test_the_clock_of_a_device_is_wrong_for_all_that_it_says_and_for_its_status() -> None:
    for name in ("clock-drift", "wrong-zone"):
        life = Life(make_site(), read_rates(f"{name}=1"))
        for sending in struck(name, 1):
            skew = life.faults.skew(sending.device.name, sending.happened_at)
            if isinstance(sending.payload, StageScan):
                assert sending.payload.at - sending.happened_at == skew
            assert timedelta(seconds=5) <= abs(skew) <= timedelta(hours=8)
            assert name != "wrong-zone" or skew % timedelta(hours=1) == timedelta()


def test_a_missed_scan_out_is_the_end_of_a_stay_or_of_labour() -> None:
    lost = struck("missed-scan-out", 0.3)
    assert {type(sending.payload) for sending in lost} == {StageScan, LabourScan}
    for sending in lost:
        assert sending.lost
        match sending.payload:
            case StageScan(bay=bay):
                assert bay is None
            case LabourScan(action=action):
                assert action == "off"


def test_a_wrong_bay_is_scanned_again_rightly_within_a_minute() -> None:
    true = {sending.origin: sending for sending in send_a_day("none")}
    corrected = 0
    for origin, sendings in by_origin("wrong-bay=0.3").items():
        if len(sendings) < 2:
            continue
        wrong, right = (sending.payload for sending in sendings)
        was = true[origin].payload
        assert isinstance(wrong, StageScan)
        assert isinstance(right, StageScan)
        assert isinstance(was, StageScan)
        assert wrong.bay != was.bay == right.bay
        assert wrong.at == was.at < right.at < was.at + timedelta(minutes=1 / SPEED)
        assert wrong.id != right.id == was.id
        assert sendings[0].device.name == f"bay-{wrong.bay}"
        corrected += 1
    assert corrected > 30
    unnoticed = struck("unnoticed-bay", 0.3)
    assert len(unnoticed) == len({sending.origin for sending in unnoticed}) > 30


def test_a_malformed_message_can_be_read_by_nobody() -> None:
    malformed = struck("malformed", 0.3)
    assert len(malformed) > 300
    for sending in malformed:
        with pytest.raises(ContractError):
            decode(sending.kind, sending.write())


def test_of_an_unregistered_order_the_dealer_system_says_nothing_at_all() -> None:
    lost = {
        sending.payload.work_order
        for sending in struck("unregistered", 0.2)
        if isinstance(sending.payload, WorkOrderChange)
    }
    assert lost
    for sending in send_a_day("unregistered=0.2"):
        if isinstance(sending.payload, WorkOrderChange) and not sending.lost:
            assert sending.payload.work_order not in lost


def test_a_silent_device_is_not_heard_again() -> None:
    silent: set[str] = set()
    for sending in send_a_day("silent-device=0.4"):
        assert sending.lost or sending.device.name not in silent
        if sending.lost:
            silent.add(sending.device.name)
    assert 2 < len(silent) < 16


def test_declared_units_change_no_distance_and_undeclared_ones_do() -> None:
    for name in ("miles", "metres"):
        assert all(shown == pytest.approx(km, abs=0.1) for shown, km in pair_km(name, 0.5))
        assert struck(name, 0.5)
    undeclared = pair_km("undeclared-miles", 0.5)
    assert undeclared
    assert all(shown * KM_PER_UNIT["mi"] == pytest.approx(km, abs=1) for shown, km in undeclared)


def test_odometer_errors_are_as_large_as_their_names_say() -> None:
    assert all(10 * km <= shown < 10 * km + 10 for shown, km in pair_km("extra-digit", 0.5))
    assert all(0.39 * km <= shown <= 0.91 * km for shown, km in pair_km("rollback", 0.9))
    swapped = pair_km("cluster-swap", 0.9)
    assert swapped
    assert max(shown for shown, _ in swapped) < 1000
    for name in ("extra-digit", "rollback"):
        assert pair_km(name, 0.9)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([fault.name for fault in FAULTS]), st.floats(0, 1), min_size=1))
def test_rates_are_read_as_they_are_written(rates: dict[str, float]) -> None:
    assert read_rates(",".join(f"{name}={rate!r}" for name, rate in rates.items())) == rates


def test_rates_may_be_named_together_or_left_to_what_is_usual() -> None:
    assert read_rates("none") == {}
    some, many = read_rates("some"), read_rates("many")
    assert set(some) == set(many) == {fault.name for fault in FAULTS}
    assert all(some[name] < many[name] <= 1 for name in some)
    assert read_rates("malformed, duplicate=0.5") == {"malformed": some["malformed"], "duplicate": 0.5}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gremlins=0.1", r"no fault 'gremlins'.*clock-drift, cluster-swap, disorder"),
        ("duplicate=2", "between 0 and 1"),
        ("duplicate=often", "between 0 and 1"),
    ],
)
def test_wrong_faults_are_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(FaultError, match=sentence):
        read_rates(text)


def test_every_fault_and_scenario_and_kind_of_truth_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    for fault in FAULTS:
        [row] = [line for line in text.splitlines() if line.startswith("|") and f"`{fault.name}`" in line]
        assert f"{fault.some:g}" in row
    for name in (*SCENARIOS, *(line.__struct_config__.tag for line in get_args(Truth))):
        assert f"| `{name}` |" in text
