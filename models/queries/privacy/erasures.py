"""The list of erasures, a file outside the database, to be applied again after each restore.

A line for each erasure: when it was, and a keyed hash (HMAC-SHA-256) of each order, so that the file names
nobody. `bayboard migrate` applies it, before anything else starts. It refuses to be read with another key
than it was written with.
"""

import hmac
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from models.queries.privacy.customers import erase_orders

_KEY_LENGTH = 8


class ErasuresError(Exception):
    """The list of erasures cannot be used; the message says why."""


class Erasures:
    """The list in a file, with the key of its hashes."""

    def __init__(self, path: Path, secret_key: str) -> None:
        self._path = path
        self._key = sha256(b"bayboard erasures " + secret_key.encode()).digest()

    def add(self, site: str, orders: Sequence[str], at: datetime) -> None:
        """Write an erasure down; it is on the disk when this returns."""
        line = {
            "at": at.isoformat(),
            "key": self._name_key(),
            "orders": [self._hash(site, order) for order in orders],
        }
        try:
            with open(self._path, "a", encoding="utf-8", opener=_open_private) as file:
                file.write(f"{json.dumps(line)}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ErasuresError(f"{self._path} cannot be written: {error.strerror}") from error

    def read(self) -> dict[str, datetime]:
        """Return when each order was erased, by its hash."""
        if not self._path.exists():
            return {}
        erased: dict[str, datetime] = {}
        for number, text in enumerate(self._path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                line = json.loads(text)
                at, key, orders = datetime.fromisoformat(line["at"]), line["key"], line["orders"]
            except (ValueError, KeyError, TypeError) as error:
                raise ErasuresError(f"{self._path}:{number}: is no erasure") from error
            if key != self._name_key():
                raise ErasuresError(f"{self._path}:{number}: was written with another BAYBOARD_SECRET_KEY")
            erased.update(dict.fromkeys(orders, at))
        return erased

    async def apply(self, connection: AsyncConnection[Any]) -> int:
        """Erase again what is on the list and not erased in the database; return how many orders."""
        erased = self.read()
        if not erased:
            return 0
        async with connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(
                "select site, work_order from work_order"
                " except select site, work_order from erased_order order by 1, 2"
            )
            there = await cursor.fetchall()
        found: defaultdict[tuple[str, datetime], list[str]] = defaultdict(list)
        for site, order in there:
            if at := erased.get(self._hash(site, order)):
                found[site, at].append(order)
        for (site, at), orders in found.items():
            await erase_orders(connection, site, orders, at)
        return sum(map(len, found.values()))

    def _hash(self, site: str, order: str) -> str:
        return hmac.new(self._key, f"{site}/{order}".encode(), sha256).hexdigest()

    def _name_key(self) -> str:
        """Name the key without telling it."""
        return hmac.new(self._key, b"name", sha256).hexdigest()[:_KEY_LENGTH]


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
