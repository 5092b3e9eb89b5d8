"""The page `/quarantine` as a manager works with it: real server, database, broker, ingest, browser."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from dashboard.figures.quarantine.payload import SHOWN_BYTES, show_payload
from dashboard.pages.quarantine.filter import ALL, Asked, read_address
from models.queries.quarantine.messages import read_quarantined
from tests.fixtures.broker import Broker
from tests.fixtures.office import Office
from tests.fixtures.processes import StartCommand
from tests.rig.asking import ask
from tests.rig.patience import PATIENCE_MS


def refuse(
    office: Office,
    payload: object,
    reason: str,
    *,
    site: str | None = "s1",
    device: str = "bay-B07",
    minutes_ago: float = 5,
    status: str = "new",
) -> int:
    """Put a message into quarantine as ingest would have; returns its number."""
    found = office.connection.execute(
        "insert into quarantined_message (digest, received_at, topic, payload, reason, status, site, device)"
        " values (sha256(%s), %s, %s, %s, %s, %s, %s, %s) returning id",
        [
            f"{payload}{reason}{site}{device}".encode(),
            datetime.now(UTC) - timedelta(minutes=minutes_ago),
            f"workshop/v1/{site}/scanner/{device}/stage",
            payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
            reason,
            status,
            site,
            device,
        ],
    ).fetchone()
    assert found
    return int(found[0])


def scan(number: int, stage: str = "repairing") -> dict[str, object]:
    at = datetime.now(UTC) - timedelta(minutes=10)
    return {
        "id": str(number),
        "at": at.isoformat(),
        "work_order": f"RO-{number}",
        "stage": stage,
        "bay": "B07",
    }


def statuses(office: Office) -> dict[int, str]:
    return dict(office.connection.execute("select id, status from quarantined_message").fetchall())


@pytest.fixture
def refused(office: Office) -> Office:
    """Messages that were refused for three reasons."""
    for number in range(3):
        refuse(office, scan(number, "polishing"), f"stage: 'polishing{number}' is not a stage", minutes_ago=5)
    refuse(office, b'{"id": "x', "payload: not JSON", device="bay-B05", minutes_ago=90)
    refuse(office, bytes(range(20)), "payload: not UTF-8", device="VCDS", minutes_ago=60 * 24 * 2)
    return office


def shown(page: Page) -> int:
    return page.locator(".ag-center-cols-container .ag-row").count()


def click_message(page: Page, number: int) -> None:
    page.locator(f".ag-center-cols-container .ag-row[row-id='{number}'] [col-id='reason']").click()


@pytest.mark.parametrize(
    ("lang", "found", "every"), [("en", "5 found", "Every reason"), ("zh", "共 5 条", "所有原因")]
)
def test_reasons_are_counted_and_choose(
    refused: Office, page: Page, lang: str, found: str, every: str
) -> None:
    refused.open(page, f"/quarantine?lang={lang}")
    expect(page.locator("#quarantine-found")).to_have_text(found)
    reasons = page.locator(".reasons li .line")
    assert [words.split("\n") for words in reasons.all_inner_texts()] == [
        [every, "5"],
        ["stage: … is not a stage", "3"],
        ["payload: not JSON", "1"],
        ["payload: not …", "1"],
    ]
    reasons.nth(1).click()
    expect(page.locator("#quarantine-found")).to_contain_text("3")
    assert "reason=stage" in page.url
    page.go_back()
    expect(page.locator("#quarantine-found")).to_have_text(found)


def test_filters_are_in_the_address_and_the_address_in_the_filters(refused: Office, page: Page) -> None:
    refused.open(page, "/quarantine?device=bay-B05&since=24h")
    expect(page.locator("#quarantine-found")).to_have_text("1 found")
    assert page.locator("#quarantine-device").input_value() == "bay-B05"
    page.locator("#quarantine-device").fill("bay-B07")
    page.locator("#quarantine-device").press("Enter")
    expect(page.locator("#quarantine-found")).to_have_text("3 found")
    page.get_by_text("Discarded", exact=True).click()
    expect(page.locator(".empty")).to_contain_text("Nothing matches")
    page.wait_for_url("**/quarantine?status=discarded&device=bay-B07&since=24h")


def test_a_message_is_shown_whole_with_the_field_its_reason_names(refused: Office, page: Page) -> None:
    refused.open(page, "/quarantine")
    page.locator(".ag-center-cols-container .ag-row", has_text="polishing1").click()
    expect(page.locator(".message .why")).to_have_text("stage: 'polishing1' is not a stage")
    expect(page.locator(".payload mark")).to_contain_text('"stage": "polishing"')
    expect(page.locator(".message dl")).to_contain_text("workshop/v1/s1/scanner/bay-B07/stage")


def test_what_a_device_sent_is_never_more_than_text(office: Office, page: Page) -> None:
    evil = "<img src=x onerror=window.hacked=1>"
    number = refuse(office, {"id": evil}, f"id: {evil}", device=evil)
    office.open(page, "/quarantine")
    click_message(page, number)
    expect(page.locator(".payload")).to_contain_text(evil)
    assert page.evaluate("window.hacked") is None


def test_discarding_asks_first(refused: Office, page: Page) -> None:
    refused.open(page, "/quarantine")
    page.locator(".ag-header input[type=checkbox]").click()
    expect(page.locator("#quarantine-selected")).to_have_text("5 selected")
    page.locator("#quarantine-discard").click()
    expect(page.locator(".mantine-Modal-title")).to_have_text("Discard 5 messages?")
    page.locator("#quarantine-keep").click()
    expect(page.locator(".mantine-Modal-title")).to_be_hidden()
    assert set(statuses(refused).values()) == {"new"}
    page.locator("#quarantine-discard").click()
    page.locator("#quarantine-confirm").click()
    expect(page.locator(".outcome")).to_contain_text("5 discarded")
    expect(page.locator(".empty")).to_contain_text("Nothing is refused")
    assert set(statuses(refused).values()) == {"discarded"}


def test_replays_show_what_became_of_them_without_a_reload(
    office: Office, page: Page, iotcore_broker: Broker, start_bayboard: StartCommand
) -> None:
    mended = refuse(office, scan(1), "stage: 'repairing' was not a stage then")
    wrong = refuse(office, {**scan(2), "at": "yesterday"}, "at: was wrong in another way then")
    office.open(page, "/quarantine?status=all")
    page.evaluate("window.opened = true")
    click_message(page, mended)
    page.locator("#quarantine-replay-one").click()
    expect(page.locator(".message .state")).to_contain_text("Ingest has been asked to try it again")
    expect(page.locator(".outcome")).to_contain_text("1 wait for ingest")
    start_bayboard("ingest", BAYBOARD_DATABASE_URL=office.database_url, BAYBOARD_MQTT_URL=iotcore_broker.url)
    expect(page.locator(".message .state")).to_contain_text("Stored, as of", timeout=PATIENCE_MS)
    expect(page.locator(".outcome")).to_contain_text("1 stored")
    expect(page.locator("#quarantine-replay-one")).to_be_disabled()
    page.keyboard.press("Escape")
    click_message(page, wrong)
    page.locator("#quarantine-replay-one").click()
    expect(page.locator(".message .state")).to_contain_text("tried again and refused", timeout=PATIENCE_MS)
    expect(page.locator(".message .why")).not_to_contain_text("was wrong in another way then")
    assert statuses(office) == {mended: "replayed", wrong: "new"}
    assert page.evaluate("window.opened") is True


def test_a_manager_of_a_site_sees_and_touches_only_its_messages(office: Office, page: Page) -> None:
    ours = refuse(office, scan(1), "stage: ours", site="s2")
    theirs = refuse(office, scan(2), "stage: theirs", site="s1")
    nobodys = refuse(office, scan(3), "topic: nobody's", site=None)
    office.open(page, "/quarantine?status=all", "s2")
    expect(page.locator("#quarantine-found")).to_have_text("1 found")
    expect(page.locator(".reasons")).not_to_contain_text("theirs")
    # Ask for the others all the same, with the very request of the page.
    click_message(page, ours)
    with page.expect_request(lambda asked: "quarantine-watched" in (asked.post_data or "")) as sent:
        page.locator("#quarantine-replay-one").click()
    expect(page.locator(".outcome")).to_contain_text("1 wait for ingest")
    forged = str(sent.value.post_data).replace(f'"value":{ours}', f'"value":{theirs}')
    assert forged != sent.value.post_data
    cookies = {str(cookie["name"]): str(cookie["value"]) for cookie in page.context.cookies()}
    for number in (theirs, nobodys):
        body = forged.replace(f'"value":{theirs}', f'"value":{number}')
        answer = httpx.post(
            sent.value.url, content=body, cookies=cookies, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 200
    assert statuses(office) == {ours: "replay_requested", theirs: "new", nobodys: "new"}


def test_a_database_that_is_away_is_said_and_nothing_is_done(refused: Office, page: Page) -> None:
    refused.open(page, "/quarantine")
    page.locator(".ag-header input[type=checkbox]").click()
    refused.let_nobody_in()
    page.locator("#quarantine-replay").click()
    expect(page.locator(".notice")).to_contain_text("The database does not answer", timeout=PATIENCE_MS)
    refused.let_nobody_in(False)
    expect(page.locator(".outcome")).to_contain_text("Nothing was done", timeout=PATIENCE_MS)
    expect(page.locator("#quarantine-selected")).to_have_text("5 selected")
    assert set(statuses(refused).values()) == {"new"}


def test_a_phone_shows_cards_and_scrolls_one_way(refused: Office, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    refused.open(page, "/quarantine")
    expect(page.locator(".card")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("search", "asked"),
    [
        ("", Asked()),
        ("?status=all&site=s1", Asked(status=ALL, site="s1")),
        ("?status=invented&since=1h", Asked(since="1h")),
        ("?reason=a%20%26%20b", Asked(reason="a & b")),
    ],
)
def test_an_address_says_what_it_asks_for_and_back(search: str, asked: Asked) -> None:
    assert read_address(search) == asked
    assert read_address(asked.address()) == asked


@pytest.mark.parametrize(
    ("payload", "field", "kind", "lines", "marked"),
    [
        (b'{"a":{"b":1},"c":2}', "a.b", "json", ["{", '  "a": {', '    "b": 1', "  },", '  "c": 2', "}"], 2),
        (b'{"a":1}', "z", "json", ["{", '  "a": 1', "}"], None),
        ('"车"'.encode(), "", "json", ['"车"'], None),
        (b"not json", "", "text", ["not json"], None),
        (b"\x00\xffA", "", "bytes", ["00000  00 ff 41" + " " * 39 + "  ..A"], None),
        (b"", "", "text", [], None),
    ],
)
def test_a_payload_is_laid_out_so_that_people_can_read_it(
    payload: bytes, field: str, kind: str, lines: list[str], marked: int | None
) -> None:
    laid_out = show_payload(payload, len(payload), field)
    assert (laid_out.kind, laid_out.lines, laid_out.marked) == (kind, lines, marked)


def nest(depth: int, inside: str = "1") -> str:
    return "[" * depth + inside + "]" * depth


@pytest.mark.parametrize(
    ("payload", "kind", "cut"),
    [
        (nest(850, "1," * 100_000 + "1"), "text", True),
        (nest(51), "text", False),
        (nest(50), "json", False),
        (json.dumps({"deep": "[" * 900}), "json", False),
        (json.dumps(["x" * SHOWN_BYTES]), "text", True),
        ('"' + '\\"' * 30_000, "text", True),
        ("[" + "1,\n" * 20_000 + "1]", "json", True),
        ("名" * 40_000, "text", True),
    ],
)
def test_a_payload_that_is_deep_or_long_is_bounded(payload: str, kind: str, cut: bool) -> None:
    sent = payload.encode()
    shown = show_payload(sent[:SHOWN_BYTES], len(sent), "")
    assert (shown.kind, shown.cut) == (kind, cut)
    assert sum(map(len, shown.lines)) <= SHOWN_BYTES
    assert len(shown.lines) <= 2000


def test_a_message_is_read_no_further_than_it_is_shown(office: Office) -> None:
    number = refuse(office, b"x" * 5_000_000, "not valid JSON")
    found = ask(office.database_url, lambda connection: read_quarantined(connection, number, SHOWN_BYTES))
    assert found
    assert (len(found[1]), found[0].payload_bytes) == (SHOWN_BYTES, 5_000_000)
