"""The two catalogues say the same things, and the code asks for nothing else."""

import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

from config.texts import LANGS, choose_lang, read_catalogue, text

DASHBOARD = Path(__file__).parents[2] / "dashboard"
# `text(lang, f"count.{name}")` and `read_catalogue(lang).get(f"reason.{…}")` ask for whole tables;
# the browser is handed the table `tick`.
WHOLE_TABLES = {
    "account_state",
    "alarm",
    "alarm_kind",
    "analytics_cause",
    "analytics_figure",
    "analytics_formula",
    "analytics_group",
    "analytics_kind",
    "analytics_span",
    "analytics_tab",
    "analytics_weekday",
    "attempt_outcome",
    "audit_what",
    "bottleneck",
    "calibration_verdict",
    "code_status",
    "count",
    "devices_show",
    "devices_since",
    "devices_status",
    "faults_answer",
    "finding",
    "job",
    "message_state",
    "order_formula",
    "order_rule",
    "part",
    "payload",
    "powertrain",
    "quarantine_status",
    "queue",
    "reason",
    "refusal",
    "reminder_channel",
    "reminder_nothing",
    "reminder_rate",
    "reminder_role",
    "reminder_shown",
    "reminder_state",
    "role",
    "screen_kind",
    "screen_state",
    "since",
    "source",
    "tick",
    "vehicle_about",
    "vehicle_channel",
    "vehicle_doubt",
    "vehicle_due",
    "vehicle_message",
    "vehicle_rate",
    "vehicle_recipient",
    "vehicle_reminder",
    "what_if_figure",
    "what_if_kind",
    "what_if_one",
    "what_if_state",
    "what_if_thing",
}


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


@pytest.mark.parametrize("lang", LANGS)
def test_every_catalogue_has_the_keys_of_english(lang: str) -> None:
    assert set(read_catalogue(lang)) == set(read_catalogue("en"))


@pytest.mark.parametrize("lang", LANGS)
def test_every_translation_has_the_placeholders_of_english(lang: str) -> None:
    for key, words in read_catalogue(lang).items():
        assert placeholders(words) == placeholders(read_catalogue("en")[key]), key


@pytest.mark.parametrize("lang", LANGS)
def test_no_words_are_empty(lang: str) -> None:
    assert [key for key, words in read_catalogue(lang).items() if not words.strip()] == []


def test_the_code_asks_for_exactly_the_keys_there_are() -> None:
    sources = "\n".join(path.read_text() for path in DASHBOARD.rglob("*.py"))
    keys = {key for key in read_catalogue("en") if key.split(".")[0] not in WHOLE_TABLES}
    tables = "|".join({key.split(".")[0] for key in keys})
    assert set(re.findall(rf'"((?:{tables})\.[a-z_]+)"', sources)) == keys


def test_the_browser_asks_for_exactly_the_words_it_is_handed() -> None:
    scripts = "\n".join(path.read_text() for path in (DASHBOARD / "assets").glob("*.js"))
    asked = set(re.findall(r"words(?:\(\))?\.([a-z_]+)", scripts))
    units = ("minutes", "hours", "whole_hours", "days")
    asked |= {f"{short}{unit}" for short in ("", "short_") for unit in units}
    assert asked == {key.removeprefix("tick.") for key in read_catalogue("en") if key.startswith("tick.")}


def test_words_are_filled_in() -> None:
    assert text("en", "wall.more", count=5) == "+5 more"
    assert text("zh", "wall.more", count=5) == "还有 5 辆"


def test_a_key_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("en", "wall.invented")


@pytest.mark.parametrize(
    ("asked", "given"), [("zh", "zh"), ("en", "en"), ("fr", "en"), (None, "en"), (["zh", "en"], "en")]
)
def test_a_language_we_do_not_have_becomes_english(asked: object, given: str) -> None:
    assert choose_lang(asked) == given


@pytest.mark.parametrize("lang", LANGS)
def test_no_table_stands_in_two_files(lang: str) -> None:
    files = sorted((Path(__file__).parents[2] / "config" / "texts" / lang).glob("*.toml"))
    tables = [table for file in files for table in tomllib.loads(file.read_text())]
    assert len(tables) == len(set(tables))
