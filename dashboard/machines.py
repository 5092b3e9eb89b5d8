"""What machines ask for: health, metrics, and whom to write to about a weakness (security.txt).

Health is for everybody. What metrics say of a shop, its sites and its traffic is for this machine, private
networks, and those who show the token.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hmac import compare_digest
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from dashboard.access.guard import answer_unknown
from dashboard.access.origin import Origin
from dashboard.boards.feed import BoardFeed
from dashboard.edge.addresses import is_nearby, is_this_machine
from dashboard.edge.refusals import refuse
from dashboard.metrics import Metrics

# security.txt says itself how long it holds; scanners want less than a year.
_CONTACT_LASTS = timedelta(days=180)


def add_machine_routes(server: FastAPI, feed: BoardFeed, metrics: Metrics, token: str | None) -> None:
    """Add health and metrics."""

    @server.get("/healthz")
    async def healthz() -> Response:
        return PlainTextResponse("alive")

    @server.get("/readyz")
    async def readyz(request: Request) -> Response:
        if not _may_look(request, token):
            return refuse(request, HTTPStatus.FORBIDDEN, "this_machine_only")
        if feed.connected:
            return PlainTextResponse("ready")
        return PlainTextResponse("the database is not connected", HTTPStatus.SERVICE_UNAVAILABLE)

    @server.get("/metrics")
    async def show_metrics(request: Request) -> Response:
        if not _may_look(request, token):
            return refuse(request, HTTPStatus.FORBIDDEN, "this_machine_only")
        return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _may_look(request: Request, token: str | None) -> bool:
    shown = request.headers.get("authorization", "")
    if token and compare_digest(shown.encode(), f"Bearer {token}".encode()):
        return True
    address = request.client.host if request.client else ""
    # Through a proxy that is not trusted anybody may come, and none of them has an address of its own.
    forwarded = request.headers.get("x-forwarded-for", address)
    is_near = is_nearby(address) if token is None else is_this_machine(address)
    return address in forwarded and is_near


def add_security_contact(
    server: FastAPI, contact: str | None, origin: Origin, clock: Callable[[], datetime]
) -> None:
    """Add security.txt (RFC 9116), where the operator named a contact."""

    @server.get("/.well-known/security.txt")
    async def show_contact(request: Request) -> Response:
        if contact is None:
            return answer_unknown(request)
        lines = [
            f"Contact: {contact}",
            f"Expires: {clock() + _CONTACT_LASTS:%Y-%m-%dT00:00:00Z}",
            "Preferred-Languages: en, zh",
            f"Canonical: {origin.address(request)}/.well-known/security.txt",
        ]
        return PlainTextResponse("\n".join(lines) + "\n")
