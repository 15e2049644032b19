"""The AsyncAPI document: the WebSockets of the server, and what goes over them."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP, Settings
from entrypoints.http.openapi.document import TOKEN
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.http.websocket.message_schemas import (
    BINARY,
    client_messages,
    referenced,
    server_messages,
)
from entrypoints.http.websocket.opening_handshake import IMAGES_PATH, MCP_PATH, SUBPROTOCOLS
from entrypoints.wire.json_schema import Schema

INTRODUCTION = """
Generate and edit images over a WebSocket, with many jobs on one connection, and the Model Context
Protocol over another.

Every message about an operation has the `id` of the client's message. A binary frame with an image
follows each `partial` and `image` directly. openapi.json describes the paths of plain HTTP.
"""
JSON_RPC_TEXT = "A JSON-RPC message of the Model Context Protocol, in the negotiated version."


def asyncapi(settings: Settings) -> Schema:
    """The document (AsyncAPI 3.0)."""
    client, server = client_messages(), server_messages()
    json = {name: {"name": name, "payload": each} for name, each in {**client, **server}.items()}
    rpc = {"name": "jsonRpc", "summary": JSON_RPC_TEXT, "payload": ref("JSONRPCMessage")}
    binary = {"name": "data", "contentType": "application/octet-stream", "payload": BINARY}
    messages: dict[str, Schema] = {**json, "data": binary, "jsonRpc": rpc}
    document: Schema = {
        "asyncapi": "3.0.0",
        "info": {
            "title": APP,
            "version": version(),
            "license": {"name": "MIT"},
            "description": INTRODUCTION.strip(),
        },
        "defaultContentType": "application/json",
        "servers": {"main": _server(settings)},
        "channels": {
            "images": _channel(IMAGES_PATH, [*client, *server, "data"]),
            "mcp": _channel(MCP_PATH, ["jsonRpc"]),
        },
        "operations": {
            "receiveRequests": _operation("receive", "images", client),
            "sendAnswers": _operation("send", "images", [*server, "data"]),
            "receiveMcpMessages": _operation("receive", "mcp", ["jsonRpc"]),
            "sendMcpMessages": _operation("send", "mcp", ["jsonRpc"]),
        },
        "components": {"messages": messages, "schemas": referenced(messages)},
    }
    if settings.auth_token is not None:
        document["components"]["securitySchemes"] = {"token": TOKEN}
        document["servers"]["main"]["security"] = [{"$ref": "#/components/securitySchemes/token"}]
    return document


def _server(settings: Settings) -> Schema:
    """The server of PUBLIC_URL, or the one that listens on this machine."""
    public = urlsplit(settings.public_url or f"http://localhost:{settings.port or 3000}")
    server: Schema = {
        "host": public.netloc,
        "protocol": "wss" if public.scheme == "https" else "ws",
    }
    return server | ({"pathname": path} if (path := public.path.rstrip("/")) else {})


def _channel(path: str, names: Iterable[str]) -> Schema:
    subprotocol = {"type": "string", "const": SUBPROTOCOLS[path]}
    headers = {"type": "object", "properties": {"Sec-WebSocket-Protocol": subprotocol}}
    return {
        "address": path,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"method": "GET", "headers": headers, "bindingVersion": "0.1.0"}},
    }


def _operation(action: str, channel: str, names: Iterable[str]) -> Schema:
    place = f"#/channels/{channel}"
    return {
        "action": action,
        "channel": {"$ref": place},
        "messages": [{"$ref": f"{place}/messages/{name}"} for name in names],
    }
