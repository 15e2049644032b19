"""Which requests open a WebSocket (RFC 6455), and at which paths."""

import re
from collections.abc import Iterable

IMAGES_PATH, MCP_PATH = "/ws", "/mcp/ws"
SUBPROTOCOLS = {IMAGES_PATH: "gpt-image.v1", MCP_PATH: "mcp"}
"""The subprotocol of each path that has a WebSocket."""
IS_AWAITED = "gpt_image.is_awaited"
"""The key, in the state of an ASGI scope, of a function: whether messages for the client may still
come without a further one of its own."""
VERSION = b"13"
KEY = re.compile(rb"[A-Za-z0-9+/]{21}[AQgw]==")
"""16 bytes in base64."""


def is_opening_handshake(method: bytes, url: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether this HTTP request opens a WebSocket at a path that has one.

    Names of headers are in lower case. All others are plain requests: the routes of those paths
    answer them with 426.
    """
    if method != b"GET" or url.partition(b"?")[0].decode("latin-1") not in SUBPROTOCOLS:
        return False
    given: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        given.setdefault(name, []).append(value.strip())
    keys, connection = given.get(b"sec-websocket-key", []), b",".join(given.get(b"connection", []))
    return (
        [value.lower() for value in given.get(b"upgrade", [])] == [b"websocket"]
        and b"upgrade" in [token.strip().lower() for token in connection.split(b",")]
        and given.get(b"sec-websocket-version") == [VERSION]
        and len(keys) == 1
        and KEY.fullmatch(keys[0]) is not None
        and not {b"content-length", b"transfer-encoding"} & given.keys()
    )
