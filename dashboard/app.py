"""The dashboard's application: FastAPI with Dash mounted on it.

Owns how the parts meet: feed, screens, routes, pages. There is no app at module level, so
nothing happens on import. Refuses to read settings: whoever starts it passes them.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Container
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from itertools import chain
from pathlib import Path

import dash
import httpx
import structlog
from dash import Dash, html
from fastapi import FastAPI, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.exceptions import HTTPException

from config.texts import choose_lang
from config.workshop import Workshop
from dashboard.access.company.provider import Provider
from dashboard.access.cookies import name_session
from dashboard.access.entrance import Entrance, open_boxes
from dashboard.access.guard import MANAGE_PREFIX, Guard, answer_unknown
from dashboard.access.identity import Role, Ticket, TicketBox, User
from dashboard.access.layouts import guard_layouts
from dashboard.access.origin import Origin
from dashboard.access.own_account import add_own_account
from dashboard.access.passes import Passes
from dashboard.access.screen import add_screen_entrance
from dashboard.access.second.step import add_second_step
from dashboard.access.sign_in import add_sign_in
from dashboard.boards.feed import BoardFeed
from dashboard.boards.learned import Learned
from dashboard.boards.push import Screens
from dashboard.database import database_opener
from dashboard.doors import Answer, find_place
from dashboard.edge.callbacks import Callbacks
from dashboard.edge.compression import Compression
from dashboard.edge.door import Door
from dashboard.edge.inputs import Inputs
from dashboard.edge.limits import Limits
from dashboard.figures.board.look import Look
from dashboard.machines import add_machine_routes, add_security_contact
from dashboard.metrics import Metrics
from dashboard.middleware import PageDocument, PageRules
from dashboard.office.pages import mount_manage
from dashboard.office.whatif import OpenWhatIf
from dashboard.pages.board.home import register_home
from dashboard.pages.board.lounge import add_lounge_code, lounge_kind, register_lounge
from dashboard.pages.board.progress import ProgressPages, add_progress
from dashboard.pages.board.wall import register_wall, wall_kind
from dashboard.shutdown import call_on_shutdown
from models.queries.privacy.erasures import Erasures

log = structlog.get_logger()

_HERE = Path(__file__).parent
_FOR_MANAGERS = re.compile("/(dash_mantine_components|dash_ag_grid)/")
_DOCUMENTS = {Answer.BOARD: "/", Answer.OFFICE: MANAGE_PREFIX}
_DOCUMENT = (_HERE / "document.html").read_text(encoding="utf-8")


def create_app(
    *,
    database_url: str,
    workshop: Workshop,
    secret_key: str | None = None,
    public_url: str | None = None,
    lan_http: bool = False,
    provider: Provider | None = None,
    require_second_factor: bool = False,
    open_what_if: OpenWhatIf | None = None,
    erasures: Erasures | None = None,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    metrics_token: str | None = None,
    security_contact: str | None = None,
    rev: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Make the dashboard of a workshop.

    Without `secret_key`, which signs sessions, nobody can sign in and screens alone work.
    `public_url` is its address as users reach it, `provider` the company's own sign-in; with
    `require_second_factor` a manager's password alone lets nobody in.
    With `lan_http` it is open over plain http to private addresses, too, to foremen and screens.
    `open_what_if` makes what answers managers' what-if questions.
    `erasures` is the list outside the database; without it nobody is erased by a page.
    `metrics_token` opens metrics to other machines, `security_contact` is whom security.txt names.
    `rev` names what the pages look like; a screen that hears another loads itself anew.
    Without it, it is reckoned from the dashboard's files and the workshop's facts.
    """
    metrics = Metrics()
    learned = Learned()
    kinds = [wall_kind(workshop, learned), lounge_kind(workshop, learned)]
    feed = BoardFeed(database_url, workshop.sites, kinds, clock, metrics)
    screens = Screens(workshop, feed, rev or _reckon_rev(workshop), clock, metrics)
    passes = Passes(database_url, clock)
    boxes = open_boxes(secret_key) if secret_key else None
    sessions = boxes.sessions if boxes else None
    origin = Origin(public_url, lan_http)
    open_database = database_opener(database_url)
    read_public = database_opener(database_url, is_public=True)
    entrance = Entrance(
        boxes,
        passes,
        open_database,
        origin,
        clock,
        company=provider is not None,
        require_second_factor=require_second_factor,
        site_names=tuple(name for site in workshop.sites for name in (site.key, site.en, site.zh)),
    )

    @asynccontextmanager
    async def lifespan(server: FastAPI) -> AsyncIterator[None]:
        call_on_shutdown(screens.close)
        await _warm_up(server, sessions, name_session(secure=origin.is_https), clock())
        server.state.script_hashes = {name: app.csp_hashes() for name, app in dash_apps.items()}
        async with asyncio.TaskGroup() as tasks:
            parts = (feed.run(), screens.keep_pulse(), passes.keep_current())
            running = [tasks.create_task(part) for part in parts]
            yield
            for task in running:
                task.cancel()

    server = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    server.state.script_hashes = {}
    _add_stream(server, workshop, {kind.key for kind in kinds}, screens)
    add_machine_routes(server, feed, metrics, metrics_token)
    add_security_contact(server, security_contact, origin, clock)
    if provider and secret_key:
        from dashboard.access.company.oidc import add_oidc  # noqa: PLC0415  # Authlib is large, and few need it

        add_oidc(server, entrance, provider, secret_key)
    add_second_step(server, entrance)
    add_sign_in(server, entrance)
    add_screen_entrance(server, entrance)
    add_own_account(server, entrance)
    add_lounge_code(server, workshop, origin)
    add_progress(server, ProgressPages(workshop, open_database, read_public, learned, clock))
    # The walls' app comes last: Dash's pages belong to the app that was made last.
    dash_apps = server.state.dash_apps = {
        "manage": mount_manage(
            server,
            workshop=workshop,
            open_database=open_database,
            learned=learned,
            clock=clock,
            what_if=open_what_if() if open_what_if else None,
            origin=origin,
            erasures=erasures,
            document=_DOCUMENT,
            on_error=_log_page_error,
        ),
        "walls": _mount_walls(server),
    }
    register_home(workshop)
    register_wall(workshop, feed, screens.rev)
    register_lounge(workshop, feed, screens.rev)
    guard_layouts()
    server.add_api_route("/{path:path}", answer_unknown, methods=["GET"])
    server.add_middleware(PageDocument, find_document=lambda path: _find_document(path, workshop))
    server.add_middleware(Inputs, callbacks=Callbacks(server.state.dash_apps))
    server.add_middleware(Compression)
    server.add_middleware(Guard, sessions=sessions, passes=passes, origin=origin, clock=clock, limits=limits)
    server.add_middleware(Door, limits=limits)
    server.add_middleware(
        PageRules,
        script_hashes=lambda: sorted({*chain.from_iterable(server.state.script_hashes.values())}),
        https_only=origin.is_https,
    )
    return server


