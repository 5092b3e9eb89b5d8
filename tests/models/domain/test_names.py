"""One thing has one name: spellings of scanners, dealer systems and gateways that mean the same."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.domain import names
from models.domain.names import (
    canonical_bay,
    canonical_plate,
    canonical_stage,
    canonical_technician,
    canonical_trouble_code,
    canonical_vin,
    canonical_work_order,
    clean_text,
)

FORMS: list[Callable[[str], str | None]] = [
    getattr(names, name) for name in dir(names) if name.startswith("canonical_")
]


@pytest.mark.parametrize(
    "spelling",
    [
        "RO-157\r",
        "RO-157\n",
        "]C1RO-157",
        "\x02RO-157\x03",
        "ＲＯ－１５７",
        "ro-157",
        " RO-157 ",
        "RO–157",
        "\ufeffRO-157",
    ],
)
def test_a_work_order_has_one_number(spelling: str) -> None:
    assert canonical_work_order(spelling) == "RO-157"


@pytest.mark.parametrize(
    ("spelling", "bay"),
    [("B12\r", "B12"), ("b11", "B11"), ("Ｂ０３", "B03"), ("B03 ", "B03"), ("]E0b03", "B03")],
)
def test_a_bay_has_one_key(spelling: str, bay: str) -> None:
    assert canonical_bay(spelling) == bay


@pytest.mark.parametrize(
    ("spelling", "vin"),
    [
        ("lfieldtwice000001", "LFIELDTWICE000001"),
        ("LFIELDVIN00000001\r", "LFIELDVIN00000001"),
        ("LFIELDVIN 0000 0001", "LFIELDVIN00000001"),
        ("LFIELD-VIN-00000001", "LFIELDVIN00000001"),
        ("*LSVAU2A37N2183294*", "LSVAU2A37N2183294"),
        ("ＬＳＶＡＵ２Ａ３７Ｎ２１８３２９４", "LSVAU2A37N2183294"),
        ("IJTNBB46K973010713", "JTNBB46K973010713"),
        ("V1", "V1"),
        ("LSV/1?", "LSV/1?"),
    ],
)
def test_a_vehicle_has_one_number(spelling: str, vin: str) -> None:
    assert canonical_vin(spelling) == vin


@pytest.mark.parametrize(
    "placeholder",
    [
        "00000000000000000",
        "N/A",
        "null",
        "",
        "   ",
        "-",
        "XXXXXXXXXXXXXXXXX",
        "unknown",
        "未知",
        "\ufffd" * 17,
        "LSV\ufffd",
    ],
)
def test_what_stands_in_for_a_vin_is_no_vin(placeholder: str) -> None:
    assert canonical_vin(placeholder) is None


@pytest.mark.parametrize("spelling", ["P0301", "p0301", "P0301-00", "P0301:00", "P030100", "P0301 "])
def test_a_trouble_code_has_one_spelling(spelling: str) -> None:
    assert canonical_trouble_code(spelling) == "P0301"


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("U3000:49", "U3000-49"),
        ("u300049", "U3000-49"),
        ("P0000", None),
        ("p0000-00", None),
        ("12-ab", "12-AB"),
    ],
)
def test_the_kind_of_failure_is_part_of_a_code(spelling: str, code: str | None) -> None:
    assert canonical_trouble_code(spelling) == code


@pytest.mark.parametrize(
    ("spelling", "plate"),
    [
        ("沪A·88888", "沪A88888"),
        ("沪a 88888", "沪A88888"),
        ("沪A-D12345", "沪AD12345"),
        ("m-ab 1234", "M AB 1234"),
        ("MA-B  1234", "MA B 1234"),
        ("无", None),
    ],
)
def test_a_plate_is_written_in_one_way(spelling: str, plate: str | None) -> None:
    assert canonical_plate(spelling) == plate


@pytest.mark.parametrize(
    ("spelling", "technician"),
    [("t012", "T012"), ("zhang wei", "Zhang Wei"), ("ZHANG  WEI", "Zhang Wei"), ("王伟", "王伟")],
)
def test_a_technician_has_a_number_or_a_name(spelling: str, technician: str) -> None:
    assert canonical_technician(spelling) == technician


@pytest.mark.parametrize("spelling", ["quality_check", "Quality check", "QUALITY-CHECK\r", "quality__check"])
def test_a_stage_has_one_key(spelling: str) -> None:
    assert canonical_stage(spelling) == "quality_check"


def test_free_text_keeps_its_words_and_loses_what_nobody_sees() -> None:
    assert clean_text(" 刹车\x00片\u202e，左前\r\n ") == "刹车片，左前"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@given(text=st.text(max_size=40))
@example(text="]C1]C1RO")
@example(text="I" * 18)
@example(text="ŉß ﷺ")
def test_a_canonical_form_is_its_own_canonical_form(form: Callable[[str], str | None], text: str) -> None:
    canonical = form(text)
    assert canonical is None or (canonical and form(canonical) == canonical)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
@given(text=st.text(max_size=40), noise=st.sampled_from(["\r", "\n", "\x02", "\x03", "\u200b", " ", "\x1d"]))
def test_what_a_scanner_adds_around_a_name_names_nothing_else(
    form: Callable[[str], str | None], text: str, noise: str
) -> None:
    assert form(noise + text + noise) == form(text)
