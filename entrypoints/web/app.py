"""The web application: routes, what guards them, and what becomes of errors."""

import logging
from typing import Any
from uuid import uuid4

from litestar import Litestar, Request, Response
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from starlette.types import ASGIApp

from domain.errors import InternalError, StudioError
from entrypoints.container import Container
from entrypoints.settings import Settings
from entrypoints.web import health, painting
from entrypoints.web.callers import Callers
from entrypoints.web.doorkeeper import Doorkeeper
from entrypoints.web.frames import Frames
from entrypoints.web.mcp_endpoint import mcp_route, session_manager
from entrypoints.web.problem_documents import MEDIA_TYPE, Problem, Refused, problem_of
from entrypoints.web.uploads import LARGEST_BODY, Uploads

logger = logging.getLogger(__name__)

ROUTES = (health.health, health.livez, health.readyz, painting.stream, painting.images)
MCP_HEADERS = ["mcp-session-id", "mcp-protocol-version", "last-event-id"]
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class WebDoor:
    """The application as ASGI. `manager` runs for as long as requests are served."""

    def __init__(self, container: Container) -> None:
        settings = container.settings()
        callers = Callers(settings)
        self.manager = session_manager(container, callers)
        self.litestar = Litestar(
            [*ROUTES, mcp_route(self.manager)],
            state=State({"container": container, "callers": callers, "frames": Frames()}),
            cors_config=_cors(settings),
            exception_handlers={
                StudioError: _studio_error,
                Refused: _refused,
                HTTPException: _http_exception,
                Exception: _incident,
            },
            request_max_body_size=LARGEST_BODY,
            logging_config=None,
        )
        self.asgi: ASGIApp = Doorkeeper(Uploads(self.litestar), settings)  # type: ignore[arg-type] # both are ASGI


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.cors_origin:
        return None
    return CORSConfig(
        allow_origins=[*settings.cors_origin],
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["authorization", "content-type", *MCP_HEADERS],
        expose_headers=["mcp-session-id", "x-job-id", "retry-after"],
    )


def _answer(problem: Problem) -> Response[bytes]:
    return Response(
        problem.body(),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"cache-control": "no-store", **problem.headers},
    )


def _studio_error(_: Request[Any, Any, Any], error: StudioError) -> Response[bytes]:
    return _answer(problem_of(error))


def _refused(_: Request[Any, Any, Any], refused: Refused) -> Response[bytes]:
    return _answer(refused.problem)


def _http_exception(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    status = error.status_code
    code = CODES.get(status, "invalid_request" if status < 500 else "internal")
    return _answer(Problem(status=status, code=code, message=f"{error.detail}."))


def _incident(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    incident = InternalError(uuid4().hex[:12])
    logger.error("incident %s", incident.incident, exc_info=error)
    return _answer(problem_of(incident))
