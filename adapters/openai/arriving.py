"""What has arrived of a reply, or of one event of a stream, before it is whole."""

LARGEST = 128_000_000
"""Bytes. Four pictures of 8.3 million pixels, as PNG and in base64, have some 110 million."""
KEPT = 16_000_000
"""Bytes of a larger one that are worth keeping: it is no picture."""


class TooLarge(Exception):
    """More came than any reply with pictures has."""


class Arriving:
    """Collects pieces. Raises TooLarge rather than fill the memory."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > LARGEST:
            raise TooLarge

    def whole(self) -> bytes:
        """All of it; nothing is left."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        return data

    def remains(self) -> tuple[bytes, ...]:
        """What is worth keeping where the rest will not come; empty if nothing came."""
        if self._size <= KEPT:
            data = self.whole()
        else:
            data, rest = b"", iter(self._pieces)
            while len(data) < KEPT:
                data += next(rest)[: KEPT - len(data)]
            self._pieces.clear()
        return (data,) if data else ()
