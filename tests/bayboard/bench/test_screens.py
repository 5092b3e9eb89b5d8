"""What `bayboard bench screens` counts, from bytes as they arrive and processes as they are."""

import pytest

from bayboard.bench.screens.clients import SimulatedScreen, Tally
from bayboard.bench.screens.pixel import PixelTimes
from bayboard.bench.screens.rig import Usage
from bayboard.bench.screens.run import Comparison, Load, describe_screens


def hear(*chunks: bytes, polls: bool = False) -> Tally:
    tally = Tally()
    screen = SimulatedScreen(b"", tally, polls=polls)
    for chunk in chunks:
        screen.data_received(chunk)
    return tally


def test_a_scan_is_seen_once_and_also_where_a_later_one_is() -> None:
    tally = hear(b"HTTP/1.1 200 OK\r\n", b"probe-3;", b"probe-3;", b"probe-6; probe-5;")
    assert [name for name, _ in tally.arrivals] == ["probe-3;", "probe-4;", "probe-5;", "probe-6;"]
    assert tally.screens == 1


def test_a_name_that_two_packets_share_is_seen() -> None:
    assert [name for name, _ in hear(b"... pro", b"be-12", b"; ...").arrivals] == ["probe-12;"]


def test_bytes_of_changes_are_counted_apart_from_pulses() -> None:
    pulse, change = b"event: pulse\ndata: {}\n\n", b"event: parts\ndata: {}\n\n"
    tally = hear(pulse, change, change)
    assert (tally.changes, tally.change_bytes) == (2, 2 * len(change))
    assert tally.received_bytes == len(pulse) + 2 * len(change)


def test_cpu_is_of_the_processes_that_ran_all_the_time() -> None:
    before = Usage(10.0, {1: 5.0, 2: 1.0}, 0)
    after = Usage(20.0, {1: 5.5, 2: 1.5, 3: 9.0}, 0)
    assert after.percent_since(before) == pytest.approx(10.0)


def test_the_table_says_both_ways_and_their_ratio() -> None:
    push = Load(1.0, 4.0, 150.0, [10.0] * 99 + [50.0], 0, 1_000.0, 40.0)
    polling = Load(5.0, 8.0, 100.0, [500.0] * 100, 3, 8_000.0, 24_000.0)
    table = describe_screens(Comparison(200, 1, push, polling, PixelTimes([20.0, 30.0], 0)))
    figures = {line[:40].strip(): line[40:].split() for line in table.splitlines()[3:]}
    assert table.startswith("200 screens, 1 process;")
    assert figures["publish -> screen, p50, ms"] == ["10.0", "500.0", "50.0"]
    assert figures["idle CPU, % of a core"] == ["1.0", "5.0", "5.0"]
    assert figures["scans that never reached a screen"] == ["0.0", "3.0"]
