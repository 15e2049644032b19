"""The route of MCP over streamable HTTP: the SDK's session manager in front of our tools."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litestar import asgi
from litestar.types import Receive, Scope, Send
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError
from entrypoints.bootstrap.container import Container
from entrypoints.http.access_log import note_outcome
from entrypoints.http.asgi_responses import as_response
from entrypoints.http.images.urls import image_urls_of
from entrypoints.http.mcp_image_data import IMAGE_DATA, DetachedImages
from entrypoints.http.mcp_messages import CheckedMessages
from entrypoints.http.mcp_responses import JSON_ONLY, AcceptedResponses
from entrypoints.http.openapi.operation import ApiResponse, Operation, parameter
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.http.security.body_limits import MAX_BODY_BYTES
from entrypoints.http.security.caller_resolver import CallerResolver
from entrypoints.http.security.link_signer import LinkSigner
from entrypoints.http.security.request_checks import JSON, only_media_types
from entrypoints.mcp.server import build_server
from entrypoints.mcp.tool_results import ImageData
from entrypoints.mcp.transport_hooks import Context
from entrypoints.wire.caller import Caller
from entrypoints.wire.json_schema import Schema

MAX_SESSIONS = 1_000
SESSION_IDLE_TIMEOUT = 600.0
"""Seconds."""


def mcp_server(
    container: Container,
    callers: CallerResolver,
    warmed_up: asyncio.Event,
    signer: LinkSigner | None,
) -> Server[Any]:
    """The same server as over stdio, with the callers of HTTP requests.

    Calls wait for the warm-up. `signer` signs the links to their images, if it is there.
    """
    settings = container.settings()

    async def open_container() -> Container:
        await warmed_up.wait()
        return container

    def caller_of(context: Context) -> Caller:
        scope = _scope_of(context)
        caller = callers.resolve(scope)
        urls = image_urls_of(scope, settings, signer, caller.owner)
        return replace(caller, link=urls.link, preview=urls.preview)

    def observe(context: Context, outcome: JobHandle | ImageServiceError) -> None:
        note_outcome(_scope_of(context), outcome)

    return build_server(
        open_container,
        settings,
        caller_of=caller_of,
        observe=observe,
        image_data_of=_image_data_of,
        takes_questions=lambda context: not _scope_of(context)[JSON_ONLY],
    )


def _image_data_of(context: Context) -> ImageData:
    """Markers for the data of images, which are added to the response as it is sent."""
    images: DetachedImages = _scope_of(context)[IMAGE_DATA]
    return images.detach


def _scope_of(context: Context) -> Mapping[str, Any]:
    """The ASGI scope of the HTTP request that carries this message of a session."""
    assert context.request is not None, "every call over this transport comes in a request"
    scope: Mapping[str, Any] = context.request.scope
    return scope


def session_manager(server: Server[Any]) -> StreamableHTTPSessionManager:
    """Stateful sessions with server-sent events for versions that begin with `initialize`.

    An unknown session is a 404. The middleware of all routes has checked Host, Origin and token.
    """
    return StreamableHTTPSessionManager(
        server,
        session_idle_timeout=SESSION_IDLE_TIMEOUT,
        max_sessions=MAX_SESSIONS,
        max_request_body_size=MAX_BODY_BYTES,
    )


MESSAGE: Schema = {"application/json": {"schema": ref("JSONRPCMessage")}}
STREAM: Schema = {"text/event-stream": {"schema": {"type": "object"}}}
SESSION = {"MCP-Session-Id": "For every further request of the session."}
SESSION_PARAMETERS = (
    parameter("MCP-Session-Id", "header", "From the response to `initialize`.", type="string"),
    parameter("MCP-Protocol-Version", "header", "The negotiated version.", type="string"),
)
HANDSHAKE_ONLY = ApiResponse(
    description="Versions from 2026-07-28 on support POST only.",
    headers={"Allow": "The supported methods."},
)


def _error(description: str) -> ApiResponse:
    return ApiResponse(description=f"A JSON-RPC error: {description}", content=MESSAGE)


ERRORS = {
    400: _error("not JSON, not a message, or no session."),
    404: _error("an unknown or ended session, or an unknown method."),
    406: _error("the Accept header allows no type of the response."),
    500: _error("an internal error."),
}
OPERATIONS = {
    "POST": Operation(
        name="send_mcp_message",
        text="""Send a JSON-RPC message of the Model Context Protocol.

        All protocol versions are supported: those that begin with `initialize` and have a session,
        and those from 2026-07-28 on, which have none.
        """,
        tag="MCP",
        parameters=(
            *SESSION_PARAMETERS,
            parameter(
                "Accept", "header", "One or both media types of the response.", type="string"
            ),
        ),
        body={"schema": ref("JSONRPCMessage")},
        responses={
            **ERRORS,
            200: ApiResponse(
                description="The response.", content={**MESSAGE, **STREAM}, headers=SESSION
            ),
            202: ApiResponse(description="A notification or a response was accepted."),
            503: _error("too many open sessions."),
        },
    ),
    "GET": Operation(
        name="listen_to_mcp_session",
        text="Receive the messages that the server initiates in a session.",
        tag="MCP",
        parameters=SESSION_PARAMETERS,
        responses={
            **ERRORS,
            200: ApiResponse(description="The server's messages.", content=STREAM, headers=SESSION),
            405: HANDSHAKE_ONLY,
            409: _error("the session already has such a stream."),
        },
    ),
    "DELETE": Operation(
        name="end_mcp_session",
        text="End a session.",
        tag="MCP",
        parameters=SESSION_PARAMETERS,
        responses={
            **ERRORS,
            200: ApiResponse(
                description="The session has ended.", content={"application/json": {}}
            ),
            405: HANDSHAKE_ONLY,
        },
    ),
}
"""By method: the SDK answers all of them."""


def mcp_route(manager: StreamableHTTPSessionManager) -> Any:  # noqa: ANN401 - Litestar's route handler
    """The route `/mcp`.

    It checks the content type itself, because Litestar copies a handler for each guard and call.
    """
    resumable = manager.event_store is not None
    accepted = AcceptedResponses(manager.handle_request)
    handle = as_response(CheckedMessages(accepted, resumable=resumable))

    @asgi("/mcp", copy_scope=True, operations=OPERATIONS)
    async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
        only_media_types(scope, (JSON,))
        await handle(scope, receive, send)

    return mcp
