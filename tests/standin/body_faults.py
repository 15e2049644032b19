"""Odd bodies of replies: small, odd, packed, endless."""

import gzip
from functools import cache

from tests.standin.faults import Fault, status

MEGABYTE = 1_000_000


def small(delay: float = 0.0) -> Fault:
    """Paint tiny pictures, for runs of thousands; who asks for the size `auto` sees no fault."""
    return Fault(painted=(32, 32), delay=delay)


def wrapped_base64() -> Fault:
    """Answer base64 in lines of 76 characters, as mail has it."""
    return Fault(data="wrapped")


def garbage(text: str) -> Fault:
    """Answer 200 with this for a body, and paint nothing."""
    return status(200, body=text)


@cache
def gzip_bomb(megabytes: int = 300) -> Fault:
    """Answer 200 with a small packed body that unpacks to so many zeros; paint nothing."""
    packed = gzip.compress(bytes(megabytes * MEGABYTE), compresslevel=9)
    body = packed.decode(errors="surrogateescape")
    return status(200, body=body, headers={"Content-Encoding": "gzip"})


@cache
def endless(megabytes: int = 200) -> Fault:
    """Answer 200 with a body of so many blanks; paint nothing."""
    return status(200, body=" " * (megabytes * MEGABYTE))
