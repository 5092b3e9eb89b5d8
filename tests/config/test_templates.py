"""Templates are checked when they are read, and say nothing that is not known."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.texts import LANGS
from config.wording.events import AUDIENCES, EVENTS
from config.wording.templates import OUR_TEMPLATES, TemplateError, load_templates
from models.domain.delivery import Role

SHANGHAI = ZoneInfo("Asia/Shanghai")
SITE = {"en": "Pudong", "zh": "浦东店"}
DUE = {
    "site": SITE,
    "customer": "Li Wei",
    "plate": "沪A12345",
    "vehicle": None,
    "items": [
        {"name": {"en": "Oil", "zh": "机油"}, "due_km": 10000.0, "projected_on": "2026-12-01"},
        {"name": {"en": "Brake fluid", "zh": "制动液"}, "due_on": "2026-12-24"},
    ],
}


def write(directory: Path, name: str, words: str) -> Path:
    file = directory / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(words)
    return file


def problems_of(directory: Path) -> list[str]:
    with pytest.raises(TemplateError) as refused:
        load_templates(directory)
    return str(refused.value).splitlines()


def test_there_are_templates_of_every_event_in_every_language() -> None:
    load_templates()
    for lang in LANGS:
        names = {file.stem for file in (OUR_TEMPLATES / lang).glob("*.toml")}
        assert {name.partition(".")[0] for name in names} == set(EVENTS)


def test_audiences_are_the_roles_of_the_outbox() -> None:
    assert list(AUDIENCES) == list(Role)


def test_what_is_not_known_is_left_out_with_its_line() -> None:
    words = load_templates().write("service_due", "customer", "en", DUE, SHANGHAI)
    assert words.title == "Pudong: service is due"
    assert words.body.splitlines() == [
        "Li Wei,",
        "your car is due for service:",
        "沪A12345",
        "· Oil",
        "  around 1 December 2026",
        "  at 10,000 km",
        "· Brake fluid",
        "  by 24 December 2026",
        "Call us for a day that suits you. Pudong",
        "To hear no more of this from us, tell us so.",
    ]


def test_times_are_told_as_the_clock_of_the_site_shows_them_in_each_language() -> None:
    payload = {
        "site": SITE,
        "work_order": "RO-1",
        "stage": {"en": "In repair", "zh": "维修中"},
        "minutes": 125,
        "since": "2026-11-22T08:30:00+00:00",
    }
    told = [load_templates().write("stage_too_long", "foreman", lang, payload, SHANGHAI) for lang in LANGS]
    assert [words.title for words in told] == [
        "Pudong: RO-1 has been in “In repair” for 2 hrs 5 mins",
        "浦东店：RO-1 在“维修中”已 2小时 5分钟",
    ]
    assert [words.body for words in told] == ["since Sun 22 Nov 16:30", "开始于 11月22日周日 16:30"]


def test_braces_in_a_value_are_no_placeholders() -> None:
    words = load_templates().write("service_due", "customer", "en", {**DUE, "customer": "{plate}"}, SHANGHAI)
    assert words.body.startswith("{plate},")


def test_an_audience_may_be_told_in_other_words(tmp_path: Path) -> None:
    for lang in LANGS:
        write(tmp_path, f"{lang}/service_due.director.toml", 'title = "Due"\nbody = "{plate}"\n')
    templates = load_templates(tmp_path)
    assert templates.write("service_due", "director", "en", DUE, SHANGHAI).body == "沪A12345"
    assert templates.write("service_due", "customer", "en", DUE, SHANGHAI).title != "Due"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ('title = "Due"\nbody = """\nyour\n{plait}"""', ":2: body: {plait} is not a value of service_due"),
        ('title = "{plate}"\nbody = "x"', ":1: title: {plate} is not in every service_due"),
        ('title = "Due"\nbody = "{items}"', ":2: body: {items} is a list: say in [each]"),
        ('title = "Due"\nbody = "x"\n[each]\nitem = "x"', ":4: each.item: service_due has no list item"),
        ('title = "Due"\nbody = "x"\n[each]\nitems = "{km}"', ":4: each.items: {km} is not a value of items"),
        ('title = "Due"\nbody = "{plate!r}"', ":2: body: {plate} is not a value"),
        ('title = "Due"\nbody = "{plate"', ":2: body: expected '}' before end of string"),
        ('title = "Due"\nbody = "x"\nfooter = "x"', ":3: footer: Extra inputs are not permitted"),
        ('title = "Due"\n', ":1: body: Field required"),
        ("title", ": cannot be read: "),
    ],
)
def test_a_wrong_template_is_refused_with_its_line(tmp_path: Path, words: str, problem: str) -> None:
    file = write(tmp_path, "en/service_due.toml", words)
    [line] = problems_of(tmp_path)
    assert line.startswith(f"{file}{problem}")


def test_unknown_events_languages_and_audiences_are_refused(tmp_path: Path) -> None:
    words = 'title = "x"\nbody = "x"'
    for name in ("en/birthday.toml", "fr/service_due.toml", "en/service_due.owner.toml"):
        write(tmp_path, name, words)
    birthday, owner, french = problems_of(tmp_path)
    assert "there is no event 'birthday'" in birthday
    assert "there is no audience 'owner'" in owner
    assert "there is no language 'fr'" in french


def test_a_template_that_a_language_lacks_is_named(tmp_path: Path) -> None:
    write(tmp_path, "en/service_due.director.toml", 'title = "x"\nbody = "x"')
    assert problems_of(tmp_path) == [f"{tmp_path}/zh/service_due.director.toml: is missing"]


def test_a_payload_says_what_it_lacks() -> None:
    assert EVENTS["service_due"].find_gaps(DUE) == []
    assert EVENTS["stage_too_long"].find_gaps({"site": SITE, "stage": SITE, "minutes": 0}) == ["work_order"]
    assert EVENTS["service_due"].find_gaps({**DUE, "items": []}) == ["items"]
