"""Buffers a reply, or one event of a stream, until it is complete."""

MAX_REPLY_BYTES = 128_000_000
"""Four images of 8.3 million pixels, as PNG and in base64, have some 110 million bytes."""
KEPT_BYTES = 4_000_000
"""Bytes that are kept of a larger reply: enough to see what it is."""


class TooLarge(Exception):
    """The reply is larger than any reply with images."""


class ReplyBuffer:
    """Collects chunks, and the lines of an event.

    Raises TooLarge above MAX_REPLY_BYTES; only the first KEPT_BYTES remain then.
    """

    def __init__(self) -> None:
        self._lines = bytearray()
        self._chunks = bytearray()  # one block, which is freed to the system; small ones are not

    def feed(self, chunk: bytes) -> None:
        self._chunks += chunk
        self._check()

    def take(self) -> bytes:
        """Remove all chunks and return them as one."""
        chunks, self._chunks = self._chunks, bytearray()
        return bytes(chunks)

    def keep_line(self, line: bytes) -> None:
        """Keep a line until the event is complete."""
        self._lines += line + b"\n"
        self._check()

    def take_event(self) -> bytes:
        """Remove all lines and return them, joined by line feeds."""
        lines, self._lines = self._lines, bytearray()
        del lines[-1:]
        return bytes(lines)

    def remainder(self) -> tuple[bytes, ...]:
        """Remove and return what arrived of an incomplete reply; empty if nothing did."""
        self._lines += self._chunks
        self._chunks = bytearray()
        lines, self._lines = self._lines, bytearray()
        return (bytes(lines),) if lines else ()

    def _check(self) -> None:
        if len(self._lines) + len(self._chunks) > MAX_REPLY_BYTES:
            del self._lines[KEPT_BYTES:]
            del self._chunks[max(0, KEPT_BYTES - len(self._lines)) :]
            raise TooLarge
