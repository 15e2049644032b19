"""What becomes of errors that routes raise, and of those that the web framework finds."""

import logging
from typing import Any
from uuid import uuid4

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import HTTPRouteHandler

from domain.errors import ImageServiceError, InternalError, InvalidRequest
from entrypoints.http.access_log import note_outcome
from entrypoints.http.problem_documents import MEDIA_TYPE, Problem, RequestRejected, problem_of
from entrypoints.http.security.body_limits import TOO_LARGE
from entrypoints.http.security.request_checks import query_parameters

logger = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]

NO_ROUTE = Problem(
    status=404,
    code="not_found",
    message="There is nothing at this address.",
    hint="GET /openapi.json lists what there is; GET /docs shows it.",
)
OTHER_METHOD = Problem(
    status=405,
    code="method_not_allowed",
    message="This address is not used with that method.",
    hint="The Allow header has those that it is used with.",
)
BAD_REQUEST = Problem(
    status=400,
    code="invalid_request",
    message="The request cannot be read.",
    hint="GET /openapi.json says what is read here.",
)
KNOWN = {404: NO_ROUTE, 405: OTHER_METHOD, 413: TOO_LARGE}


def document(problem: Problem) -> Response[bytes]:
    """The answer for a problem."""
    return Response(
        problem.body(),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **problem.headers,
        },
    )


def _studio_error(request: AnyRequest, error: ImageServiceError) -> Response[bytes]:
    note_outcome(request.scope, error)
    return document(problem_of(error))


def _refused(_: AnyRequest, refused: RequestRejected) -> Response[bytes]:
    return document(refused.problem)


def _not_of_its_type(request: AnyRequest, error: ValidationException) -> Response[bytes]:
    """Faults of parameters in the address: bodies are read by ourselves."""
    faults = error.extra if isinstance(error.extra, list) else []
    argument = str(faults[0].get("key", "")) if faults else ""
    handler = request.scope["route_handler"]
    known = query_parameters(handler) if isinstance(handler, HTTPRouteHandler) else {}
    field = next((name for name, its in known.items() if its == argument), "request")
    return document(
        problem_of(
            InvalidRequest(f"{field} is not of the right form.", field=field, hint=BAD_REQUEST.hint)
        )
    )


def _http_exception(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500:
        return _incident(request, error)
    answer = document(KNOWN.get(error.status_code, BAD_REQUEST))
    answer.headers.update(error.headers or {})
    return answer


def incident(error: Exception) -> InternalError:
    """What clients are told of an error that nobody foresaw; the log has the rest."""
    told = InternalError(uuid4().hex[:12])
    logger.error("incident %s", told.incident, exc_info=error)
    return told


def _incident(_: AnyRequest, error: Exception) -> Response[bytes]:
    return document(problem_of(incident(error)))


HANDLERS: dict[int | type[Exception], Any] = {
    ImageServiceError: _studio_error,
    RequestRejected: _refused,
    ValidationException: _not_of_its_type,
    HTTPException: _http_exception,
    Exception: _incident,
}
"""For the application: every error becomes a problem document."""
