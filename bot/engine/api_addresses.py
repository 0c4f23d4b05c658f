"""Which addresses are reached over the internet, and which stand inside somebody's house."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
"""NAT64: the last four bytes are an IPv4 address, which may be any."""
_COMPATIBLE = ip_network("::/96")
"""IPv4 within IPv6, as it was written once."""
_INSIDE = (
    ip_network("192.0.0.0/24"),  # protocols between routers; in one cloud its metadata
    ip_network("168.63.129.16/32"),  # what Azure tells its machines about themselves
    ip_network("3fff::/20"),  # documentation
    ip_network("fec0::/10"),  # sites, as they were numbered once
)
"""What Python takes for public addresses, and what is none."""


def is_public(host: str) -> bool:
    """Whether the host, written as an address, is one of the internet's.

    Nothing but an address in its one usual form is: no name, and none of the other ways in which
    systems read IPv4 (`127.1`, `2130706433`, `0x7f.0.0.1`).
    """
    try:
        return _is_public(ip_address(host.partition("%")[0]))
    except ValueError:
        return False


def is_address(host: str) -> bool:
    """Whether some system may read the host as an address rather than as a name."""
    if ":" in host:
        return True
    last = host.rstrip(".").rpartition(".")[2].lower()
    return last.isdigit() or last.startswith("0x")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        within: Any = address.ipv4_mapped or address.sixtofour
        if within is None and address.teredo:
            within = address.teredo[1]
        if within is None and any(address in network for network in (*_TRANSLATED, _COMPATIBLE)):
            within = IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return _is_public(within)
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or any(address in network for network in _INSIDE)
    )
