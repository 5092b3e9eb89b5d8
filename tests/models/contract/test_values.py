"""Single values of messages, as gateways and dealer systems write them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contract.values import (
    EARLIEST,
    LATEST,
    MAX_DEPTH,
    UnreadableError,
    is_too_deep,
    read_date,
    read_flag,
    read_json,
    read_number,
    read_time,
    read_unit,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HALF_PAST_NINE = datetime(2026, 11, 21, 1, 31, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-21T09:31:05+08:00",
        "2026-11-21T01:31:05Z",
        "2026-11-21 09:31:05+08",
        "2026-11-21 09:31:05 +0800",
        "2026-11-21T09:31:05",
        "2026/11/21 9:31:05",
        "2026年11月21日 9:31:05",
        1795224665,
        1795224665000,
        "1795224665",
        "1795224665000",
    ],
)
def test_a_time_is_read_in_every_spelling_with_one_meaning(written: Any) -> None:
    assert read_time(written, SHANGHAI) == HALF_PAST_NINE


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("03/04/2026 10:00", "day 03 of month 04 or day 04 of month 03"),
        ("2026-10-25T02:30:00", "two meanings in Europe/Berlin, 2026-10-25T02:30:00\\+02:00 or 2026"),
        ("2026-03-29T02:30:00", "does not exist in Europe/Berlin"),
        ("2026-13-01T00:00:00Z", "'2026-13-01T00:00:00Z' is not a time such as"),
        ("0001-01-01T00:00:00Z", "is before 2000"),
        ("9999-12-31T23:59:59Z", "is ahead of our clock"),
        ("2026-11-21T09:31:05+23:00", "offset of no zone"),
        (17, "no seconds or milliseconds"),
        (True, "is not a time"),
        (float("inf"), "no seconds"),
        ([], "is not a time"),
    ],
)
def test_a_time_without_one_meaning_is_refused_by_what_is_wrong(written: Any, says: str) -> None:
    with pytest.raises(UnreadableError, match=says):
        read_time(written, BERLIN)


def test_a_time_without_offset_needs_the_zone_of_its_site() -> None:
    with pytest.raises(UnreadableError, match="no offset such as \\+08:00, and the zone of its site"):
        read_time("2026-11-21T09:31:05", None)


@given(at=st.datetimes(EARLIEST.replace(tzinfo=None), datetime(2199, 12, 30)), minutes=st.integers(-840, 840))  # noqa: DTZ001
def test_every_time_of_the_contract_is_read_back(at: datetime, minutes: int) -> None:
    here = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    if EARLIEST <= here < LATEST:
        assert read_time(here.isoformat(), None) == here


@pytest.mark.parametrize(
    "written",
    ["2021-03-04", "2021-03-04T00:00:00", "2021/3/4", "2021-03-03T16:00:00Z", "2021-03-04T00:00:00+08:00"],
)
def test_a_day_may_be_written_as_a_time(written: str) -> None:
    assert read_date(written, SHANGHAI) == date(2021, 3, 4)


@pytest.mark.parametrize("written", ["03.04.2021", "0001-01-01T05:00:00Z", "9999-12-31", 20210304, "soon"])
def test_a_day_without_one_meaning_is_refused(written: Any) -> None:
    with pytest.raises(UnreadableError):
        read_date(written, SHANGHAI)


@pytest.mark.parametrize(
    ("written", "number"), [(45210, 45210.0), ("45210.00", 45210.0), (" 45210 ", 45210.0), ("１２", 12.0)]
)
def test_a_number_may_be_written_as_text(written: Any, number: float) -> None:
    assert read_number(written) == number


def test_a_comma_in_a_number_has_two_meanings() -> None:
    with pytest.raises(UnreadableError, match=r"two meanings, 45210 or 45\.210"):
        read_number("45,210")


@pytest.mark.parametrize("written", [True, None, "", "many", "1e999", float("nan"), [1], "45 km"])
def test_what_is_no_number_is_refused(written: Any) -> None:
    with pytest.raises(UnreadableError):
        read_number(written)


@pytest.mark.parametrize(
    ("word", "unit"), [("KM", "km"), ("miles", "mi"), ("公里", "km"), ("Metres", "m"), ("mi.", "mi")]
)
def test_a_unit_is_read_in_the_words_of_gateways(word: str, unit: str) -> None:
    assert read_unit(word) == unit


@pytest.mark.parametrize(("word", "flag"), [("yes", True), (1, True), ("否", False), (False, False)])
def test_a_flag_is_read_in_the_words_of_gateways(word: Any, flag: bool) -> None:
    assert read_flag(word) is flag


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'{"a":1}\0', {"a": 1}),
        ('{"a":"车"}'.encode("utf-16"), {"a": "车"}),
        (b'{"a":nan,"b":"nan","c":-Infinity,"d":NaN}', {"a": None, "b": "nan", "c": None, "d": None}),
        (b'{"a":"x\ry"}', {"a": "x\ry"}),
        (b'{"a":1e999}', {"a": None}),
        (b'{"a":' + b"9" * 5000 + b"}", {"a": None}),
    ],
)
def test_json_is_read_as_gateways_write_it(payload: bytes, value: Any) -> None:
    assert read_json(payload) == value


@pytest.mark.parametrize(
    "payload", [b"", b"{", b'{"a":\xff}', b"[" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000]
)
def test_what_is_no_json_is_refused(payload: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_json(payload)


def test_brackets_in_texts_are_no_depth() -> None:
    assert not is_too_deep(msgspec.json.encode({"text": "[{" * 500, "list": [[1]] * 200}))
    assert is_too_deep(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


def _depth(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(_depth, inside), default=0)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text('"\\[]{}a', max_size=8)


@given(
    st.recursive(
        _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text('"\\[', max_size=4), inner)
    ),
    st.integers(0, 60),
)
def test_depth_is_counted_right(value: Any, wrapped: int) -> None:
    for _ in range(wrapped):
        value = [value]
    assert is_too_deep(msgspec.json.encode(value)) == (_depth(value) > MAX_DEPTH)


@given(st.binary(max_size=200))
def test_bytes_are_json_or_refused(payload: bytes) -> None:
    try:
        read_json(payload)
    except UnreadableError:
        return


@given(st.text(max_size=40) | st.integers() | st.floats())
def test_a_value_is_read_or_refused(value: Any) -> None:
    for read in (
        read_number,
        read_unit,
        read_flag,
        lambda it: read_time(it, BERLIN),
        lambda it: read_date(it, BERLIN),
    ):
        try:
            read(value)
        except UnreadableError:
            continue
