"""Odd bodies of replies: small, odd, packed, endless."""

import zlib
from dataclasses import dataclass

from tests.standin.faults import Fault, status
from tests.standin.replies import Reply

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


@dataclass(frozen=True, kw_only=True)
class Flood(Fault):
    """Answer with this body, and paint nothing. Its pieces may be one object many times over."""

    body: tuple[bytes, ...]
    code: int = 200
    encoding: str = "identity"

    def reply(self, *, stream: bool) -> Reply:
        """The body, as an event if a stream was asked for."""
        return Reply(
            status=self.code,
            content_type="text/event-stream" if stream else "application/json",
            chunks=[*self.body],
            headers={"Content-Encoding": self.encoding},
        )


def endless(megabytes: int = 200, *, code: int = 200) -> Flood:
    """Answer with so many megabytes of blanks; in a stream, with an event that does not end."""
    return Flood(body=(b"data: ", *[b" " * MEGABYTE] * megabytes), code=code)


def gzip_bomb(megabytes: int = 10_000, *, code: int = 200) -> Flood:
    """The same, a thousandth as large on the line. Its checksum, at its end, is wrong."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    start = packer.compress(b"data: ") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return Flood(body=(start, block * megabytes, packer.flush()), code=code, encoding="gzip")
