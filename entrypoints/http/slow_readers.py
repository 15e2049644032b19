"""Which clients read too slowly: less than a minimum rate while more waits for them."""

import asyncio
import socket
import struct

LINGER_ZERO = struct.pack("ii", 1, 0)
"""SO_LINGER: closing the socket drops unsent bytes and resets the connection."""


class ReadingRate:
    """Watches how fast the client at the other end of a transport reads.

    The client is slow once it has read less than `min_rate` bytes a second for `timeout` seconds
    while more waited, also if only the last bytes are unread.
    """

    def __init__(self, transport: asyncio.Transport, *, min_rate: int, timeout: float) -> None:
        self._transport = transport
        self._enough = min_rate * timeout
        self._timeout = timeout
        self._unread: int | None = None
        self._unread_since = 0.0

    def restart(self) -> None:
        """Begin to measure again, because the client has read what waited."""
        self._unread = None

    def is_slow(self, now: float) -> bool:
        """Whether the client is slow at this time of the event loop; call it regularly."""
        unread = self._transport.get_write_buffer_size()
        if not unread:
            self._unread = None
        elif self._unread is None or self._unread - unread >= self._enough:
            self._unread, self._unread_since = unread, now
        return self._unread is not None and now - self._unread_since >= self._timeout


def reset(transport: asyncio.Transport) -> None:
    """Reset the connection. A plain close would keep sending buffered bytes for minutes."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
    transport.abort()
