"""What has arrived of a reply, or of one event of a stream, before it is whole."""

MAX_REPLY_BYTES = 128_000_000
"""Bytes. Four pictures of 8.3 million pixels, as PNG and in base64, have some 110 million."""
KEPT_BYTES = 4_000_000
"""Bytes that are kept of a larger one: enough to see what it is."""


class TooLarge(Exception):
    """More came than any reply with pictures has."""


class ReplyBuffer:
    """Collects pieces, and the lines of an event.

    Raises TooLarge rather than fill the memory; only the beginning remains then.
    """

    def __init__(self) -> None:
        self._lines = bytearray()
        self._come = bytearray()  # in one piece, which goes back to the system; small ones stay

    def feed(self, piece: bytes) -> None:
        self._come += piece
        self._check()

    def take(self) -> bytes:
        """All pieces as one; none is left."""
        come, self._come = self._come, bytearray()
        return bytes(come)

    def keep_line(self, line: bytes) -> None:
        """Keep a line until the event is whole."""
        self._lines += line + b"\n"
        self._check()

    def take_event(self) -> bytes:
        """All lines that were kept; none is left."""
        lines, self._lines = self._lines, bytearray()
        del lines[-1:]
        return bytes(lines)

    def remainder(self) -> tuple[bytes, ...]:
        """What there is, where the rest will not come; empty if nothing came."""
        self._lines += self._come
        self._come = bytearray()
        lines, self._lines = self._lines, bytearray()
        return (bytes(lines),) if lines else ()

    def _check(self) -> None:
        if len(self._lines) + len(self._come) > MAX_REPLY_BYTES:
            del self._lines[KEPT_BYTES:]
            del self._come[max(0, KEPT_BYTES - len(self._lines)) :]
            raise TooLarge
