"""How many bays a screen shows at once, so that each can be read from six metres.

Bays that do not fit are shared out evenly over pages, which the browser turns. Pure.
"""

from math import ceil, sqrt

# Seven columns and two rows: at that, a plate on a screen of 55 inches is still 17 mm high.
MOST_TILES = 14
# A tile is about this much wider than it is high when there is room.
_WIDER = 3


def count_pages(tiles: int) -> int:
    """Return how many pages so many tiles need."""
    return max(1, ceil(tiles / MOST_TILES))


def share_pages(tiles: int) -> list[int]:
    """Return the page of each tile, counted from one; pages are as even as they can be."""
    pages = count_pages(tiles)
    return [place * pages // max(1, tiles) + 1 for place in range(tiles)]


def fit_grid(tiles: int) -> tuple[int, int]:
    """Return the columns and rows of a page with so many tiles."""
    rows = max(1, round(sqrt(tiles / _WIDER)))
    return max(3, ceil(tiles / rows)), rows
