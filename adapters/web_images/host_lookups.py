"""Looks the IP addresses of hosts up, in threads of its own."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

MAX_LOOKUPS = 4
"""Lookups at once. A domain whose servers do not answer holds one for about 30 seconds, even if its
caller no longer waits; the threads that the provider's calls need are others."""


class HostLookups:
    """Asks the system for the addresses of a host."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MAX_LOOKUPS, thread_name_prefix="host-lookup")

    async def __call__(self, host: str) -> Sequence[str]:
        """Return the IP addresses of the host, the preferred one first; raise OSError for none."""
        look_up = partial(socket.getaddrinfo, host, 443, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))
