"""Where in a TOML file a value stands, so that an error can name its line.

`tomllib` keeps no positions. This finds table headers and keys at the start of a line,
which is how people write workshop files; inside an array or inline table over several
lines it names the line of the key that holds it.
"""

import re
from collections import Counter

_HEADER = re.compile(r"^\s*(\[\[|\[)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")

Location = tuple[int | str, ...]


def locate_line(text: str, location: Location) -> int:
    """Return the 1-based line of a value, or of the nearest thing around it that has one."""
    lines = _index_lines(text)
    for length in range(len(location), 0, -1):
        if line := lines.get(location[:length]):
            return line
    return 1


def _index_lines(text: str) -> dict[Location, int]:
    found: dict[Location, int] = {}
    elements: Counter[Location] = Counter()
    table: Location = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _enter_table(header[2], header[1] == "[[", elements)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1]), number)
    return found


def _enter_table(name: str, is_element: bool, elements: Counter[Location]) -> Location:
    """Turn `[[site.bays]]` into the location of that very element: ("site", 0, "bays", 3)."""
    table: Location = ()
    parts = [part.strip().strip("\"'") for part in name.split(".")]
    for position, part in enumerate(parts):
        table = (*table, part)
        if is_element and position == len(parts) - 1:
            elements[table] += 1
        if elements[table]:
            table = (*table, elements[table] - 1)
    return table
