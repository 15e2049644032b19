"""MCP over streamable HTTP: the SDK's one session manager, behind the same tools as everywhere."""

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
from entrypoints.http.security.body_limits import MAX_BODY_BYTES
from entrypoints.http.security.caller_resolver import CallerResolver
from entrypoints.http.security.request_checks import only_json
from entrypoints.mcp.tool_server import Context, build_server
from entrypoints.wire.caller import Caller

MAX_SESSIONS = 1_000
SESSION_IDLE_TIMEOUT = 600.0
"""Seconds."""


def mcp_server(container: Container, callers: CallerResolver) -> Server[Any]:
    """The server that every transport has, with callers as HTTP tells them apart."""
    settings = container.settings()

    async def open_container() -> Container:
        return container

    def caller_of(context: Context) -> Caller:
        scope = _scope_of(context)
        urls = image_urls_of(scope, settings.public_url)
        return replace(callers.resolve(scope), link=urls.image)

    def observe(context: Context, outcome: JobHandle | ImageServiceError) -> None:
        note_outcome(_scope_of(context), outcome)

    return build_server(open_container, settings, caller_of=caller_of, observe=observe)


def _scope_of(context: Context) -> Mapping[str, Any]:
    """The ASGI scope of the HTTP request that carries this message of a session."""
    assert context.request is not None, "every call over this transport comes in a request"
    scope: Mapping[str, Any] = context.request.scope
    return scope


def session_manager(server: Server[Any]) -> StreamableHTTPSessionManager:
    """Stateful, server-sent events for the handshake eras, unknown sessions 404.

    Host, Origin and token were looked at by the Doorkeeper, for all routes alike.
    """
    return StreamableHTTPSessionManager(
        server,
        session_idle_timeout=SESSION_IDLE_TIMEOUT,
        max_sessions=MAX_SESSIONS,
        max_request_body_size=MAX_BODY_BYTES,
    )


def mcp_route(manager: StreamableHTTPSessionManager) -> Any:  # noqa: ANN401 - Litestar's route handler
    """The route `/mcp`. It guards itself: Litestar copies a handler for each guard and call."""
    handle = as_response(manager.handle_request)

    @asgi("/mcp", copy_scope=True)
    async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
        only_json(scope)
        await handle(scope, receive, send)

    return mcp
