"""Customers' own pages as they are answered: what stands on them, who gets in, what their headers say."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import lru_cache
from typing import TypeVar

import httpx
import pytest
from fastapi import FastAPI

from config.settings import DEFAULT_WORKSHOP_FILE
from config.texts import HTML_LANGS, LANGS
from config.workshop import load_workshop
from dashboard.app import create_app
from models.queries.board.progress.links import TRIES_OF_PLATE, make_progress_link, read_ticket
from models.queries.board.progress.visit import hash_token
from tests.fixtures.visit import NOON, PRIVATE, Visits
from tests.rig.asking import ask

WORKSHOP = load_workshop(DEFAULT_WORKSHOP_FILE)
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"
Answer = TypeVar("Answer")


@lru_cache(maxsize=2)
def make_app(database_url: str, minutes: float) -> FastAPI:
    return create_app(
        database_url=database_url, workshop=WORKSHOP, clock=lambda: NOON + timedelta(minutes=minutes)
    )


def browse(
    database_url: str, visit: Callable[[httpx.AsyncClient], Awaitable[Answer]], minutes: float = 30
) -> Answer:
    """Ask the dashboard something at a time after noon, as a browser on the same machine does."""
    app = make_app(database_url, minutes)

    async def run() -> Answer:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://board.test") as client:
            return await visit(client)

    return asyncio.run(run())


def get(database_url: str, path: str, minutes: float = 30, etag: str = "") -> httpx.Response:
    return browse(database_url, lambda client: client.get(path, headers={"If-None-Match": etag}), minutes)


def make_link(visits: Visits) -> str:
    token = ask(visits.database_url, lambda connection: make_progress_link(connection, "s1", "RO-1", NOON))
    return f"/progress/{token}"


def read_words(page: str) -> str:
    """Return the words of a page, a space for every element."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


@pytest.fixture
def whole_visit(visits: Visits) -> Visits:
    """A visit about which everything is known."""
    staff = {"technician": "T-LEAK-7", "advisor": "A-LEAK-7"}
    visits.open(promised_at=NOON + timedelta(hours=3), customer_waiting=False, **staff)
    visits.add("stage_interval", position=0, stage="received", entered_at=NOON,
               left_at=NOON + timedelta(minutes=20), inferred=False)  # fmt: skip
    visits.add("stage_interval", position=1, stage="repairing", entered_at=NOON + timedelta(minutes=20),
               technician="T-LEAK-7", inferred=False)  # fmt: skip
    visits.add("work_order_part", position=0, part="1", quantity=2, description="Brake <disc>",
               status="ordered", eta=NOON + timedelta(hours=1))  # fmt: skip
    visits.find_code("C0035", 10)
    visits.connection.execute("insert into vehicle_service (vin, site) values (%s, 's1')", [PRIVATE["vin"]])
    visits.connection.execute(
        "insert into service_due (vin, item, plan, cycle, due_km, due_on, state, reckoned_at)"
        " values (%s, 'oil', 'petrol', '1', 50000, '2027-03-12', 'not_yet', %s)",
        [PRIVATE["vin"], NOON],
    )
    return visits


SAID = {
    "en": (
        "A01 沪A · ***45",
        "In repair Front brake pads",
        "Promised by 15:00",
        "12:00 Received 20 min",
        "12:20 In repair 10 min",
        "Brake &lt;disc&gt; × 2 Expected 13:00",
        "Wheel speed sensor, front left C0035 confirmed",
        "Oil and filter service at 50,000 km or by 12 March 2027",
        "As of 12:30",
    ),
    "zh": (
        "A01 沪A · ***45",
        "维修中 更换前刹车片",
        "承诺 15:00 前交车",
        "12:00 已接车 20 分钟",
        "12:20 维修中 10 分钟",
        "Brake &lt;disc&gt; × 2 预计 13:00 到货",
        "左前轮速传感器 C0035 已确认",
        "机油机滤保养 50,000 公里或 2027年3月12日 前",
        "更新于 12:30",
    ),
}


@pytest.mark.parametrize("lang", LANGS)
def test_page_says_everything_that_is_known_in_the_readers_language(whole_visit: Visits, lang: str) -> None:
    answer = get(whole_visit.database_url, f"{make_link(whole_visit)}?lang={lang}")
    said = read_words(answer.text)
    assert [each for each in SAID[lang] if each not in said] == []
    assert "<disc>" not in answer.text
    assert "LEAK-7" not in answer.text, "nobody of the staff is named"
    assert f'<html lang="{HTML_LANGS[lang]}"' in answer.text


def test_page_says_when_the_car_is_expected_as_a_range(whole_visit: Visits) -> None:
    said = read_words(get(whole_visit.database_url, make_link(whole_visit)).text)
    assert re.search(r"Expected ready 1\d:[0-5][05] – 1\d:[0-5][05]", said)


def test_language_is_remembered(whole_visit: Visits) -> None:
    link = make_link(whole_visit)

    async def visit(client: httpx.AsyncClient) -> list[str]:
        return [(await client.get(path)).text for path in (f"{link}?lang=zh", link, "/progress")]

    pages = browse(whole_visit.database_url, visit)
    assert [HTML_LANGS["zh"] in page.splitlines()[1] for page in pages] == [True, True, True]


