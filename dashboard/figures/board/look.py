"""How a screen wants its board drawn."""

from typing import NamedTuple


class Look(NamedTuple):
    """The language and the zone of a screen; the empty zone is the whole site."""

    lang: str
    zone: str = ""
