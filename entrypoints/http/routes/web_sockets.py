"""The routes of WebSockets, for requests that do not open one, and for the OpenAPI document."""

from litestar import get

from entrypoints.http.openapi.operation import ApiResponse, Operation, parameter
from entrypoints.http.problem_documents import Problem, RequestRejected
from entrypoints.http.request_context import AnyRequest
from entrypoints.http.websocket.opening_handshake import IMAGES_PATH, MCP_PATH, SUBPROTOCOLS
from entrypoints.http.websocket.sockets import NO_SUBPROTOCOL

NOT_A_WEBSOCKET = Problem(
    status=426,
    code="upgrade_required",
    message="This path is a WebSocket, and the request does not open one.",
    hint="Connect with a WebSocket client (RFC 6455, version 13); a proxy must pass on Upgrade.",
    headers={"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"},
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
