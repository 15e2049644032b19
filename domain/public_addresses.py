"""Which IP addresses the whole internet can reach."""

from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network

RESERVED_IPV4 = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocol assignments; a cloud has its metadata at 192.0.0.192
            "192.88.99.0/24",  # relays of 6to4
            "168.63.129.16/32",  # a cloud's host, as its virtual machines see it
        ),
    )
)
"""What `is_global` of older Python versions, or of all, counts as public."""
PUBLIC_IPV6 = IPv6Network("2000::/3")
"""The public part of IPv6. It excludes IPv4 that is mapped (::ffff:0:0/96) or translated
(64:ff9b::/96)."""
RESERVED_IPV6 = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # protocol assignments, with Teredo, which has an IPv4 address in it
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which has an IPv4 address in it
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(address: str) -> bool:
    """Whether the whole internet can reach this IP address; False for what is none.

    The address must be in its usual notation, as lookups return it. A scope is ignored.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in RESERVED_IPV4)
    return ip in PUBLIC_IPV6 and not any(ip in network for network in RESERVED_IPV6)
