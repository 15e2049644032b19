"""The syntax of hosts, in settings and in Host headers."""

import re
from ipaddress import ip_address

HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]*[a-z0-9_-])\.?(?::\d{0,5})?")
"""A name, IPv4 or [IPv6] in lower case, with an optional root dot and port; never `user@`."""


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach the address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
