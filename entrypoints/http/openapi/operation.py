"""The OpenAPI description of one operation, declared beside the handler of its route."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from domain.errors import Busy, ChargeStatus, ImageServiceError, InternalError, InvalidRequest
from entrypoints.http.openai_api.error_envelope import is_openai_path, translated
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.http.problem_documents import MEDIA_TYPE, Problem
from entrypoints.http.security.bearer_token import NO_TOKEN, needs_token
from entrypoints.http.security.body_limits import TOO_LARGE, TOO_SLOW
from entrypoints.http.security.host_origin import (
    ALWAYS_OPEN,
    BAD_HOST,
    HOST_NOT_ALLOWED,
    ORIGIN_NOT_ALLOWED,
)
from entrypoints.http.security.request_checks import JSON, NOT_JSON
from entrypoints.wire.error_codes import HTTP_STATUSES
from entrypoints.wire.json_schema import Schema

RETRY_AFTER = "Seconds to wait before a retry."
PROBLEM_HEADERS = {
    401: {"WWW-Authenticate": "Bearer."},
    416: {"Content-Range": "The size in bytes."},
    429: {"Retry-After": RETRY_AFTER},
    503: {"Retry-After": RETRY_AFTER},
}
ANY_ERROR = tuple(HTTP_STATUSES)
"""Every error that can end a job."""

Refusal = type[ImageServiceError] | Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResponse:
    """The response with one status: a description, media types with their schemas, headers."""

    description: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_openapi(self, *, bodiless: bool) -> Schema:
        """The Response Object; without content for HEAD."""
        response: Schema = {"description": self.description}
        if self.headers:
            response["headers"] = {
                name: {"schema": {"type": "string"}, "description": text}
                for name, text in self.headers.items()
            }
        if self.content and not bodiless:
            response["content"] = dict(self.content)
        return response

    def merged(self, other: "ApiResponse | None") -> "ApiResponse":
        """Both as one response, for a status with two meanings."""
        if other is None:
            return self
        return ApiResponse(
            description=f"{self.description} {other.description}",
            content={**self.content, **other.content},
            headers={**self.headers, **other.headers},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of a route.

    `body` is the schema of a body in each of `media_types`; `contents` has schemas for media types
    that the handler checks itself. A `tolerant` operation ignores unknown query parameters.
    `refusals` are the errors and problems of the handler; those of the middleware are added.
    `parameters` are those that the handler's signature does not name. `name` and `text` are for
    handlers whose function has no name and docstring that could serve. Clients are generated with
    methods of these names, so a name never changes.
    """

    tag: str
    responses: Mapping[int, ApiResponse]
    name: str = ""
    text: str = ""
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None
    media_types: tuple[str, ...] = (JSON,)
    contents: Schema | None = None
    tolerant: bool = False
    refusals: tuple[Refusal, ...] = ()

    def to_openapi(
        self, method: str, path: str, *, words: Mapping[str, str], parameters: Iterable[Schema] = ()
    ) -> Schema:
        """The Operation Object without security; `words` are its ID, summary and description."""
        responses = self._refused(method, path)
        for status, response in self.responses.items():
            responses[status] = response.merged(responses.get(status))
        operation: Schema = {
            "tags": [self.tag],
            **{name: text for name, text in words.items() if text},
            "responses": {
                str(status): responses[status].to_openapi(bodiless=method == "HEAD")
                for status in sorted(responses)
            },
        }
        if all_parameters := [*parameters, *self.parameters]:
            operation["parameters"] = all_parameters
        content = self.contents or (self.body and dict.fromkeys(self.media_types, self.body))
        if content is not None:
            operation["requestBody"] = {"required": True, "content": content}
        return operation

    def _refused(self, method: str, path: str) -> dict[int, ApiResponse]:
        codes: dict[int, set[str]] = {}
        middleware = _middleware_refusals(method, path, json=self.contents is None)
        for refusal in (*self.refusals, *middleware):
            status, code = _status_and_code(refusal, path)
            codes.setdefault(status, set()).add(code)
        described = _openai_error if is_openai_path(path) else _problem_response
        return {status: described(status, codes[status]) for status in codes}


def parameter(name: str, place: str, description: str, **schema: object) -> Schema:
    """A Parameter Object; those in the path are required, all others are not."""
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": description,
        "schema": schema,
    }


def json_response(description: str, schema: Schema, **headers: str) -> ApiResponse:
    """A JSON document."""
    content = {"application/json": {"schema": schema}}
    return ApiResponse(description=description, content=content, headers=headers)


def event_stream(description: str, event: Schema, *, example: str) -> ApiResponse:
    """Server-sent events of one job."""
    return ApiResponse(
        description=description,
        content={"text/event-stream": {"schema": event, "example": example}},
        headers={"X-Job-Id": "The ID of the job."},
    )


def _status_and_code(refusal: Refusal, path: str) -> tuple[int, str]:
    if isinstance(refusal, Problem):
        status, charged = refusal.status, ChargeStatus.NO
    else:
        status, charged = HTTP_STATUSES[refusal], refusal.charged
    if not is_openai_path(path):
        return status, refusal.code
    status, _, code = translated(refusal.code, status, charged)
    return status, code


def _openai_error(status: int, codes: Iterable[str]) -> ApiResponse:
    return ApiResponse(
        description="An error: " + ", ".join(f"`{code}`" for code in sorted(codes)) + ".",
        content={JSON: {"schema": ref("OpenAIError")}},
        headers=PROBLEM_HEADERS.get(status, {}),
    )


def _problem_response(status: int, codes: Iterable[str]) -> ApiResponse:
    return ApiResponse(
        description="A problem document: " + ", ".join(f"`{code}`" for code in sorted(codes)) + ".",
        content={MEDIA_TYPE: {"schema": ref("Problem")}},
        headers=PROBLEM_HEADERS.get(status, {}),
    )


def _middleware_refusals(method: str, path: str, *, json: bool) -> Iterator[Refusal]:
    yield InternalError
    if path not in ALWAYS_OPEN:
        yield from (BAD_HOST, HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED)
    if needs_token(path):
        yield from (NO_TOKEN, InvalidRequest)
    if method == "POST":
        yield from (TOO_LARGE, TOO_SLOW, Busy)
        if json:
            yield NOT_JSON
