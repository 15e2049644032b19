"""The tool list_conversations."""

from mcp_types import CallToolResult

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec
from entrypoints.wire.conversation_results import list_result, list_text
from entrypoints.wire.inputs import NoArguments


async def handle(call: ToolCall, _: NoArguments) -> CallToolResult:
    """List the caller's conversations."""
    found = await call.container.list_conversations()(owner=call.caller.owner)
    return to_text_result(list_text(found), list_result(found))


TOOL = ToolSpec(
    name="list_conversations",
    title="List conversations",
    description="List conversations.",
    input=NoArguments,
    annotations=READS,
    handle=handle,
)