def test_nothing_private_is_on_the_page(whole_visit: Visits) -> None:
    link = make_link(whole_visit)
    for path in (link, f"{link}/now"):
        page = get(whole_visit.database_url, path).text
        assert "A01" in page
        assert [secret for secret in PRIVATE.values() if secret in page] == []


def test_address_goes_nowhere_else(whole_visit: Visits) -> None:
    link = make_link(whole_visit)
    for path in (link, f"{link}/now", "/progress/unknown", "/progress/unknown/now"):
        headers = get(whole_visit.database_url, path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
    page = get(whole_visit.database_url, link)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert link.removeprefix("/progress/") not in page.text.replace(f'href="{link}?lang=zh"', "")


def test_news_are_sent_only_when_there_are_any(whole_visit: Visits) -> None:
    link = make_link(whole_visit)
    first = get(whole_visit.database_url, f"{link}/now")
    same = get(whole_visit.database_url, f"{link}/now", etag=first.headers["ETag"])
    assert (same.status_code, same.content, same.headers["As-Of"]) == (304, b"", "12:30")
    whole_visit.update(stage="quality_check")
    other = get(whole_visit.database_url, f"{link}/now", etag=first.headers["ETag"])
    assert other.status_code == 200
    assert "Quality check" in other.text


def test_links_that_are_over_unknown_or_revoked_are_answered_alike(whole_visit: Visits) -> None:
    revoked, over = make_link(whole_visit), make_link(whole_visit)
    whole_visit.connection.execute(
        "update progress_link set revoked_at = now() where token_hash = %s", [hash_token(revoked[-32:])]
    )
    whole_visit.update(closed_at=NOON)
    links = [revoked, over, f"/progress/{'a' * 32}", "/progress/x"]
    answers = [get(whole_visit.database_url, link, minutes=8 * 24 * 60) for link in links]
    assert {answer.status_code for answer in answers} == {404}
    assert len({read_words(answer.text) for answer in answers}) == 1
    assert "no longer valid" in answers[0].text


def test_plate_and_code_lead_to_the_page_however_they_are_typed(whole_visit: Visits) -> None:
    code = read_code(whole_visit)
    for plate_end, typed in (
        ("2345", code),
        (" 23-45 ", code.lower()),
        ("沪A12345", f"{code[:3]} {code[3:]}"),
    ):
        answer = post(whole_visit, plate_end, typed)
        assert answer.status_code == 303
        assert answer.headers["Cache-Control"] == "no-store"
        assert "沪A" in get(whole_visit.database_url, answer.headers["Location"]).text


def test_refusals_tell_nothing_of_why(whole_visit: Visits) -> None:
    code = read_code(whole_visit)
    answers = [
        post(whole_visit, *tried)
        for tried in (("2345", "WRONG2"), ("9999", code), ("", ""), ("x" * 5000, "y"))
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1
    assert "does not fit" in answers[0].text


def test_too_many_tries_are_refused_with_the_right_code_too(whole_visit: Visits) -> None:
    for _ in range(TRIES_OF_PLATE):
        assert post(whole_visit, "2345", "WRONG2").status_code == 403
    refused = post(whole_visit, "2345", read_code(whole_visit))
    assert refused.status_code == 429
    assert "Too many tries" in refused.text


def test_another_sites_page_cannot_try_for_its_visitor(whole_visit: Visits) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert post(whole_visit, "2345", read_code(whole_visit), **headers).status_code == 403
    assert whole_visit.one("select count(*) from sign_in_attempts") == (0,)


def test_without_a_database_the_page_says_so_and_keeps_trying() -> None:
    page = get(NO_DATABASE, "/progress/x")
    assert page.status_code == 503
    assert "keeps trying" in page.text
    assert "/assets/progress.js" in page.text
    assert get(NO_DATABASE, "/progress/x/now").status_code == 503


def post(visits: Visits, plate_end: str, code: str, **headers: str) -> httpx.Response:
    form = {"plate_end": plate_end, "code": code}
    return browse(visits.database_url, lambda client: client.post("/progress", data=form, headers=headers))


def read_code(visits: Visits) -> str:
    ticket = ask(visits.database_url, lambda connection: read_ticket(connection, "s1", "RO-1"))
    assert ticket
    return ticket.code


def test_a_phone_loads_a_few_kilobytes_all_in_all(whole_visit: Visits) -> None:
    link = make_link(whole_visit)

    async def weigh(client: httpx.AsyncClient) -> dict[str, int]:
        page = (await client.get(link)).text
        sizes = {}
        for address in [link, *set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page))]:
            async with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
                sizes[address] = sum([len(chunk) async for chunk in answer.aiter_raw()])
        return sizes

    sizes = browse(whole_visit.database_url, weigh)
    assert len(sizes) > 4, "a page with its styles, its script and its mark"
    assert sizes[link] < 2_000
    assert sum(sizes.values()) < 8_000
