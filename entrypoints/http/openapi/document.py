"""The OpenAPI document, made from the routes and from the operation beside each handler."""

from collections.abc import Iterator
from enum import EnumMeta
from inspect import cleandoc

from litestar import HttpMethod, Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg, PathParameter, QueryParameter
from litestar.routes import ASGIRoute, HTTPRoute
from litestar.typing import FieldDefinition

from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP, Settings
from entrypoints.http.openapi.component_schemas import components
from entrypoints.http.openapi.operation import Operation, parameter
from entrypoints.http.security.bearer_token import needs_token
from entrypoints.wire.json_schema import Schema

INTRODUCTION = """
Generate and edit images from text prompts. [MCP](https://modelcontextprotocol.io) is at `/mcp`; all
other paths are plain HTTP, except the WebSockets, whose messages are in
[asyncapi.json](asyncapi.json).

Every error is a problem document (RFC 9457): `code` is stable, `hint` says what to do next,
`charged` whether money may have been spent, and `retryable` whether a retry can help. Only the
routes for OpenAI's clients have that API's errors. A path that does not support a method answers
405, with `Allow`.
"""
TAGS = {
    "Generation": "Generate or edit images, and follow their jobs.",
    "Presets": "Prompts to fill in, and styles that images share.",
    "Conversations": "Series of requests that build on each other.",
    "OpenAI": 'The Images API of OpenAI, for its clients. Errors are `{"error": …}`.',
    "Images": "Stored images, and smaller versions of them.",
    "Models and costs": "What models there are, and what was spent.",
    "MCP": "The Model Context Protocol over streamable HTTP.",
    "WebSockets": "Connections for many messages, which [asyncapi.json](asyncapi.json) describes.",
    "Health": "Liveness, readiness and metrics.",
    "Documentation": "This API; no token required.",
}
TOKEN = {"type": "http", "scheme": "bearer", "description": "The server's AUTH_TOKEN."}
JSON_TYPES = {bool: "boolean", int: "integer"}


def openapi(app: Litestar, settings: Settings) -> Schema:
    """The document (OpenAPI 3.1) for the routes of the application.

    Raises KeyError for a route whose handler has no `operation`.
    """
    paths: dict[str, Schema] = {}
    for path, method, operation in _operations(app):
        paths.setdefault(path, {})[method.lower()] = operation
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": APP,
            "version": version(),
            "license": {"name": "MIT", "identifier": "MIT"},
            "description": INTRODUCTION.strip(),
        },
        "servers": [{"url": (settings.public_url or "").rstrip("/") or "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": components()},
    }
    if settings.auth_token is not None:
        _secure(document)
    return document


def _operations(app: Litestar) -> Iterator[tuple[str, str, Schema]]:
    """Path, method and Operation Object of every route."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for known in sorted(set(handler.http_methods) - {"OPTIONS"}):
                    method, path = HttpMethod(known).value, route.path_format
                    yield path, method, _operation(handler, method, path)
        if isinstance(route, ASGIRoute):
            operations: dict[str, Operation] = route.route_handler.opt["operations"]
            for name, operation in operations.items():
                words = _words(operation.name, operation.text)
                yield route.path, name, operation.to_openapi(name, route.path, words=words)


def _operation(handler: HTTPRouteHandler, method: str, path: str) -> Schema:
    operation: Operation = handler.opt["operation"]
    id_ = (operation.name or handler.fn.__name__) + ("_head" if method == "HEAD" else "")
    words = _words(id_, handler.fn.__doc__ or "")
    return operation.to_openapi(method, path, words=words, parameters=_parameters(handler))


def _words(id_: str, text: str) -> dict[str, str]:
    summary, _, description = cleandoc(text).partition("\n\n")
    plain = summary.replace("\n", " ").replace("`", "")
    return {"operationId": camel_case(id_), "summary": plain, "description": description}


def camel_case(name: str) -> str:
    """The name as generated clients spell methods: `list_images` is `listImages`."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _parameters(handler: HTTPRouteHandler) -> Iterator[Schema]:
    """The parameters in the handler's signature: those of the path and of the query."""
    for argument, field in handler.parsed_fn_signature.parameters.items():
        kwarg = field.kwarg_definition
        if isinstance(kwarg, PathParameter | QueryParameter):
            place = "path" if isinstance(kwarg, PathParameter) else "query"
            name, description = kwarg.name or argument, kwarg.description or ""
            yield parameter(name, place, description, **_parameter_schema(field, kwarg))


def _parameter_schema(field: FieldDefinition, kwarg: ParameterKwarg) -> Schema:
    kind = field.args[0] if field.is_optional else field.annotation
    known = {
        "type": JSON_TYPES.get(kind, "string"),
        "enum": [*map(str, kind)] if isinstance(kind, EnumMeta) else None,
        "minimum": kwarg.ge,
        "maximum": kwarg.le,
        "default": field.default if field.has_default else None,
        "examples": [each.value for each in kwarg.examples] if kwarg.examples else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _secure(document: Schema) -> None:
    document["components"]["securitySchemes"] = {"token": TOKEN}
    for path, methods in document["paths"].items():
        if needs_token(path):
            for operation in methods.values():
                operation["security"] = [{"token": []}]
