"""Trouble codes in words: every language has them, the simulator's are known, and others say their system."""

import re

import pytest

from config.codes import explain_code, read_codes
from config.texts import LANGS
from simulators.jobs import BATTERY_COMPLAINTS, COMPLAINTS, ENGINE_COMPLAINTS


@pytest.mark.parametrize("lang", LANGS)
def test_every_code_has_words_in_every_language(lang: str) -> None:
    for table in read_codes().values():
        assert {
            code: words.get(lang, "").strip() for code, words in table.items() if not words.get(lang)
        } == {}


def test_only_standard_codes_are_explained_for_makers_codes_differ() -> None:
    standard = re.compile(r"P[02][0-9A-F]{3}|[CBU]0[0-9A-F]{3}")
    assert [code for code in read_codes()["code"] if not standard.fullmatch(code)] == []


def test_every_code_the_simulator_finds_is_explained() -> None:
    complaints = [*ENGINE_COMPLAINTS, *COMPLAINTS, *BATTERY_COMPLAINTS]
    assert {code for complaint in complaints for code in complaint.codes} <= set(read_codes()["code"])


@pytest.mark.parametrize(
    ("code", "en", "zh"),
    [
        ("P0301", "Misfire in cylinder 1", "1 缸失火"),
        ("c0035-11", "Wheel speed sensor, front left", "左前轮速传感器"),
        ("P1234", "Engine or gearbox: code P1234", "发动机或变速器：故障码 P1234"),
        ("U3999", "Communication between control units: code U3999", "控制单元通信：故障码 U3999"),
        ("{x}", "{x}", "{x}"),
        ("", "", ""),
    ],
)
def test_code_is_said_in_words_or_by_its_system(code: str, en: str, zh: str) -> None:
    assert (explain_code("en", code), explain_code("zh", code)) == (en, zh)
