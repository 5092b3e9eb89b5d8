"""The dashboard's application: FastAPI with Dash mounted on it.

Owns how the parts meet: feed, screens, routes, pages. There is no app at module level, so
nothing happens on import. Refuses to read settings: whoever starts it passes them.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import dash
import httpx
import structlog
from dash import Dash, html
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from config.texts import choose_lang
from config.workshop import Workshop
from dashboard.feed import BoardFeed
from dashboard.metrics import Metrics
from dashboard.middleware import PageDocument, PageRules
from dashboard.pages.home import register_home
from dashboard.pages.wall import register_wall
from dashboard.push import Screens
from dashboard.shutdown import call_on_shutdown

log = structlog.get_logger()

_HERE = Path(__file__).parent
_DOCUMENT = (_HERE / "document.html").read_text(encoding="utf-8")


def create_app(
    *,
    database_url: str,
    workshop: Workshop,
    rev: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Make the dashboard of a workshop.

    `rev` names what the pages look like; a screen that hears another loads itself anew.
    Without it, it is reckoned from the dashboard's files and the workshop's facts.
    """
    metrics = Metrics()
    feed = BoardFeed(database_url, [site.key for site in workshop.sites], metrics)
    screens = Screens(workshop, feed, rev or _reckon_rev(workshop), clock, metrics)

    @asynccontextmanager
    async def lifespan(server: FastAPI) -> AsyncIterator[None]:
        call_on_shutdown(screens.close)
        await _warm_up(server)
        server.state.script_hashes = dash_app.csp_hashes()
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(feed.run()), tasks.create_task(screens.keep_pulse())]
            yield
            for task in running:
                task.cancel()

    server = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    server.state.script_hashes = []
    _add_routes(server, workshop, feed, screens, metrics)
    dash_app = _mount_dash(server)
    register_home(workshop)
    register_wall(workshop, feed, screens.rev)
    server.add_api_route("/{path:path}", _answer_unknown, methods=["GET"])
    server.add_middleware(PageDocument, page_status=lambda path: _page_status(path, workshop))
    server.add_middleware(PageRules, script_hashes=lambda: server.state.script_hashes)
    return server


def _add_routes(
    server: FastAPI, workshop: Workshop, feed: BoardFeed, screens: Screens, metrics: Metrics
) -> None:
    @server.get("/stream/{site}")
    async def stream(site: str, lang: str | None = None) -> Response:
        known = workshop.site(site)
        if known is None:
            return PlainTextResponse(f"there is no site {site}", 404)
        return StreamingResponse(
            screens.stream(known, choose_lang(lang)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @server.get("/healthz")
    async def healthz() -> Response:
        return PlainTextResponse("alive")

    @server.get("/readyz")
    async def readyz() -> Response:
        if feed.connected:
            return PlainTextResponse("ready")
        return PlainTextResponse("the database is not connected", 503)

    @server.get("/metrics")
    async def show_metrics() -> Response:
        return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _mount_dash(server: FastAPI) -> Dash:
    dash_app = Dash(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # Dash accepts it, its types do not say so
        assets_folder=str(_HERE / "assets"),
        use_pages=True,
        pages_folder="",
        include_pages_meta=False,
        suppress_callback_exceptions=True,
        title="Bayboard",
        update_title="",
        index_string=_DOCUMENT,
        compress=True,
        on_error=_log_page_error,
        add_log_handler=False,
    )
    # Otherwise every page opens a WebSocket that nothing here uses.
    dash_app.backend.websocket_capability = False
    dash_app.layout = html.Div(dash.page_container)
    return dash_app


def _log_page_error(error: Exception) -> None:
    """Log what a page or callback raised; Dash would answer 500 and keep it to itself."""
    log.error("a page failed", exc_info=error)
    raise error


async def _warm_up(server: FastAPI) -> None:
    """Ask for a page once: Dash registers pages and callbacks on its first request only."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=server), base_url="http://warm-up"
    ) as client:
        (await client.get("/")).raise_for_status()


async def _answer_unknown(request: Request) -> Response:
    """Answer what neither we nor Dash know; Dash's own answer would be a page and a 200."""
    return PlainTextResponse(f"there is nothing at {request.url.path}; the walls are listed at /", 404)


def _page_status(path: str, workshop: Workshop) -> int | None:
    if path == "/":
        return 200
    if wall := re.fullmatch(r"/wall/([^/]+)/?", path):
        return 200 if workshop.site(wall[1]) else 404
    return None


def _reckon_rev(workshop: Workshop) -> str:
    digest = sha256(workshop.model_dump_json().encode())
    for package in ("dashboard", "config"):
        for path in sorted(Path(str(files(package))).rglob("*.*")):
            if path.suffix in {".py", ".js", ".css", ".html", ".svg", ".toml"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
