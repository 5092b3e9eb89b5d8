"""Phone numbers as people write them come out in one form, and what is none is named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract.phones import PhoneError, canonical_phone, read_phone

MOBILE = "+8613800000000"


@pytest.mark.parametrize(
    "written",
    [
        "13800000000",
        "138 0000 0000",
        "138-0000-0000",
        "138.0000.0000",
        "138·0000·0000",
        "１３８００００００００",
        "＋８６１３８００００００００",
        "138\u200b0000\u200b0000",
        "\ufeff13800000000\x00",
        "\u202a+8613800000000\u202c",
        "13800000000\r\n",
        "\t138\u00a00000\u30000000",
        "+86 (0)138 0000 0000",
        "+8613800000000",
        "(+86)13800000000",
        "86-13800000000",
        "8613800000000",
        "0086 138 0000 0000",
        "008613800000000",
        "tel:13800000000",
        "tel:+86-138-0000-0000",
        "17951 13800000000",
        "13800000000(微信同号)",
        "13800000000（微信同号）",
        "138 0000 0000 王先生",
        "手机：13800000000",
        "13800000000,13900000000",
        "13800000000、13900000000",
        "13800000000/13900000000",
        "13800000000 13900000000",
        "13800000000;021-62345678",
        "021-62345678，13800000000",
        "021-62345678转801 / 13800000000",
        "400-800-8888 13800000000",
    ],
)
def test_one_mobile_number_has_one_form_however_it_is_written(written: str) -> None:
    assert canonical_phone(written) == MOBILE


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("021-62345678", "+862162345678"),
        ("(021) 6234 5678", "+862162345678"),
        ("+86 21 62345678", "+862162345678"),
        ("0755 2345 6789", "+8675523456789"),
        ("+852 9123 4567", "+85291234567"),
        ("00886 912 345 678", "+886912345678"),
        ("+1 650 253 0000", "+16502530000"),
        # A range that is not in use yet, and the one in which the simulator's customers live.
        ("12812345678", "+8612812345678"),
        ("10012345678", "+8610012345678"),
    ],
)
def test_other_numbers_that_reach_a_person_are_read(written: str, canonical: str) -> None:
    assert canonical_phone(written) == canonical


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("N/A", "'N/A' is no phone number"),
        ("", "'' is no phone number"),
        ("0", "'0' is no phone number"),
        ("00000000000", "'00000000000' is no phone number"),
        ("110", "'110' is no phone number"),
        ("95555", "'95555' is no phone number"),
        ("1380000000", "'1380000000' is no phone number"),
        ("138000000001", "'138000000001' is no phone number"),
        ("310101199003071234", "'310101199003071234' is no phone number"),
        ("2026-11-30", "'2026-11-30' is no phone number"),
        ("x" * 60, f"'{'x' * 40}…' is no phone number"),
        ("400-800-8888", "'400-800-8888' is the number of a service, not of a person"),
        ("800 810 8888", "'800 810 8888' is the number of a service, not of a person"),
        ("021-62345678-801", "'021-62345678-801' is a number with an extension"),
        ("021 62345678转801", "'021 62345678转801' is a number with an extension"),
        ("021-62345678 ext. 801", "'021-62345678 ext. 801' is a number with an extension"),
        ("17012345678-1234", "'17012345678-1234' is a number with an extension"),
    ],
)
def test_what_reaches_nobody_is_named(written: str, why: str) -> None:
    assert canonical_phone(written) is None
    with pytest.raises(PhoneError) as refused:
        read_phone(written)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("written", "as_written", "national"),
    [
        ("138 0000 0000", "13800000000", "13800000000"),
        ("+86 (0)138 0000 0000", MOBILE, "13800000000"),
        ("8613800000000", MOBILE, "13800000000"),
        ("021-62345678", "02162345678", "02162345678"),
    ],
)
def test_a_number_is_known_with_and_without_its_country_code(
    written: str, as_written: str, national: str
) -> None:
    phone = read_phone(written)
    assert (phone.as_written, phone.national) == (as_written, national)


def test_numbers_without_a_country_code_are_of_the_country_that_is_named() -> None:
    assert canonical_phone("07400 123456", "GB") == "+447400123456"
    assert canonical_phone("+86 138 0000 0000", "GB") == MOBILE


LIKELY = st.text(alphabet="0123456789+-() .,/;转#exttel:微信\u200b０１\u0661", max_size=40)


@settings(max_examples=150)
@given(text=LIKELY | st.text(max_size=40))
def test_the_canonical_form_of_a_canonical_form_is_itself(text: str) -> None:
    canonical = canonical_phone(text)
    if canonical is not None:
        assert canonical_phone(canonical) == canonical
        assert canonical[0] == "+"
        assert canonical[1:].isascii()
        assert canonical[1:].isdigit()


@settings(max_examples=100)
@given(
    digits=st.from_regex(r"1[38][0-9]{9}", fullmatch=True),
    gaps=st.lists(st.sampled_from(["", "", " ", "-", ".", "\u200b"]), min_size=2, max_size=2),
    before=st.sampled_from(["", "+86", "+86 ", "86", "0086 ", "tel:", "\ufeff", "电话 "]),
    after=st.sampled_from(["", "\r", "(微信同号)", ",13900000000", "\u200b"]),
)
def test_any_mobile_number_of_china_comes_out_of_any_dress(
    digits: str, gaps: list[str], before: str, after: str
) -> None:
    written = f"{before}{digits[:3]}{gaps[0]}{digits[3:7]}{gaps[1]}{digits[7:]}{after}"
    assert canonical_phone(written) == f"+86{digits}"
