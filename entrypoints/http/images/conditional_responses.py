"""Responses with bytes that never change under their URL: 200, 206, 304 or 416."""

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
    """Bytes, their strong ETag with its quotes, and the headers of their responses.

    `caching` is sent with every response, `describing` only with bytes. Names are in lower case.
    """

    data: bytes
    etag: str
    caching: Mapping[str, str]
    describing: Mapping[str, str]


def conditional_response(body: CacheableBody, method: str, headers: Headers) -> BytesResponse:
    """304 if the client has these bytes, 206 for a part of them, else all of them.

    `method` is GET or HEAD; only GET has parts. Raises RequestRejected (416).
    """
    headers_sent = {"etag": body.etag, **body.caching}
    if etag_matches(body.etag, headers.get("if-none-match")):
        return BytesResponse(304, headers_sent)
    part = _part(body, headers) if method == "GET" else None
    length = len(body.data) if part is None else part.last - part.first + 1
    headers_sent |= {**body.describing, "accept-ranges": "bytes", "content-length": str(length)}
    if method == "HEAD":
        return BytesResponse(200, headers_sent)
    if part is None:
        return BytesResponse(200, headers_sent, body.data)
    data = body.data[part.first : part.last + 1]
    return BytesResponse(206, {**headers_sent, "content-range": part.content_range}, data)


def etag_matches(etag: str, if_none_match: str | None) -> bool:
    """Whether the client has these bytes: a weak comparison, as RFC 9110 (13.1.2) requires."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in ENTITY_TAG.findall(if_none_match)


def _part(body: CacheableBody, headers: Headers) -> ByteRange | None:
    if headers.get("if-range", body.etag).strip() != body.etag:
        return None  # the client has a part of other bytes and needs all of these
    try:
        return requested_range(headers.get("range"), len(body.data))
    except RangeNotSatisfiable:
        raise RequestRejected(range_not_satisfiable(len(body.data))) from None


def range_not_satisfiable(size: int) -> Problem:
    """The problem if none of `size` bytes is in the range."""
    return Problem(
        status=416,
        code="no_such_part",
        message=f"The requested range is outside the {size:,} bytes.",
        hint="Request a range that starts before the end, or omit Range.",
        headers={"Content-Range": f"bytes */{size}"},
    )
