"""Every board's layout asks the list of doors before it draws.

All pages of the boards' app are drawn through one address, which is open to anybody, and what is
asked for stands in the body of the request. So what counts is what a layout is about to draw.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import Any

import dash
from starlette.exceptions import HTTPException

from dashboard.access.identity import Visitor, current_visitor
from dashboard.doors import find_place

_NOBODY = Visitor()


def guard_layouts() -> None:
    """Put the check in front of the layout of every page that is registered."""
    for page in dash.page_registry.values():
        page["layout"] = _guard(page["path_template"] or page["path"], page["layout"])


def _guard(template: str, layout: Callable[..., Any]) -> Callable[..., Any]:
    if not iscoroutinefunction(layout):
        raise TypeError(f"the layout of {template} would hold up every screen: make it async")

    async def draw(**named: Any) -> Any:
        path = re.sub(r"<(\w+)>", lambda part: str(named.get(part[1], "")), template)
        place = find_place(path)
        if place is None or not place.admits(current_visitor.get(_NOBODY)):
            raise HTTPException(HTTPStatus.FORBIDDEN)
        return await layout(**named)

    return draw
