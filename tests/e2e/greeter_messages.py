"""The messages of MCP that the greeter's tests write, in the forms of both eras."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from entrypoints.mcp.app_clients import APP_TYPE

Step = bytes | int
"""A line, or the number of answers after which the client goes on."""
Script = Callable[[str], list[Step]]
"""A conversation in a protocol version."""
META = "io.modelcontextprotocol/"
LEGACY, MODERN = HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
APPS = {f"{META}ui": {"mimeTypes": [APP_TYPE]}}
"""The extensions of a client that shows MCP Apps."""
CLIENT = {"name": "client", "version": "1"}
_numbers = count(100)
REJECTIONS = (-32700, -32600)
"""Error codes of our transport. It may overtake the SDK's answers, with a greeter or without."""
INITIALIZED = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'


def line(**members: Any) -> bytes:  # noqa: ANN401 - any JSON
    return json.dumps({"jsonrpc": "2.0", **members}, ensure_ascii=False).encode()


def ping(number: Any = 3, **members: Any) -> bytes:  # noqa: ANN401 - any JSON
    return line(id=number, method="ping", **members)


def tools(number: Any = 2, **members: Any) -> bytes:  # noqa: ANN401 - any JSON
    return line(id=number, method="tools/list", **members)


def templates(number: Any = 7, **members: Any) -> bytes:  # noqa: ANN401 - any JSON
    return line(id=number, method="resources/templates/list", **members)


def call(number: Any = 4, **members: Any) -> bytes:  # noqa: ANN401 - any JSON
    params = {"name": "list_images", "arguments": {}, **members}
    return line(id=number, method="tools/call", params=params)


def start(version: str, number: Any = 1, **params: Any) -> bytes:  # noqa: ANN401 - any JSON
    given = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT, **params}
    kept = {name: value for name, value in given.items() if value is not ...}
    return line(id=number, method="initialize", params=kept)


def modern(
    version: str,
    method: Any = "tools/list",  # noqa: ANN401 - so that members of `_meta` may be any JSON
    number: Any = ...,  # noqa: ANN401 - any JSON
    **meta: Any,  # noqa: ANN401 - any JSON
) -> bytes:
    number = next(_numbers) if number is ... else number
    envelope = {f"{META}protocolVersion": version, f"{META}clientCapabilities": {}, **meta}
    kept = {name: value for name, value in envelope.items() if value is not ...}
    return line(id=number, method=method, params={"_meta": kept})


def cancel(number: int | str) -> bytes:
    return line(method="notifications/cancelled", params={"requestId": number})


def after_start(*steps: Step) -> Script:
    return lambda version: [start(version), INITIALIZED, *steps]


def capable(**capabilities: Any) -> Script:  # noqa: ANN401 - any JSON
    return lambda version: [start(version, capabilities=capabilities), INITIALIZED, tools()]


def info(**client: Any) -> Script:  # noqa: ANN401 - any JSON
    return lambda version: [start(version, clientInfo=client), INITIALIZED, tools()]


def deep(levels: int) -> bytes:
    return b'{"jsonrpc":"2.0","id":5,"method":"ping","params":{"a":%b1%b}}' % (
        b'{"a":' * levels,
        b"}" * levels,
    )


def in_order(messages: list[Any]) -> tuple[list[Any], list[Any]]:
    """The answers of the SDK and those of the transport, both in their order."""
    rejected = [each for each in messages if each.get("error", {}).get("code") in REJECTIONS]
    return [each for each in messages if each not in rejected], rejected
