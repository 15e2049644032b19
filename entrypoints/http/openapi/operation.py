"""How one operation of the web door is described: what it takes, and all that it may answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Busy, ImageServiceError, InternalError, InvalidRequest
from entrypoints.http.problem_documents import MEDIA_TYPE, Problem
from entrypoints.http.security.bearer_token import NO_TOKEN, needs_token
from entrypoints.http.security.body_limits import TOO_LARGE, TOO_SLOW
from entrypoints.http.security.host_origin import (
    ALWAYS_OPEN,
    BAD_HOST,
    HOST_NOT_ALLOWED,
    ORIGIN_NOT_ALLOWED,
)
from entrypoints.http.security.request_checks import NOT_JSON
from entrypoints.wire.error_codes import HTTP_STATUSES
from entrypoints.wire.json_schema import Schema

RETRY_AFTER = "Seconds to wait before asking again."
HEADERS_OF_PROBLEMS = {
    401: {"WWW-Authenticate": "Bearer."},
    416: {"Content-Range": "How many bytes there are."},
    429: {"Retry-After": RETRY_AFTER},
    503: {"Retry-After": RETRY_AFTER},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes with one status: words, media types with their schemas, headers."""

    words: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def described(self, *, bodiless: bool = False) -> Schema:
        """The Response Object; without content for HEAD."""
        response: Schema = {"description": self.words}
        if self.headers:
            response["headers"] = {
                name: {"schema": {"type": "string"}, "description": text}
                for name, text in self.headers.items()
            }
        if self.content and not bodiless:
            response["content"] = dict(self.content)
        return response

    def joined(self, other: "Answer | None") -> "Answer":
        """Both, where a status can mean either."""
        if other is None:
            return self
        return Answer(
            words=f"{self.words} {other.words}",
            content={**self.content, **other.content},
            headers={**self.headers, **other.headers},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. `errors` and `refusals` add to the door's."""

    id: str
    tag: str
    answers: Mapping[int, Answer]
    parameters: tuple[Schema, ...] = ()
    body: Mapping[str, Any] | None = None
    errors: tuple[type[ImageServiceError], ...] = ()
    refusals: tuple[Problem, ...] = ()

    def described(self, method: str, path: str, words: Mapping[str, str]) -> Schema:
        """The Operation Object, but for its security."""
        answers = self._problems(method, path)
        for status, answer in self.answers.items():
            answers[status] = answer.joined(answers.get(status))
        described: Schema = {
            "operationId": self.id + ("Head" if method == "HEAD" else ""),
            "tags": [self.tag],
            **{name: text for name, text in words.items() if text},
            "responses": {
                str(status): answers[status].described(bodiless=method == "HEAD")
                for status in sorted(answers)
            },
        }
        if self.parameters:
            described["parameters"] = list(self.parameters)
        if self.body is not None:
            described["requestBody"] = {
                "required": True,
                "content": {"application/json": dict(self.body)},
            }
        return described

    def _problems(self, method: str, path: str) -> dict[int, Answer]:
        problems = (*self.refusals, *_of_the_door(method, path))
        errors = (*self.errors, *_errors_of_the_door(method, path))
        known = (
            *((problem.status, problem.code) for problem in problems),
            *((HTTP_STATUSES[error], error.code) for error in errors),
        )
        codes: dict[int, set[str]] = {}
        for status, code in known:
            codes.setdefault(status, set()).add(code)
        return {status: problem_answer(status, named) for status, named in codes.items()}


def problem_answer(status: int, codes: Iterable[str]) -> Answer:
    """A problem document with one of these codes."""
    return Answer(
        words="A problem: " + ", ".join(f"`{code}`" for code in sorted(codes)) + ".",
        content={MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        headers=HEADERS_OF_PROBLEMS.get(status, {}),
    )


def parameter(name: str, place: str, words: str, **schema: object) -> Schema:
    """A Parameter Object; what stands in the path is required, all else is not."""
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": words,
        "schema": schema,
    }


def json_answer(words: str, schema: Schema, **headers: str) -> Answer:
    """A JSON document."""
    return Answer(words=words, content={"application/json": {"schema": schema}}, headers=headers)


def _of_the_door(method: str, path: str) -> tuple[Problem, ...]:
    return (
        *(() if path in ALWAYS_OPEN else (BAD_HOST, HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED)),
        *((NO_TOKEN,) if needs_token(path) else ()),
        *((NOT_JSON, TOO_LARGE, TOO_SLOW) if method == "POST" else ()),
    )


def _errors_of_the_door(method: str, path: str) -> tuple[type[ImageServiceError], ...]:
    return (
        InternalError,
        *((InvalidRequest,) if needs_token(path) else ()),
        *((Busy,) if method == "POST" else ()),
    )
