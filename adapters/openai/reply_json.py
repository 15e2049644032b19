"""Parses the JSON of replies within bounds: a reply of any shape must not hold up the server."""

import json

MAX_VALUES = 200_000
"""Objects, arrays or separators in a reply, also within its texts; one with 16 images has a few
hundred. A reply of 128 MB that is nothing else would take 2.4 GB and 45 s."""
MAX_DIGITS = 30
"""Python refuses integers of over 4,300 digits, and with them the whole reply."""


def parse_json(data: bytes) -> object:
    """The JSON value; raises ValueError or RecursionError.

    Invalid UTF-8 is replaced byte by byte, as in browsers. A larger integer than any count is a
    float.
    """
    if any(_has_too_many(mark, data) for mark in (b"{", b"[", b",")):
        raise ValueError("The reply has too many values.")
    value: object = DECODER.decode(data.decode("utf-8-sig", errors="replace"))
    return value


def _has_too_many(mark: bytes, data: bytes) -> bool:
    """Whether there are more than MAX_VALUES; where they are few, faster than `count`."""
    at = -1
    for _ in range(MAX_VALUES + 1):
        at = data.find(mark, at + 1)
        if at < 0:
            return False
    return True


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


DECODER = json.JSONDecoder(parse_int=_integer)
