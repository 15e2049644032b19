"""Reply bodies that are tiny, unusual, compressed or endless."""

import zlib
from dataclasses import dataclass

from tests.standin.faults import Fault, status
from tests.standin.replies import Reply

MEGABYTE = 1_000_000


def small(delay: float = 0.0) -> Fault:
    """Generate tiny images, for runs of thousands. With the size `auto` this is no fault."""
    return Fault(size=(32, 32), delay=delay)


def wrapped_base64() -> Fault:
    """Send base64 in lines of 76 characters, as in email."""
    return Fault(data="wrapped")


def garbage(text: str) -> Fault:
    """Answer 200 with this body, and generate nothing."""
    return status(200, body=text)


@dataclass(frozen=True, kw_only=True)
class Flood(Fault):
    """Answer with this body, and generate nothing. Its pieces may be one object repeated."""

    body: tuple[bytes, ...]
    code: int = 200
    encoding: str = "identity"

    def reply(self, *, stream: bool) -> Reply:
        """The body, as an event if the request asked for a stream."""
        return Reply(
            status=self.code,
            content_type="text/event-stream" if stream else "application/json",
            chunks=[*self.body],
            headers={"Content-Encoding": self.encoding},
        )


def endless(megabytes: int = 200, *, code: int = 200) -> Flood:
    """Answer with this many megabytes of spaces; in a stream, with an event that does not end."""
    return Flood(body=(b"data: ", *[b" " * MEGABYTE] * megabytes), code=code)


def gzip_bomb(megabytes: int = 10_000, *, code: int = 200) -> Flood:
    """The same in gzip, a thousandth as large on the wire. Its final checksum is wrong."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    start = packer.compress(b"data: ") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return Flood(body=(start, block * megabytes, packer.flush()), code=code, encoding="gzip")
