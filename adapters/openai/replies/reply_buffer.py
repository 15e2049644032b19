"""Buffers a reply, or one event of a stream, until it is complete."""

MAX_REPLY_BYTES = 128_000_000
"""Four images of 8.3 million pixels, as PNG and in base64, have some 110 million bytes."""
KEPT_BYTES = 4_000_000
"""Bytes that are kept of a larger reply: enough to see what it is."""


class TooLarge(Exception):
    """The reply is larger than any reply with images."""


class ReplyBuffer:
    """Collects chunks, and the lines of an event.

    Raises TooLarge above MAX_REPLY_BYTES; only the first KEPT_BYTES remain then. Every byte
    counts, also those of unused events, comments and empty lines. `restart`, which is called when
    an event was used, sets the count back to the bytes of the remainder.
    """

    def __init__(self) -> None:
        self._fed = 0
        self._skipped = bytearray()
        self._stray = bytearray()
        self._lines = bytearray()
        self._chunks = bytearray()  # one block, which is freed to the system; small ones are not

    def feed(self, chunk: bytes) -> None:
        """Add a chunk, or a line without its end."""
        self._chunks += chunk
        self._fed += len(chunk) + 1
        self._check()

    def restart(self) -> None:
        """Count only the bytes of the remainder from now on."""
        self._fed = len(self._skipped) + len(self._stray)

    def take(self) -> bytes:
        """Remove all chunks and return them as one."""
        chunks, self._chunks = self._chunks, bytearray()
        return bytes(chunks)

    def put_back(self, data: bytes) -> None:
        """Add data that was taken and could not be used to the remainder."""
        self._chunks += data

    def keep_skipped(self, event: bytes) -> None:
        """Add the data of an event that could not be used to the remainder."""
        self._skipped += b"\n" + event if self._skipped else event

    def keep_line(self, line: bytes) -> None:
        """Keep a line until the event is complete."""
        self._lines += line + b"\n"

    def keep_stray(self, line: bytes) -> None:
        """Keep a line that belongs to no event."""
        self._stray += line + b"\n"

    def take_stray(self) -> bytes:
        """Remove all lines that belong to no event and return them."""
        stray, self._stray = self._stray, bytearray()
        return bytes(stray)

    def take_event(self) -> bytes:
        """Remove all lines and return them, joined by line feeds."""
        lines, self._lines = self._lines, bytearray()
        del lines[-1:]
        return bytes(lines)

    def remainder(self) -> tuple[bytes, ...]:
        """Remove and return what arrived of an incomplete reply; empty if nothing did."""
        rest = self.take_stray() + self._lines + self._chunks
        remainder = b"\n".join(part for part in (self._skipped, rest) if part)
        self._skipped, self._lines, self._chunks = bytearray(), bytearray(), bytearray()
        return (remainder,) if remainder else ()

    def _check(self) -> None:
        if self._fed > MAX_REPLY_BYTES:
            left = KEPT_BYTES
            for part in (self._skipped, self._stray, self._lines, self._chunks):
                del part[left:]
                left -= len(part)
            raise TooLarge
