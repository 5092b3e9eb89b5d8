"""Where an order's and a vehicle's own pages are, whatever their numbers are made of. Pure."""

from urllib.parse import quote


def order_address(site: str, work_order: str) -> str:
    """Return the address of one order's own page."""
    return f"/orders/{quote(site, safe='')}/{quote(work_order, safe='')}"


def vehicle_address(vin: str) -> str:
    """Return the address of a vehicle's own page."""
    return f"/vehicles/{quote(vin, safe='')}"
