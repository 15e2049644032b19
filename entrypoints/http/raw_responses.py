"""Responses to malformed requests, which never reach the application."""

from collections.abc import Iterator
from http import HTTPStatus

from entrypoints.http.problem_documents import Problem, headers_of

NOT_HTTP = Problem(
    status=400,
    code="not_http",
    message="Malformed HTTP, or too many pipelined requests on one connection.",
    hint="Send valid HTTP/1.1, and wait for responses before sending more requests.",
)
HEAD_TOO_LARGE = Problem(
    status=431,
    code="head_too_large",
    message="The headers, or the framing of the body, are too large.",
    hint="Send fewer and shorter headers; put images into the body.",
)


def raw(problem: Problem) -> bytes:
    """The bytes of a connection's last response: head and problem document."""
    return b"\r\n".join([*_head(problem), b"", problem.body()])


def _head(problem: Problem) -> Iterator[bytes]:
    yield f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()
    for name, value in headers_of(problem, close=True).items():
        yield f"{name}: {value}".encode()
