"""What a board is, so that one feed and one set of screens serve every kind of it.

A kind (`wall`, `lounge`) is a name and a reading: asked for a site at a moment, it answers
what draws that moment, in any language and for any zone. Owns no kind: each stands with its
figures in `dashboard.pages`. A reading that is passed around draws the same for ever.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg.rows import TupleRow

from config.workshop import Site
from dashboard.figures.board.look import Look
from dashboard.figures.kit.part import Part

Connection = psycopg.AsyncConnection[TupleRow]


class Board(NamedTuple):
    """One kind of board of one site, by their keys: what is read once, however many show it."""

    kind: str
    site: str


# Draws what was read. Pure: the same look gives the same parts.
Draw = Callable[[Look], list[Part]]


@dataclass(frozen=True, slots=True)
class BoardKind:
    """A kind of board: its name in addresses, and how a site's is read at a moment."""

    key: str
    read: Callable[[Connection, Site, datetime], Awaitable[Draw]]
    # Anybody may see it: it is read by a role that sees the public views alone.
    is_public: bool = False
