"""The page `/devices` as a manager sees it: a real server, a real database, a real browser."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.figures.device.table import choose_devices
from models.domain.device.health import DeviceRow
from tests.fixtures.office import Office
from tests.fixtures.still import serve_still
from tests.fixtures.visit import NOON, Visits
from tests.rig.patience import PATIENCE_MS

SESSION_OVER = pytest.mark.expects_console("401")


def add_device(
    office: Office | Visits,
    device: str,
    source: str = "scanner",
    *,
    now: datetime | None = None,
    site: str = "s1",
    registered: bool = True,
    revoked: bool = False,
    heard_minutes_ago: float | None = None,
    offset_seconds: float = 0,
    state: str | None = None,
    calibration_days: int | None = None,
    refused: int = 0,
) -> None:
    """Put a device into the database as ingest would have."""
    now = now or datetime.now(UTC)
    run = office.connection.execute
    if registered:
        run(
            "insert into device values (%s, %s, %s, 'hash', null, %s, %s)",
            [site, device, source, now - timedelta(days=40), now - timedelta(days=3) if revoked else None],
        )
    if heard_minutes_ago is not None:
        heard_at = now - timedelta(minutes=heard_minutes_ago)
        run(
            "insert into device_state (site, device, source, last_received_at, messages, messages_per_minute,"
            " offset_seconds) values (%s, %s, %s, %s, 1, 6, %s)",
            [site, device, source, heard_at, offset_seconds],
        )
    if state:
        run(
            "insert into device_status (site, source, device, at, state, received_at)"
            " values (%s, %s, %s, %s, %s, %s)",
            [site, source, device, now, state, now - timedelta(minutes=125)],
        )
    if calibration_days is not None:
        run(
            "insert into diagnostic_report (site, device, event_id, at, received_at, corrected_at, vin,"
            " measurements, tool_calibration_due) values (%s, %s, '1', %s, %s, %s, 'V', '[]', %s)",
            [site, device, now, now, now, now.date() + timedelta(days=calibration_days)],
        )
    for number in range(refused):
        run(
            "insert into quarantined_message"
            " (digest, received_at, topic, payload, reason, status, site, device)"
            " values (sha256(%s), %s, 'topic', '', 'at: missing', 'new', %s, %s)",
            [f"{site}{device}{number}".encode(), now, site, device],
        )


def add_devices(office: Office | Visits, now: datetime) -> None:
    """Put in one device of each kind that there is."""
    add = partial(add_device, office, now=now)
    add("well", heard_minutes_ago=0.5, state="online")
    add("gone", heard_minutes_ago=130, state="offline")
    add("quiet", heard_minutes_ago=90, state="online")
    add("new")
    add("taken-away", heard_minutes_ago=9000, revoked=True)
    add("hasty", heard_minutes_ago=0.5, offset_seconds=-37, registered=False)
    add("X431", "diagnostic", heard_minutes_ago=5, calibration_days=12, refused=3)
    add("VCDS", "diagnostic", heard_minutes_ago=5, offset_seconds=9, calibration_days=-9)
    add("mute", registered=False, refused=1)
    office.connection.execute("update device set known_as = '+8613800000000' where device = 'quiet'")


@pytest.fixture
def devices(office: Office) -> Office:
    """One device of each kind that there is, at a dashboard of now."""
    add_devices(office, datetime.now(UTC))
    return office


def row(page: Page, device: str) -> dict[str, str]:
    """Return the cells of a device's row by column."""
    expect(page.locator(f".ag-row[row-id='s1/{device}'] .status")).to_be_visible()
    cells = page.locator(f".ag-row[row-id='s1/{device}'] .ag-cell").all()
    return {str(cell.get_attribute("col-id")): cell.inner_text().replace("\n", " ") for cell in cells}


WORDS = {
    "en": {
        ("well", "status"): "Online for 2 h 5 min",
        ("gone", "status"): "Offline for 2 h 5 min",
        ("quiet", "status"): "Silent for 1 h 30 min",
        ("new", "status"): "Never heard added 40 days ago",
        ("taken-away", "status"): "Revoked 3 days ago",
        ("mute", "status"): "Only refused",
        ("well", "clock"): "right",
        ("hasty", "clock"): "37 s ahead",
        ("VCDS", "clock"): "9 s behind",
        ("hasty", "device"): "hasty not registered Bay scanner",
        ("quiet", "device"): "quiet Bay scanner · +8613800000000",
        ("X431", "quarantined"): "3",
        ("X431", "calibration"): "in 12 days",
        ("VCDS", "calibration"): "9 days overdue",
        ("new", "age"): "–",
    },
    "zh": {
        ("gone", "status"): "离线 已 2 小时 5 分",
        ("quiet", "status"): "静默 已 1 小时 30 分",
        ("hasty", "clock"): "快 37 秒",
        ("hasty", "device"): "hasty 未登记 工位扫码器",
        ("quiet", "device"): "quiet 工位扫码器 · +8613800000000",
        ("X431", "calibration"): "还剩 12 天",
        ("VCDS", "calibration"): "逾期 9 天",
    },
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_device_is_told_of_in_words(visits: Visits, page: Page, lang: str) -> None:
    add_devices(visits, NOON)
    with serve_still(visits.database_url) as still:
        still.sign_in(page)
        page.goto(f"{still.address}/devices?lang={lang}")
        rows = {device: row(page, device) for device, _ in WORDS[lang]}
    assert {(device, cell): rows[device][cell] for device, cell in WORDS[lang]} == WORDS[lang]
    assert page.locator("main").get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[lang]


def test_a_calibration_is_due_by_the_date_at_the_site() -> None:
    workshop = load_workshop(DEFAULT_WORKSHOP_FILE)
    tool = DeviceRow(
        "s1", "X431", "diagnostic", registered=True, added_at=NOON, revoked_at=None, vin=None, online=None,
        since=None, firmware=None, last_received_at=NOON, offset_seconds=0, messages_per_minute=1,
        quarantined=0, calibration_due=date(2026, 12, 22),
    )  # fmt: skip
    evening = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)
    assert choose_devices([tool], "calibration", workshop, evening) == []
    # A minute later it is the 23rd in Shanghai, though not in Greenwich.
    assert choose_devices([tool], "calibration", workshop, evening + timedelta(minutes=1)) == [tool]


