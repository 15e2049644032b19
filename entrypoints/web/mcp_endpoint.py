"""MCP over streamable HTTP: the SDK's one session manager, behind the same tools as everywhere."""

from typing import Any

from litestar import asgi
from litestar.types import Receive, Scope, Send
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from entrypoints.container import Container
from entrypoints.mcp_server.server import Context, build_server
from entrypoints.web.callers import Callers
from entrypoints.web.uploads import LARGEST_BODY

MOST_SESSIONS = 1_000
IDLE_SESSIONS_END_AFTER = 600.0
"""Seconds."""


def session_manager(container: Container, callers: Callers) -> StreamableHTTPSessionManager:
    """Stateful, server-sent events for the handshake eras, unknown sessions 404.

    Host, Origin and token were looked at by the Doorkeeper, for all routes alike.
    """

    async def opened() -> Container:
        return container

    def caller_of(context: Context) -> Any:  # noqa: ANN401 - a Caller
        return callers.of(context.request.scope if context.request else {})

    return StreamableHTTPSessionManager(
        build_server(opened, container.settings(), caller_of=caller_of),
        session_idle_timeout=IDLE_SESSIONS_END_AFTER,
        max_sessions=MOST_SESSIONS,
        max_request_body_size=LARGEST_BODY,
    )


def mcp_route(manager: StreamableHTTPSessionManager) -> Any:  # noqa: ANN401 - Litestar's route handler
    """The route `/mcp`."""

    @asgi("/mcp", copy_scope=True)
    async def mcp(scope: Scope, receive: Receive, send: Send) -> None:
        await manager.handle_request(scope, receive, send)  # type: ignore[arg-type] # both are ASGI

    return mcp
