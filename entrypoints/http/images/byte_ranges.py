"""Parts of a response, as a Range header requests them."""

import re
from dataclasses import dataclass

SINGLE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE | re.ASCII)


class RangeNotSatisfiable(Exception):
    """The requested range starts after the last byte."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last` (from 0, both included) of `size`."""

    first: int
    last: int
    size: int

    @property
    def content_range(self) -> str:
        """The value of a Content-Range header."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def requested_range(header: str | None, size: int) -> ByteRange | None:
    """The requested part; raise RangeNotSatisfiable if none of `size` bytes is in it.

    None means to send all bytes: no header, another unit, several parts, or an invalid header.
    RFC 9110 (14.2) allows a server to ignore any of these.
    """
    match = SINGLE.fullmatch(header or "")
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return _tail(int(match[2]), size)
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    return ByteRange(first, min(last, size - 1), size)


def _tail(length: int, size: int) -> ByteRange:
    if not length or not size:
        raise RangeNotSatisfiable
    return ByteRange(max(0, size - length), size - 1, size)
