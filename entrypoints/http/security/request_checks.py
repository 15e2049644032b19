"""Litestar guards that run before every handler except /mcp."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.types import Scope

from domain.errors import InvalidRequest
from entrypoints.http.problem_documents import Problem, RequestRejected
from entrypoints.http.request_context import warmed_up
from entrypoints.http.security.bearer_token import needs_token
from entrypoints.http.security.body_limits import BODY_SIZE

AnyConnection = ASGIConnection[Any, Any, Any, Any]

JSON = "application/json"
FORM = "multipart/form-data"
NOT_JSON = Problem(
    status=415,
    code="not_json",
    message="The Content-Type is not application/json.",
    hint="Send JSON, with Content-Type: application/json.",
)
NOT_JSON_OR_FORM = replace(
    NOT_JSON,
    message="The Content-Type is neither application/json nor multipart/form-data.",
    hint="Send JSON or a form, with its Content-Type.",
)


async def check_request(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Run all checks of this module, then wait for the warm-up, except on open routes.

    They are one guard because Litestar copies the handler for each guard. The guard is async
    because Litestar runs plain functions in a thread.
    """
    operation = handler.opt.get("operation")
    if operation is None or operation.contents is None:  # else the handler checks the type
        only_media_types(connection.scope, operation.media_types if operation else (JSON,))
    if operation is None or not operation.tolerant:
        only_known_parameters(connection, handler)
    if needs_token(connection.scope["path"]):
        await warmed_up(connection).wait()


def only_media_types(scope: Scope, allowed: Sequence[str]) -> None:
    """Refuse (415) a body of any other media type.

    Other pages can send forms without a preflight request; HostOriginMiddleware refuses those. A
    request without a body, such as `curl -X POST`, needs no type.
    """
    if scope.get("method") != "POST":
        return
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    if not types and scope.get(BODY_SIZE) == 0:
        return
    sent = [value.partition(b";")[0].strip().lower().decode("latin-1") for value in types]
    if len(sent) != 1 or sent[0] not in allowed:
        raise RequestRejected(NOT_JSON if len(allowed) == 1 else NOT_JSON_OR_FORM)


def only_known_parameters(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Raise InvalidRequest for a query parameter that would be ignored: unknown, or repeated.

    Not on routes without a token, where monitoring tools add parameters to bypass caches.
    """
    scope = connection.scope
    if not scope["query_string"] or not needs_token(scope["path"]):
        return
    if not isinstance(handler, HTTPRouteHandler):
        return
    known = query_parameters(handler)
    for name, values in connection.query_params.dict().items():
        if name not in known and name not in _read_by_middleware(handler):
            raise InvalidRequest(
                f"Unknown query parameter {name[:80]!r}.", field=name[:80], hint=_hint(name, known)
            )
        if len(values) > 1:
            raise InvalidRequest(f"The query parameter {name} is repeated.", field=name)


def query_parameters(handler: HTTPRouteHandler) -> dict[str, str]:
    """A handler's query parameters: its argument for each name that clients use."""
    fields = handler.parsed_fn_signature.parameters.items()
    return {
        field.kwarg_definition.name or argument: argument
        for argument, field in fields
        if isinstance(field.kwarg_definition, QueryParameter)
    }


def _read_by_middleware(handler: HTTPRouteHandler) -> set[str]:
    """The query parameters that the route's description has beside those of the handler."""
    declared = handler.opt["operation"].parameters
    return {each["name"] for each in declared if each["in"] == "query"}


def _hint(name: str, known: Mapping[str, str]) -> str:
    if near := get_close_matches(name, known, n=1):
        return f"Did you mean {near[0]}?"
    if known:
        return f"Valid parameters: {', '.join(sorted(known))}."
    return "This path takes no query parameters."
