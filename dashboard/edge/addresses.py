"""Network addresses of visitors: which count as one, which are our own network, which proxies are trusted."""

from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_SITE_BITS = 64


def find_block(address: str) -> str:
    """Return what an address counts as: an IPv6 network of one site, which is one line, is one visitor."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _SITE_BITS), strict=False))
    return str(found or address)


def is_this_machine(address: str) -> bool:
    """Say whether an address is this machine's own."""
    found = _read(address)
    return found is not None and found.is_loopback


def is_nearby(address: str) -> bool:
    """Say whether an address is this machine or of a private network."""
    found = _read(address)
    return found is not None and (found.is_loopback or found.is_private)


def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


class Proxies:
    """The reverse proxies that are trusted, by addresses and networks; `*` is every address."""

    def __init__(self, listed: str) -> None:
        self._listed = listed

    def __contains__(self, address: str) -> bool:
        """Say whether this address is a trusted proxy's."""
        found = _read(address)
        return self._listed.strip() == "*" or (
            found is not None and any(found in network for network in self._networks)
        )

    @cached_property
    def _networks(self) -> list[IPv4Network | IPv6Network]:
        networks = []
        for each in self._listed.split(","):
            try:
                networks.append(ip_network(each.strip(), strict=False))
            except ValueError:
                continue
        return networks
