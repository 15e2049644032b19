"""A minimal server of the MCP SDK over HTTP, as the baseline for our replies.

`python -m benchmarks.bare_http PORT RESULT.json` serves one tool, whose result is that file.
"""

import sys
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, Tool

TOOL = Tool(name="generate_image", input_schema={"type": "object"})


def main(port: int, result: CallToolResult) -> None:
    """Serve until a signal arrives."""

    async def list_tools(_: ServerRequestContext[Any, Any], __: object) -> ListToolsResult:
        return ListToolsResult(tools=[TOOL])

    async def call_tool(
        _: ServerRequestContext[Any, Any], __: CallToolRequestParams
    ) -> CallToolResult:
        return result

    server: Server[Any] = Server(
        "bare",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        get_tool_input_schema=lambda _: TOOL.input_schema,  # else all are listed before each call
    )
    uvicorn.run(server.streamable_http_app(), port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    text = Path(sys.argv[2]).read_text("utf-8")
    main(int(sys.argv[1]), CallToolResult.model_validate_json(text, by_name=False))
