"""Reads the events of Google's streams, which are few, and some as large as an image.

The SDK's own reader looks at every byte in Python: an image of 10 MB would hold up all other tasks
for seconds.
"""

import json
from collections.abc import Iterator

MAX_SKIPPED = 1_000
"""Events that are not JSON, after which the rest is not read."""


class EventLines:
    """Collects chunks of a stream until an event is complete."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._data: list[bytes] = []
        self._skipped = 0

    @property
    def held(self) -> int:
        """Bytes of the event that is not complete yet."""
        return len(self._rest) + sum(map(len, self._data))

    @property
    def remainder(self) -> bytes:
        """The event that is not complete yet."""
        return b"\n".join((*self._data, self._rest))

    def feed(self, chunk: bytes) -> Iterator[object]:
        """Add a chunk and yield the JSON values of the events that are complete."""
        self._rest += chunk
        while (end := self._rest.find(b"\n", self._searched)) >= 0:
            line = bytes(self._rest[:end]).removesuffix(b"\r")
            del self._rest[: end + 1]
            self._searched = 0
            yield from self._add(line)
        self._searched = len(self._rest)

    def _add(self, line: bytes) -> Iterator[object]:
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        elif not line and self._data:
            data, self._data = b"\n".join(self._data), []
            try:
                value = json.loads(data)
            except (ValueError, RecursionError):  # such as [DONE]
                self._skipped += 1
                return
            if self._skipped <= MAX_SKIPPED:
                yield value
