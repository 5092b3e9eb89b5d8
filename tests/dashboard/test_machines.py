"""What machines are answered: metrics for those who may see them, security.txt, and headers on everything."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from config.settings import DEFAULT_WORKSHOP_FILE
from config.workshop import load_workshop
from dashboard.app import create_app

TOKEN = "a token of twenty-four letters"  # noqa: S105  # of this test alone


def get(
    path: str, client: str = "127.0.0.1", headers: dict[str, str] | None = None, **options: str
) -> httpx.Response:
    app = create_app(
        database_url="postgresql://nobody@127.0.0.1:1/nothing",
        workshop=load_workshop(DEFAULT_WORKSHOP_FILE),
        clock=lambda: datetime(2026, 12, 1, tzinfo=UTC),
        **options,  # type: ignore[arg-type]  # those that are text
    )

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://board") as browser:
            return await browser.get(path, headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("client", "token", "headers", "status"),
    [
        ("127.0.0.1", None, {}, 200),
        ("192.168.1.9", None, {}, 200),
        ("8.8.8.8", None, {}, 403),
        ("172.20.0.5", None, {"X-Forwarded-For": "8.8.8.8"}, 403),
        ("127.0.0.1", TOKEN, {}, 200),
        ("192.168.1.9", TOKEN, {}, 403),
        ("192.168.1.9", TOKEN, {"Authorization": f"Bearer {TOKEN}x"}, 403),
        ("8.8.8.8", TOKEN, {"Authorization": f"Bearer {TOKEN}"}, 200),
    ],
)
def test_metrics_are_for_near_machines_and_for_the_token(
    client: str, token: str | None, headers: dict[str, str], status: int
) -> None:
    options = {"metrics_token": token} if token else {}
    assert get("/metrics", client, headers, **options).status_code == status
    assert get("/readyz", client, headers, **options).status_code == (503 if status == 200 else status)
    assert get("/healthz", client, headers, **options).status_code == 200


def test_security_txt_names_the_contact_and_until_when_it_holds() -> None:
    assert get("/.well-known/security.txt").status_code == 404
    said = get("/.well-known/security.txt", security_contact="mailto:security@example.com").text.splitlines()
    assert said[:2] == ["Contact: mailto:security@example.com", "Expires: 2027-05-30T00:00:00Z"]


@pytest.mark.parametrize("path", ["/healthz", "/sign-in", "/nowhere", "/wall/s1", "/assets/wall.css"])
def test_nothing_is_for_search_engines(path: str) -> None:
    assert get(path).headers["x-robots-tag"] == "noindex, nofollow"
