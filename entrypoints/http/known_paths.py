"""The paths that exist: all others are not found, before anything is asked of the client."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from litestar import Litestar
from litestar.routes import ASGIRoute, BaseRoute, HTTPRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.asgi_responses import BytesResponse
from entrypoints.http.error_responses import send_problem
from entrypoints.http.openai_api.error_envelope import is_openai_path
from entrypoints.http.openapi.operation import Operation
from entrypoints.http.problem_documents import Problem

NO_ROUTE = Problem(
    status=404,
    code="not_found",
    message="Not found.",
    hint="MCP is at /mcp. GET /openapi.json lists all paths; GET /docs displays them.",
)
NO_OPENAI_ROUTE = replace(
    NO_ROUTE,
    message="This server has no such route.",
    hint="Of OpenAI's API, it has POST /v1/images/generations, POST /v1/images/edits and GET "
    "/v1/models.",
)


class KnownPathsMiddleware:
    """ASGI middleware: 404 for a path without a route, and the response to OPTIONS.

    It comes before the token is checked: MCP clients take a 401 for `/.well-known/oauth-…` as a
    hint that the server has OAuth, and fall back to other transports at a 401.
    """

    def __init__(self, app: ASGIApp, routes: Litestar) -> None:
        self._app = app
        self._paths = [*_paths(routes)]
        self._fixed: dict[str, set[str]] = {}
        for route in routes.routes:
            if "{" not in route.path_format:  # Litestar prefers it to a pattern that matches it too
                self._fixed.setdefault(route.path_format, set()).update(_methods(route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        methods = self._methods(scope["path"])
        if not methods:
            missing = NO_OPENAI_ROUTE if is_openai_path(scope["path"]) else NO_ROUTE
            await send_problem(missing, scope, send)
        elif scope["method"] == "OPTIONS":
            await BytesResponse(204, {"allow": allow(methods)})(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _methods(self, path: str) -> set[str]:
        path = f"/{path.strip('/')}"
        return self._fixed.get(path) or self._matching(path)

    def _matching(self, path: str) -> set[str]:
        return {
            method for known, methods in self._paths if known.fullmatch(path) for method in methods
        }


def allow(methods: set[str]) -> str:
    """The value of an Allow header, in the same order each time."""
    return ", ".join(sorted({*methods, "OPTIONS"}))


def _paths(app: Litestar) -> Iterator[tuple[re.Pattern[str], frozenset[str]]]:
    """A pattern and the methods of every route."""
    for route in app.routes:
        literals = re.split(r"\{[^}]*\}", route.path_format)
        values = ".+" if any(map(_has_slashes, route.path_components)) else "[^/]+"
        yield re.compile(values.join(map(re.escape, literals))), frozenset(_methods(route))


def _has_slashes(component: object) -> bool:
    """Whether it is a parameter of the type `path`."""
    return getattr(component, "type", None) is Path


def _methods(route: BaseRoute) -> Iterable[str]:
    if isinstance(route, ASGIRoute):
        operations: dict[str, Operation] = route.route_handler.opt["operations"]
        return operations
    return route.methods if isinstance(route, HTTPRoute) else ()
