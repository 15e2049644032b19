"""Responses to malformed requests, which never reach the application."""

from collections.abc import Iterator
from http import HTTPStatus

from entrypoints.http.problem_documents import Problem, headers_of

NOT_HTTP = Problem(
    status=400,
    code="not_http",
    message="That is not HTTP, or more requests at once than one connection may have.",
    hint="Send HTTP/1.1, and no more requests before the first of them are answered.",
)
HEAD_TOO_LARGE = Problem(
    status=431,
    code="head_too_large",
    message="The headers are too large, or what stands around the body is.",
    hint="Send fewer and shorter headers; pictures belong into the body.",
)


def raw(problem: Problem) -> bytes:
    """The bytes of a connection's last response: head and problem document."""
    return b"\r\n".join([*_head(problem), b"", problem.body()])


def _head(problem: Problem) -> Iterator[bytes]:
    yield f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}".encode()
    for name, value in headers_of(problem, close=True).items():
        yield f"{name}: {value}".encode()
