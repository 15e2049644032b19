"""Error responses for exceptions of route handlers and of the web framework."""

from dataclasses import replace
from typing import Any, cast

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import HTTPRouteHandler
from starlette.types import Scope

from domain.errors import ImageServiceError, InvalidRequest
from domain.untrusted_text import single_line
from entrypoints.http.access_log import note_outcome
from entrypoints.http.error_responses import error_response, note_problem
from entrypoints.http.known_paths import NO_ROUTE, allow
from entrypoints.http.problem_documents import Problem, RequestRejected, problem_of
from entrypoints.http.security.body_limits import TOO_LARGE
from entrypoints.http.security.request_checks import query_parameters
from entrypoints.wire.incidents import log_incident

AnyRequest = Request[Any, Any, Any]
MAX_REASON = 200
"""Characters of the framework's reason, which may quote what the client sent."""

OTHER_METHOD = Problem(
    status=405,
    code="method_not_allowed",
    message="Method not allowed.",
    hint="The Allow header lists the methods of this path.",
)
BAD_REQUEST = Problem(
    status=400,
    code="invalid_request",
    message="The request is invalid.",
    hint="GET /openapi.json describes the valid requests.",
)
BY_STATUS = {404: NO_ROUTE, 405: OTHER_METHOD, 413: TOO_LARGE}


def problem_response(request: AnyRequest, problem: Problem) -> Response[bytes]:
    """The response with this problem, which the access log notes."""
    note_problem(cast("Scope", request.scope), problem)
    response = error_response(problem, request.scope["path"])
    media_type = response.headers.pop("content-type")
    return Response(
        response.body,
        status_code=response.status,
        media_type=media_type,
        headers=response.headers,
    )


def _image_service_error(request: AnyRequest, error: ImageServiceError) -> Response[bytes]:
    note_outcome(request.scope, error)
    return problem_response(request, problem_of(error))


def _rejected(request: AnyRequest, rejected: RequestRejected) -> Response[bytes]:
    return problem_response(request, rejected.problem)


def _invalid_parameter(request: AnyRequest, error: ValidationException) -> Response[bytes]:
    """Invalid parameters in the URL; our own code reads bodies."""
    details = error.extra if isinstance(error.extra, list) else []
    fault = details[0] if details else {}
    argument, reason = str(fault.get("key", "")), str(fault.get("message", ""))
    handler = request.scope["route_handler"]
    arguments = query_parameters(handler) if isinstance(handler, HTTPRouteHandler) else {}
    field = next((name for name, known in arguments.items() if known == argument), "request")
    hint = f"{single_line(reason, MAX_REASON)}. {BAD_REQUEST.hint}" if reason else BAD_REQUEST.hint
    invalid = InvalidRequest(f"The value of {field} is not valid.", field=field, hint=hint)
    return problem_response(request, problem_of(invalid))


def _http_exception(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500:
        return _incident(request, error)
    problem = BY_STATUS.get(error.status_code, BAD_REQUEST)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if "allow" in headers:
        headers["allow"] = allow({*headers["allow"].split(", ")})
        problem = replace(problem, hint=f"Use one of: {headers['allow']}.")
    response = problem_response(request, problem)
    response.headers.update(headers)
    return response


def _incident(request: AnyRequest, error: Exception) -> Response[bytes]:
    return problem_response(request, problem_of(log_incident(error)))


HANDLERS: dict[int | type[Exception], Any] = {
    ImageServiceError: _image_service_error,
    RequestRejected: _rejected,
    ValidationException: _invalid_parameter,
    HTTPException: _http_exception,
    Exception: _incident,
}
"""Every error becomes a problem document."""
