"""What the boards are compared with: the same board, asked for as a whole every second.

Owns a server that no product needs. It makes polling as cheap as it can be made: the same feed reads
the same board once a change, and every answer in between is the same ready bytes.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import uvicorn
from fastapi import FastAPI, Response

from bayboard.demo.embedded import die_with_parent
from bayboard.entry import read_clock
from config.kit.log import configure_log
from config.workshop import load_workshop
from dashboard.boards.board import Board, Draw
from dashboard.boards.feed import BoardFeed
from dashboard.boards.learned import Learned
from dashboard.figures.board.look import Look
from dashboard.figures.kit.part import encode_props
from dashboard.metrics import Metrics
from dashboard.pages.board.wall import wall_kind

POLLED_PATH = "/board"


def serve_polled(database_url: str, workshop_file: Path, site: str, sockets: Sequence[socket.socket]) -> None:
    """Answer polls for a site's wall until the process is ended."""
    die_with_parent()()
    configure_log("console")
    config = uvicorn.Config(
        _make_app(database_url, workshop_file, Board("wall", site)), access_log=False, log_level="warning"
    )
    uvicorn.Server(config).run(sockets=list(sockets))


def _make_app(database_url: str, workshop_file: Path, board: Board) -> FastAPI:
    workshop = load_workshop(workshop_file)
    kind = wall_kind(workshop, Learned())
    feed = BoardFeed(database_url, workshop.sites, [kind], read_clock, Metrics())
    drawn: tuple[Draw | None, bytes] = (None, b"{}")

    @asynccontextmanager
    async def lifespan(_server: FastAPI) -> AsyncIterator[None]:
        with feed.watch(board):
            running = asyncio.create_task(feed.run())
            yield
            running.cancel()

    server = FastAPI(lifespan=lifespan)

    @server.get(POLLED_PATH)
    async def answer() -> Response:
        nonlocal drawn
        newest = feed.newest(board)
        if newest and newest is not drawn[0]:
            parts = {part.id: msgspec.Raw(encode_props(part)) for part in newest(Look("en"))}
            drawn = newest, msgspec.json.encode(parts)
        return Response(drawn[1], media_type="application/json")

    return server
