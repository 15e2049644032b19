"""What has arrived of a reply, or of one event of a stream, before it is whole."""

LARGEST = 128_000_000
"""Bytes. Four pictures of 8.3 million pixels, as PNG and in base64, have some 110 million."""
KEPT = 4_000_000
"""Bytes that are kept of a larger one: enough to see what it is."""


class TooLarge(Exception):
    """More came than any reply with pictures has."""


class Arriving:
    """Collects pieces. Raises TooLarge rather than fill the memory."""

    def __init__(self) -> None:
        self._come = bytearray()  # in one piece, which goes back to the system; small ones stay

    def add(self, piece: bytes) -> None:
        self._come += piece
        if len(self._come) > LARGEST:
            raise TooLarge

    def whole(self) -> bytes:
        """All of it; nothing is left."""
        come, self._come = self._come, bytearray()
        return bytes(come)

    def remains(self) -> tuple[bytes, ...]:
        """What there is, where the rest will not come; empty if nothing came."""
        return (self.whole(),) if self._come else ()

    def beginning(self) -> bytes:
        """The first KEPT bytes; nothing is left."""
        del self._come[KEPT:]
        return self.whole()
