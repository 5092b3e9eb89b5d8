"""A channel that writes messages into a file, one JSON object a line: `lines:///path/to/file`.

Owns that service of Apprise's and nothing else. For the demo, for trying out rules and templates, and
for whoever follows a file; it delivers to nobody.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from apprise.decorators import notify


@cache
def register_lines() -> None:
    """Make Apprise know `lines://`."""
    notify(on="lines", name="lines of a file")(_write_line)  # type: ignore[no-untyped-call]  # Apprise's own


def _write_line(body: str, title: str, _type: object, meta: dict[str, Any], **_: object) -> bool:
    path = Path(unquote(f"/{meta.get('host') or ''}{meta.get('fullpath') or ''}".replace("//", "/")))
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"title": title, "body": body}, ensure_ascii=False) + "\n")
    return True
