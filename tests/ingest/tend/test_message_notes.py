"""What was left out of a message, and other spellings in it, are shown on the pages of its order and car."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from playwright.sync_api import Page, expect

from bayboard.parts.ingest import make_rules
from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.access.identity import Role
from ingest.message import ReceivedMessage
from ingest.steps.batch import sort_messages
from ingest.store.write import prepare_connection, write_batch
from tests.fixtures.access import let_in
from tests.fixtures.office import Office
from tests.rig.patience import PATIENCE_MS

RULES = make_rules(load_workshop(DEFAULT_WORKSHOP_FILE))
VIN = "LSVAU2A37N2183294"


def ingest(database_url: str, now: datetime) -> None:
    at = (now - timedelta(minutes=5)).isoformat()
    order = {"vehicle": {"vin": VIN.lower(), "plate": "沪A·12345"}, "promised_at": "31.02.2026"}
    sent = {
        "dms/dms/work-order": {"id": "1", "at": at, "work_order": "RO-1", "change": "opened", **order},
        "scanner/bay-1/stage": {
            "id": "2",
            "at": at,
            "work_order": "ro-1\r",
            "stage": "repairing",
            "bay": "b03",
        },
        "diagnostic/diag-1/report": {
            "id": "3",
            "at": at,
            "vin": VIN,
            "odometer": {"value": "many", "unit": "km"},
        },
    }
    messages = [
        ReceivedMessage(f"workshop/v1/s1/{topic}", json.dumps(said).encode(), now, 1, 1)
        for topic, said in sent.items()
    ]
    with psycopg.connect(database_url, autocommit=True) as connection:
        prepare_connection(connection)
        write_batch(connection, sort_messages(messages, RULES), RULES)


def picture(page: Page, name: str) -> None:
    if directory := os.environ.get("BAYBOARD_TEST_PICTURES"):
        page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)


def test_notes_are_shown_on_the_pages_of_the_order_and_of_the_car(office: Office, page: Page) -> None:
    ingest(office.database_url, datetime.now(UTC))
    let_in(page, office.address, "s1", role=Role.FOREMAN)
    page.goto(f"{office.address}/orders/s1/ro-1?lang=en")
    notes = page.locator(".panel", has_text="Notes on messages")
    expect(notes).to_contain_text(
        "promised_atleft out “31.02.2026”: '31.02.2026' is not a time", timeout=PATIENCE_MS
    )
    expect(notes).to_contain_text("work_ordersent as “ro-1\\r”")
    expect(notes).to_contain_text("baysent as “b03”")
    picture(page, "order-en")
    page.goto(f"{office.address}/orders/s1/RO-1?lang=zh")
    expect(page.locator(".panel", has_text="消息备注")).to_contain_text("原始写法 “b03”", timeout=PATIENCE_MS)
    picture(page, "order-zh")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{office.address}/vehicles/{VIN.lower()}?lang=zh")
    expect(page.locator(".panel", has_text="消息备注")).to_contain_text("odometer未采用", timeout=PATIENCE_MS)
    picture(page, "vehicle-zh-phone")