def _add_stream(server: FastAPI, workshop: Workshop, kinds: Container[str], screens: Screens) -> None:
    @server.get("/stream/{kind}/{site}")
    async def stream(kind: str, site: str, lang: str | None = None, zone: str = "") -> Response:
        known = workshop.site(site)
        if known is None or kind not in kinds or (zone and not known.bays_of(zone)):
            return PlainTextResponse(f"there is no board {kind} of a site {site}", 404)
        return StreamingResponse(
            screens.stream(kind, known, Look(choose_lang(lang), zone)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


class _WallsApp(Dash):
    """A Dash app without the libraries of managers' pages; Dash loads whatever was imported on every page."""

    def interpolate_index(self, *args: str, **parts: str) -> str:
        """Put the document together."""
        for kind in ("scripts", "css"):
            lines = parts[kind].splitlines()
            parts[kind] = "\n".join(line for line in lines if not _FOR_MANAGERS.search(line))
        document: str = super().interpolate_index(*args, **parts)  # type: ignore[no-untyped-call]  # Dash
        return document


def _mount_walls(server: FastAPI) -> Dash:
    dash_app = _WallsApp(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # Dash accepts it, its types do not say so
        assets_folder=str(_HERE / "assets"),
        # Customers' own pages are no Dash pages.
        assets_ignore=r"^progress\.",
        use_pages=True,
        pages_folder="",
        include_pages_meta=False,
        suppress_callback_exceptions=True,
        title="Bayboard",
        update_title="",
        index_string=_DOCUMENT,
        on_error=_log_page_error,
        add_log_handler=False,
    )
    # Otherwise every page opens a WebSocket that nothing here uses.
    dash_app.backend.websocket_capability = False
    dash_app.layout = html.Div(dash.page_container)
    return dash_app


def _log_page_error(error: Exception) -> None:
    """Log what a page or callback raised; Dash would answer 500 and keep it to itself."""
    if not isinstance(error, HTTPException):
        log.error("a page failed", exc_info=error)
    raise error


async def _warm_up(server: FastAPI, sessions: TicketBox | None, cookie: str, now: datetime) -> None:
    """Ask each Dash app for a page once: Dash registers pages and callbacks on its first request only."""
    addresses, cookies = ["/_dash-layout"], {}
    if sessions:
        ticket = Ticket(User(Role.MANAGER, sites=()), now + timedelta(minutes=1))
        addresses, cookies = ["/", MANAGE_PREFIX], {cookie: sessions.sign(ticket)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=server), base_url="http://warm-up", cookies=cookies
    ) as client:
        for address in addresses:
            (await client.get(address)).raise_for_status()


def _find_document(path: str, workshop: Workshop) -> tuple[str, int] | None:
    """Return the Dash document that a page's address is answered with, and its status."""
    place = find_place(path)
    if place is None or place.door.answer not in _DOCUMENTS:
        return None
    unknown = place.site is not None and workshop.site(place.site) is None
    return _DOCUMENTS[place.door.answer], 404 if unknown else 200


def _reckon_rev(workshop: Workshop) -> str:
    digest = sha256(workshop.model_dump_json().encode())
    for package in ("dashboard", "config"):
        for path in sorted(Path(str(files(package))).rglob("*.*")):
            if path.suffix in {".py", ".js", ".css", ".html", ".svg", ".toml"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
