"""What every route looks at before it is asked anything: Litestar calls these guards, but /mcp."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.types import Scope

from domain.errors import InvalidRequest
from entrypoints.http.problem_documents import Problem, RequestRejected
from entrypoints.http.security.bearer_token import needs_token

AnyConnection = ASGIConnection[Any, Any, Any, Any]

NOT_JSON = Problem(
    status=415,
    code="not_json",
    message="Only application/json is read here.",
    hint="Send JSON with Content-Type: application/json.",
)


async def check_request(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """All of the below.

    One guard and no plain function, because Litestar copies the handler for each guard, and
    sends plain functions to a thread.
    """
    only_json(connection.scope)
    only_known_parameters(connection, handler)


def only_json(scope: Scope) -> None:
    """Refuse (415) what forms and scripts of foreign pages can send without being asked."""
    if scope.get("method") != "POST":
        return
    said = [value for name, value in scope["headers"] if name == b"content-type"]
    if [value.partition(b";")[0].strip().lower() for value in said] != [b"application/json"]:
        raise RequestRejected(NOT_JSON)


def only_known_parameters(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Raise InvalidRequest for what is behind a `?` and would be passed over: unknown, or twice.

    Not on the open routes, which watchers call with whatever keeps caches away, and not on /mcp.
    """
    scope = connection.scope
    if not scope["query_string"] or not needs_token(scope["path"]):
        return
    if not isinstance(handler, HTTPRouteHandler):
        return
    known = query_parameters(handler)
    for name, values in connection.query_params.dict().items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known are: {_listed(known)}."
            raise InvalidRequest(
                f"There is no parameter {name[:80]!r}.", field=name[:80], hint=hint
            )
        if len(values) > 1:
            raise InvalidRequest(f"{name} is there {len(values)} times.", field=name)


def query_parameters(handler: HTTPRouteHandler) -> dict[str, str]:
    """What a handler reads behind the `?`: its argument for each name that clients use."""
    fields = handler.parsed_fn_signature.parameters.items()
    return {
        field.kwarg_definition.name or argument: argument
        for argument, field in fields
        if isinstance(field.kwarg_definition, QueryParameter)
    }


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
