"""Parses the JSON of replies within bounds: a reply of any shape must not hold up the server."""

import json

MAX_VALUES = 200_000
"""Braces, brackets or commas in a reply, also within its texts; one with 16 images has a few
hundred of each. A reply of 128 MB of nothing else would take 2.4 GB and 45 s."""
MAX_DIGITS = 30
"""Digits of an integer; longer ones become floats. Python raises an error above 4,300 digits, which
would make the whole reply invalid."""


def parse_json(data: bytes) -> object:
    """The JSON value; raises ValueError or RecursionError.

    Invalid UTF-8 is replaced byte by byte, as in browsers. Integers of over MAX_DIGITS are floats.
    """
    if any(_has_too_many(mark, data) for mark in (b"{", b"[", b",")):
        raise ValueError("The reply has too many values.")
    value: object = DECODER.decode(data.decode("utf-8-sig", errors="replace"))
    return value


def _has_too_many(mark: bytes, data: bytes) -> bool:
    """Whether there are more than MAX_VALUES. Stops there, which `count` would not."""
    at = -1
    for _ in range(MAX_VALUES + 1):
        at = data.find(mark, at + 1)
        if at < 0:
            return False
    return True


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


DECODER = json.JSONDecoder(parse_int=_integer)
