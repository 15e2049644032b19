"""A minimal server of the MCP SDK over stdio, as the baseline for our start-up.

This script imports nothing of ours: it is the lowlevel server with two echo tools.
"""

import asyncio
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent, Tool
from mcp_types import PaginatedRequestParams as Page

Context = ServerRequestContext[Any, Any]
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TOOLS = [Tool(name=name, description="Echo.", input_schema=SCHEMA) for name in ("one", "two")]


async def list_tools(_context: Context, _page: Page | None) -> ListToolsResult:
    """List both tools."""
    return ListToolsResult(tools=TOOLS)


async def call_tool(_context: Context, params: CallToolRequestParams) -> CallToolResult:
    """Return the arguments as text."""
    return CallToolResult(content=[TextContent(type="text", text=str(params.arguments))])


async def main() -> None:
    """Serve until the input ends."""
    server = Server("bare", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    asyncio.run(main())
