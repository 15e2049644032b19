"""The routes of WebSockets, for requests that do not open one, and for the OpenAPI document."""

from typing import Any

from litestar import get, post

from entrypoints.http.openapi.operation import ApiResponse, Operation, json_response, parameter
from entrypoints.http.openapi.schema_parts import URL, object_of
from entrypoints.http.problem_documents import Problem, RequestRejected
from entrypoints.http.request_context import (
    AnyRequest,
    caller_of,
    container_of,
    image_urls_for,
)
from entrypoints.http.security.link_signer import LinkSigner, LinkTarget
from entrypoints.http.websocket.middleware import NO_SUBPROTOCOL
from entrypoints.http.websocket.opening_handshake import IMAGES_PATH, MCP_PATH, SUBPROTOCOLS
from entrypoints.wire.json_schema import Schema

NOT_A_WEBSOCKET = Problem(
    status=426,
    code="upgrade_required",
    message="This path is a WebSocket, and the request does not open one.",
    hint="Connect with a WebSocket client (RFC 6455, version 13); a proxy must pass on Upgrade.",
    headers={"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"},
)


LINK_SECONDS = 60
"""How long a link opens a WebSocket: a page uses it at once."""
NO_LINKS = Problem(
    status=404,
    code="not_found",
    message="The server signs no links, because LINK_TTL is 0.",
    hint="Connect with Authorization: Bearer, or ask the operator to set LINK_TTL.",
)
LINKS: Schema = object_of(
    *("url", "mcpUrl"),
    url={**URL, "description": f"Of {IMAGES_PATH}."},
    mcpUrl={**URL, "description": f"Of {MCP_PATH}."},
    expires={"type": "integer", "description": "In seconds since 1970, if the URLs expire."},
)


def _socket(path: str) -> Operation:
    name = SUBPROTOCOLS[path]
    return Operation(
        tag="WebSockets",
        parameters=(
            parameter("Sec-WebSocket-Protocol", "header", f"Has `{name}`.", type="string"),
        ),
        responses={101: ApiResponse(description=f"The WebSocket is open, with `{name}`.")},
        refusals=(NOT_A_WEBSOCKET, NO_SUBPROTOCOL),
    )


@get(IMAGES_PATH, operation=_socket(IMAGES_PATH))
async def open_image_socket(request: AnyRequest) -> None:
    """Open a WebSocket: generate, edit and follow many jobs over one connection.

    Images come as binary frames. /asyncapi.json describes the messages.
    """
    raise RequestRejected(NOT_A_WEBSOCKET)


@get(MCP_PATH, operation=_socket(MCP_PATH))
async def open_mcp_socket(request: AnyRequest) -> None:
    """Open a WebSocket for the Model Context Protocol: one JSON-RPC message in each text frame."""
    raise RequestRejected(NOT_A_WEBSOCKET)


@post(
    "/ws/links",
    status_code=201,
    operation=Operation(
        tag="WebSockets",
        responses={201: json_response("URLs that open the WebSockets.", LINKS)},
        refusals=(NO_LINKS,),
    ),
)
async def create_socket_links(request: AnyRequest) -> dict[str, Any]:
    """Get URLs that open a WebSocket without the token, for a minute.

    Browsers cannot send a token with a WebSocket. An open connection lasts longer than its link.
    """
    signer: LinkSigner | None = request.app.state.link_signer
    container, urls = container_of(request), image_urls_for(request)
    if signer is None and container.settings().auth_token is not None:
        raise RequestRejected(NO_LINKS)
    owner, signed = caller_of(request).owner, dict[str, dict[str, str]]()
    until = int(container.clock().now().timestamp()) + LINK_SECONDS
    for path in SUBPROTOCOLS:
        target = LinkTarget(owner=owner, path=path)
        signed[path] = signer.sign(target, until=until) if signer else {}
    sockets = {path: urls.socket(path, signed[path]) for path in SUBPROTOCOLS}
    expires = signed[IMAGES_PATH].get("expires")
    facts = {"url": sockets[IMAGES_PATH], "mcpUrl": sockets[MCP_PATH]}
    return facts | ({"expires": int(expires)} if expires else {})
