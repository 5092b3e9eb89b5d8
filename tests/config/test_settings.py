"""Settings and the workshop file: everything wrong is named at once."""

from pathlib import Path

import pytest

from config.settings import DEFAULT_WORKSHOP_FILE, Settings, SettingsError
from config.workshop import WorkshopError, find_ready_stage, load_workshop


def test_all_missing_and_wrong_settings_are_named_together() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(
            {"BAYBOARD_MQTT_URL": "http://broker", "BAYBOARD_WORKSHOP_FILE": "/nowhere/workshop.toml"},
            required=("database_url", "mqtt_url"),
        )
    for name in ("BAYBOARD_DATABASE_URL", "BAYBOARD_MQTT_URL", "BAYBOARD_WORKSHOP_FILE"):
        assert name in str(refused.value)


def test_defaults_serve_where_nothing_is_required() -> None:
    settings = Settings.from_environment({})
    assert settings.workshop_file == DEFAULT_WORKSHOP_FILE
    assert settings.database_url is None


def test_the_example_workshop_is_valid_and_has_the_contracts_stages() -> None:
    workshop = load_workshop(DEFAULT_WORKSHOP_FILE)
    assert [(stage.key, stage.kind) for stage in workshop.stages] == [
        ("received", "wait"),
        ("inspecting", "touch"),
        ("awaiting_approval", "wait"),
        ("awaiting_parts", "wait"),
        ("repairing", "touch"),
        ("quality_check", "touch"),
        ("washing", "touch"),
        ("ready", "wait"),
        ("delivered", "end"),
    ]


def test_every_error_of_a_workshop_file_is_listed_with_its_line(tmp_path: Path) -> None:
    lines = DEFAULT_WORKSHOP_FILE.read_text().splitlines()
    wrong = {
        'kind = "end"': 'kind = "over"',
        'timezone = "Asia/Shanghai"': 'timezone = "Asia/Nowhere"',
        "target_minutes = 25": "target_minute = 25",
        "future_tolerance_seconds = 300": "future_tolerance_seconds = -1",
    }
    expected = [lines.index(line) + 1 for line in wrong]
    path = tmp_path / "workshop.toml"
    path.write_text("\n".join(wrong.get(line, line) for line in lines))
    with pytest.raises(WorkshopError) as refused:
        load_workshop(path)
    reported = str(refused.value).splitlines()
    assert sorted(int(line.split(":")[1]) for line in reported) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[[stage", "is not TOML"), ("", "stage: Field required"), ("stage = 1", "workshop.toml:1: stage")],
)
def test_a_file_that_is_no_workshop_is_refused_in_a_sentence(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "workshop.toml"
    path.write_text(text)
    with pytest.raises(WorkshopError, match=reason):
        load_workshop(path)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ('key = "ready"\n', 'key = "ready"\n', ""),
        ('zh = "待取车"\nkind = "wait"', 'zh = "待取车"\nkind = "touch"', "touch and end"),
        ('zh = "已交车"\nkind = "end"', 'zh = "已交车"\nkind = "wait"', "wait and wait"),
        ('zh = "洗车"\nkind = "touch"', 'zh = "洗车"\nkind = "end"', "wait and end"),
    ],
)
def test_a_flow_ends_in_the_stage_of_finished_cars_and_the_only_end(
    tmp_path: Path, before: str, after: str, found: str
) -> None:
    path = tmp_path / "workshop.toml"
    path.write_text(DEFAULT_WORKSHOP_FILE.read_text().replace(before, after))
    if not found:
        assert find_ready_stage(load_workshop(path).stages) == "ready"
        return
    with pytest.raises(WorkshopError, match=f"the only one of kind end; they end with {found}"):
        load_workshop(path)


def test_a_bay_named_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "workshop.toml"
    path.write_text(DEFAULT_WORKSHOP_FILE.read_text().replace('key = "B02"', 'key = "B01"'))
    with pytest.raises(WorkshopError, match="bay of site s1 named more than once: B01"):
        load_workshop(path)
