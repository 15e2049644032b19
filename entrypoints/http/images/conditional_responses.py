"""Bytes that never change under their name, and what of them a request is answered with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers

from entrypoints.http.asgi_responses import BytesResponse
from entrypoints.http.images.byte_ranges import ByteRange, RangeNotSatisfiable, requested_range
from entrypoints.http.problem_documents import Problem, RequestRejected

ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheableBody:
    """Bytes, their strong ETag with its quotes, and what caches must know of them.

    `caching` goes with every answer, `describing` only with those that have bytes. Names of
    headers are in lower case.
    """

    data: bytes
    etag: str
    caching: Mapping[str, str]
    describing: Mapping[str, str]


def conditional_response(this: CacheableBody, method: str, headers: Headers) -> BytesResponse:
    """304 to who has it, 206 to who asks for a part, else all; raise Refused (416).

    `method` is GET or HEAD; only GET knows parts.
    """
    always = {"etag": this.etag, **this.caching}
    if etag_matches(this.etag, headers.get("if-none-match")):
        return BytesResponse(304, always)
    part = _part(this, headers) if method == "GET" else None
    length = len(this.data) if part is None else part.last - part.first + 1
    always |= {**this.describing, "accept-ranges": "bytes", "content-length": str(length)}
    if method == "HEAD":
        return BytesResponse(200, always)
    if part is None:
        return BytesResponse(200, always, this.data)
    body = this.data[part.first : part.last + 1]
    return BytesResponse(206, {**always, "content-range": part.content_range}, body)


def etag_matches(etag: str, if_none_match: str | None) -> bool:
    """Whether the client has these bytes. Compares weakly, as the standard wants it here."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in ENTITY_TAG.findall(if_none_match)


def _part(this: CacheableBody, headers: Headers) -> ByteRange | None:
    if headers.get("if-range", this.etag).strip() != this.etag:
        return None  # the client has a part of something else, and must get the whole
    try:
        return requested_range(headers.get("range"), len(this.data))
    except RangeNotSatisfiable:
        raise RequestRejected(range_not_satisfiable(len(this.data))) from None


def range_not_satisfiable(size: int) -> Problem:
    """The refusal where none of so many bytes is in the range."""
    return Problem(
        status=416,
        code="no_such_part",
        message=f"There are {size:,} bytes, and none of them is in the range that was asked for.",
        hint="Ask for a range that begins before the end, or for the whole.",
        headers={"Content-Range": f"bytes */{size}"},
    )
