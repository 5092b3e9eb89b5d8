"""Which order or vehicle an office page is about, by the address that the browser says it shows.

Owns the check: the address comes in the body of a request that the guard at the door cannot read, so the
list of doors is asked anew for whoever asks.
"""

from http import HTTPStatus
from urllib.parse import unquote

from starlette.exceptions import HTTPException

from dashboard.access.identity import User, Visitor
from dashboard.doors import find_place


def read_record_address(pathname: str, address: str, user: User) -> list[str]:
    """Return the parts of an address of that door that name something; refuse who may not come in there."""
    place = find_place(pathname)
    if place is None or place.door.address != address or not place.admits(Visitor(user)):
        raise HTTPException(HTTPStatus.FORBIDDEN)
    parts = zip(address.split("/"), pathname.rstrip("/").split("/"), strict=True)
    return [unquote(part) for name, part in parts if name.startswith("{")]
