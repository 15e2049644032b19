"""A server with every feature that the conformance suite tests, over our own transport."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from mcp.server.lowlevel.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    JSONRPCMessage,
    ListToolsResult,
    SetLevelRequestParams,
)

from entrypoints.config.settings import Settings
from entrypoints.http.application import with_security
from entrypoints.http.routes.mcp_endpoint import mcp_route, session_manager
from tests.conformance import catalog
from tests.conformance.fixtures import Context, ToolResult
from tests.conformance.questions import questions
from tests.conformance.rounds import rounds
from tests.conformance.tools import tools
from tests.e2e.loopback_server import serve_app

NAME = "conformance-fixtures"


@asynccontextmanager
async def serve_fixtures(settings: Settings) -> AsyncIterator[str]:
    """Serve the fixtures over HTTP, as the real tools are served; yield the URL of `/mcp`."""
    manager = session_manager(fixture_server())
    manager.event_store = MemoryEventStore()  # ours has none; the suite tests resumed streams
    manager.retry_interval = 100
    app = Litestar([mcp_route(manager)], logging_config=None)
    secured = with_security(app, settings)
    async with manager.run(), serve_app(secured) as url:
        yield f"{url}/mcp"


def fixture_server() -> Server[Any]:
    """An MCP server with all fixtures."""
    bus = InMemorySubscriptionBus()
    known = {each.tool.name: each for each in (*tools(bus), *questions(), *rounds())}

    async def list_tools(_: Context, __: object) -> ListToolsResult:
        return ListToolsResult(tools=[each.tool for each in known.values()])

    async def call_tool(context: Context, params: CallToolRequestParams) -> ToolResult:
        if params.name not in known:
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name}")
        return await known[params.name].answer(context, params)

    server: Server[Any] = Server(
        NAME,
        version="1",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=catalog.list_resources,
        on_list_resource_templates=catalog.list_templates,
        on_read_resource=catalog.read_resource,
        on_subscribe_resource=catalog.acknowledge,
        on_unsubscribe_resource=catalog.acknowledge,
        on_subscriptions_listen=ListenHandler(bus),
        on_list_prompts=catalog.list_prompts,
        on_get_prompt=catalog.get_prompt,
        on_completion=catalog.complete,
    )
    server.add_request_handler("logging/setLevel", SetLevelRequestParams, catalog.acknowledge)
    security = RequestStateSecurity.ephemeral()
    server.middleware.append(RequestStateBoundary(security, default_audience=NAME))
    return server


class MemoryEventStore(EventStore):
    """Stores every event of every stream."""

    def __init__(self) -> None:
        self._events: list[tuple[str, JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        self._events.append((stream_id, message))
        return str(len(self._events) - 1)

    async def replay_events_after(
        self, last_event_id: str, send_callback: EventCallback
    ) -> str | None:
        last = int(last_event_id)
        stream = self._events[last][0]
        for number, (event_stream, message) in enumerate(self._events[last + 1 :], last + 1):
            if event_stream == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream
