"""Ranges, ETags, and responses for immutable bytes."""

import pytest
from starlette.datastructures import Headers

from entrypoints.http.asgi_responses import BytesResponse
from entrypoints.http.images.byte_ranges import RangeNotSatisfiable, requested_range
from entrypoints.http.images.conditional_responses import (
    CacheableBody,
    conditional_response,
    etag_matches,
)
from entrypoints.http.problem_documents import RequestRejected

THIS = CacheableBody(
    data=b"0123456789",
    etag='"tag"',
    caching={"cache-control": "public", "vary": "Accept"},
    describing={"content-type": "image/png"},
)
NO_SINGLE_RANGE = (
    *("", "bytes=", "bytes=-", "bytes=3-1", "bytes=0-1,4-5", "lines=0-1", "bytes 0-1"),
    *("bytes=a-b", "bytes=0x1-2", "bytes=²-3", "bytes=1.0-2", "bytes=--1", "bytes=" + "9" * 5000),
)


def respond(method: str = "GET", **headers: str) -> BytesResponse:
    all_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return conditional_response(THIS, method, Headers(all_headers))


@pytest.mark.parametrize(
    ("header", "part"),
    [
        pytest.param("bytes=0-3", (0, 3), id="from the start"),
        pytest.param("bytes=4-", (4, 9), id="to the end"),
        pytest.param("bytes=-3", (7, 9), id="the last few"),
        pytest.param("bytes=-99", (0, 9), id="the last of fewer"),
        pytest.param("bytes=9-9", (9, 9), id="the last one"),
        pytest.param("bytes=5-99", (5, 9), id="past the end"),
        pytest.param(" Bytes = 1 - 2 ", (1, 2), id="case and blanks"),
    ],
)
def test_a_range_is_limited_to_the_size(header: str, part: tuple[int, int]) -> None:
    found = requested_range(header, 10)
    assert found is not None
    assert (found.first, found.last) == part
    assert found.content_range == f"bytes {part[0]}-{part[1]}/10"


@pytest.mark.parametrize("header", [None, *NO_SINGLE_RANGE])
def test_anything_but_a_single_range_gets_the_whole(header: str | None) -> None:
    assert requested_range(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999-"])
def test_an_empty_range_is_not_satisfiable(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        requested_range(header, 10)


@pytest.mark.parametrize(
    "header", ['"tag"', 'W/"tag"', '"other", "tag"', '"a,b",W/"tag"', "*", " * "]
)
def test_an_etag_matches_among_others_and_as_a_weak_one(header: str) -> None:
    assert etag_matches('"tag"', header)


@pytest.mark.parametrize("header", [None, "", '"other"', "tag", '"TAG"', '"', '"a" tag "b"', "**"])
def test_an_etag_matches_nothing_else(header: str | None) -> None:
    assert not etag_matches('"tag"', header)


def test_the_whole_is_sent_with_the_headers_for_caches_and_browsers() -> None:
    assert respond() == BytesResponse(
        200,
        {
            "etag": '"tag"',
            "cache-control": "public",
            "vary": "Accept",
            "content-type": "image/png",
            "accept-ranges": "bytes",
            "content-length": "10",
        },
        b"0123456789",
    )


def test_a_range_has_its_position() -> None:
    part = respond(range="bytes=2-4")
    assert (part.status, part.body) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"
    assert part.headers["content-length"] == "3"
    assert part.headers["etag"] == '"tag"'


def test_a_matching_etag_gets_no_bytes_and_no_type() -> None:
    expected = {"etag": '"tag"', "cache-control": "public", "vary": "Accept"}
    for method in ("GET", "HEAD"):
        assert respond(method, if_none_match='"tag"') == BytesResponse(304, expected)


def test_a_matching_etag_takes_precedence_over_a_range() -> None:
    assert respond(if_none_match='"tag"', range="bytes=2-4").status == 304
    assert respond(if_none_match='"tag"', range="bytes=99-").status == 304


def test_head_has_the_same_headers_and_ignores_ranges() -> None:
    assert respond("HEAD", range="bytes=99-") == BytesResponse(200, respond().headers)


@pytest.mark.parametrize("if_range", ['W/"tag"', '"other"', "Mon, 23 Nov 2026 19:40:25 GMT", ""])
def test_if_range_of_another_version_gets_the_whole(if_range: str) -> None:
    whole = respond(range="bytes=2-4", if_range=if_range)
    assert (whole.status, whole.body) == (200, b"0123456789")
    assert respond(range="bytes=99-", if_range=if_range).status == 200


def test_if_range_of_the_same_version_gets_the_range() -> None:
    assert respond(range="bytes=8-", if_range='"tag"').body == b"89"


def test_a_range_after_the_end_is_rejected_with_the_size() -> None:
    with pytest.raises(RequestRejected) as refused:
        respond(range="bytes=10-")
    assert refused.value.problem.status == 416
    assert refused.value.problem.headers == {"Content-Range": "bytes */10"}
