"""The least that the MCP SDK can do over stdio, to measure our start-up against.

A script that imports nothing of ours: the lowlevel server with two tools that only echo.
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
    """Name both tools."""
    return ListToolsResult(tools=TOOLS)


async def call_tool(_context: Context, params: CallToolRequestParams) -> CallToolResult:
    """Say the arguments back."""
    return CallToolResult(content=[TextContent(type="text", text=str(params.arguments))])


async def main() -> None:
    """Serve until the input ends."""
    server = Server("bare", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    asyncio.run(main())
