"""The OpenAPI document: the routes that there are, with what `operations` says of each."""

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from litestar import HttpMethod, Litestar
from litestar.routes import HTTPRoute

from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP, Settings
from entrypoints.http.openapi.mcp_operations import MCP
from entrypoints.http.openapi.operations import OPERATIONS
from entrypoints.http.openapi.wire_schemas import components
from entrypoints.http.security.bearer_token import needs_token
from entrypoints.wire.json_schema import Schema

INTRODUCTION = """
Pictures from words and from pictures. [MCP](https://modelcontextprotocol.io) is at `/mcp`; all
else is plain HTTP.

Everything that goes wrong is a problem document (RFC 9457): `code` is stable, `hint` says what to
do next, `charged` whether money may have been spent, `retryable` whether asking again may help. An
address that is used with another method answers 405, with `Allow`.
"""
TAGS = {
    "Painting": "Ask for pictures, and follow how they come into being.",
    "Pictures": "Those that were made, and smaller ones of them.",
    "MCP": "The Model Context Protocol over streamable HTTP.",
    "Health": "For those who watch the server.",
    "Documents": "About this server; open to everybody who may call it.",
}
TOKEN = {"type": "http", "scheme": "bearer", "description": "The server's AUTH_TOKEN."}


def openapi(app: Litestar, settings: Settings) -> Schema:
    """The document (OpenAPI 3.1) for the routes of the application.

    Raises KeyError for a route that `operations` says nothing of.
    """
    paths: dict[str, Schema] = {"/mcp": {}}
    for method, path, handler in handled_routes(app):
        operation = OPERATIONS[f"{method.replace('HEAD', 'GET')} {path}"]
        words = _words(handler.fn.__doc__ or "")
        paths.setdefault(path, {})[method.lower()] = operation.described(method, path, words)
    for method, (operation, told) in MCP.items():
        paths["/mcp"][method.lower()] = operation.described(method, "/mcp", _words(told))
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": APP,
            "version": version(),
            "license": {"name": "MIT", "identifier": "MIT"},
            "description": INTRODUCTION.strip(),
        },
        "servers": [{"url": (settings.public_url or "").rstrip("/") or "/"}],
        "tags": [{"name": name, "description": told} for name, told in TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": components()},
    }
    if settings.auth_token is not None:
        _secure(document)
    return document


def handled_routes(app: Litestar) -> Iterator[tuple[str, str, Any]]:
    """Method, path and handler of every route, but for OPTIONS and for what is raw ASGI."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(set(handler.http_methods) - {"OPTIONS"}):
                    yield HttpMethod(method).value, route.path_format, handler


def _words(told: str) -> Schema:
    summary, _, description = cleandoc(told).partition("\n\n")
    plain = summary.replace("\n", " ").replace("`", "")
    return {"summary": plain, "description": description}


def _secure(document: Schema) -> None:
    document["components"]["securitySchemes"] = {"token": TOKEN}
    for path, methods in document["paths"].items():
        if needs_token(path):
            for operation in methods.values():
                operation["security"] = [{"token": []}]