def test_those_that_need_a_hand_stand_first(devices: Office, page: Page) -> None:
    devices.open(page, "/devices")
    shown = page.locator(".ag-row")
    expect(shown).to_have_count(9)
    places = {each.get_attribute("row-id"): int(each.get_attribute("row-index") or 0) for each in shown.all()}
    assert [str(name).removeprefix("s1/") for name in sorted(places, key=places.__getitem__)] == [
        *("gone", "mute", "new", "quiet"),
        *("X431", "hasty", "VCDS", "well"),
        "taken-away",
    ]


def test_a_count_shows_only_its_devices_and_gives_them_back(devices: Office, page: Page) -> None:
    devices.open(page, "/devices")
    expect(page.locator(".chip", has_text="calibration due").locator("b")).to_have_text("2")
    page.get_by_text("calibration due", exact=True).click()
    expect(page.locator(".ag-row")).to_have_count(2)
    assert page.url.endswith("/devices?show=calibration")
    page.get_by_text("calibration due", exact=True).click()
    expect(page.locator(".ag-row")).to_have_count(9)


def test_refused_messages_lead_to_those_of_the_device(devices: Office, page: Page) -> None:
    devices.open(page, "/devices")
    page.locator(".ag-row[row-id='s1/X431'] a").click()
    page.wait_for_url("**/quarantine?site=s1&device=X431")
    expect(page.locator("#quarantine-found")).to_have_text("3 found", timeout=PATIENCE_MS)


def test_a_change_shows_without_a_reload(devices: Office, page: Page) -> None:
    devices.open(page, "/devices")
    page.evaluate("window.opened = true")
    add_device(devices, "another", heard_minutes_ago=0, state="online")
    devices.connection.execute("update device_status set state = 'online' where device = 'gone'")
    expect(page.locator(".ag-row[row-id='s1/another']")).to_be_visible(timeout=PATIENCE_MS)
    assert "Silent" in row(page, "gone")["status"]
    assert page.evaluate("window.opened") is True


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "bayboard device add s1 scanner bay-B01"), ("zh", "还没有设备")]
)
def test_without_devices_it_says_what_to_do(office: Office, page: Page, lang: str, words: str) -> None:
    office.open(page, f"/devices?lang={lang}")
    expect(page.locator(".empty")).to_contain_text(words)
    expect(page.locator(".grid")).to_be_hidden()


def test_a_manager_of_a_site_sees_only_its_devices(devices: Office, page: Page) -> None:
    add_device(devices, "elsewhere", site="s2", heard_minutes_ago=1)
    devices.open(page, "/devices", "s2")
    expect(page.locator(".ag-row")).to_have_count(1)
    expect(page.locator(".ag-row")).to_have_attribute("row-id", "s2/elsewhere")
    expect(page.locator(".user")).to_contain_text("Second workshop")


def test_a_database_that_is_away_is_said_and_what_was_read_stays(devices: Office, page: Page) -> None:
    devices.open(page, "/devices")
    devices.let_nobody_in()
    expect(page.locator(".notice")).to_contain_text("The database does not answer", timeout=PATIENCE_MS)
    expect(page.locator(".ag-row")).to_have_count(9)
    devices.let_nobody_in(False)
    expect(page.locator(".notice")).to_be_hidden(timeout=PATIENCE_MS)


@SESSION_OVER
def test_a_session_that_ends_leads_to_signing_in(devices: Office, page: Page) -> None:
    devices.open(page, "/devices")
    page.context.clear_cookies()
    page.wait_for_url("**/sign-in?next=%2Fdevices", timeout=PATIENCE_MS)
    expect(page.locator("h1")).to_have_text("Sign in")


def test_signing_out_leaves_nothing_behind(devices: Office, page: Page) -> None:
    devices.open(page, "/devices")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.goto(f"{devices.address}/devices")
    assert page.url.endswith("/sign-in?next=%2Fdevices")


def test_the_language_is_remembered_and_changed_without_losing_the_filter(
    devices: Office, page: Page
) -> None:
    devices.open(page, "/devices")
    page.locator(".chip", has_text="offline").click()
    page.wait_for_url("**/devices?*show=offline*")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("设备")
    page.wait_for_url("**/devices?*show=offline*lang=zh")
    page.goto(f"{devices.address}/quarantine")
    expect(page.locator("h1")).to_have_text("隔离消息")


def test_a_phone_shows_cards_and_scrolls_one_way(devices: Office, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    devices.open(page, "/devices")
    expect(page.locator(".card")).to_have_count(9)
    expect(page.locator(".card").first).to_contain_text("Offline")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
