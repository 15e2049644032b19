"""The tool clear_conversation."""

from mcp_types import CallToolResult

from domain.conversations import ConversationId
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import DELETES, ToolSpec
from entrypoints.wire.conversation_results import cleared_conversation_text, cleared_result
from entrypoints.wire.inputs import ConversationArguments


async def handle(call: ToolCall, arguments: ConversationArguments) -> CallToolResult:
    """Delete all texts of one of the caller's conversations."""
    id_ = ConversationId(arguments.conversation_id.strip())
    cleared = await call.container.clear_conversation()(id_, owner=call.caller.owner)
    return to_text_result(cleared_conversation_text(id_, cleared), cleared_result(id_, cleared))


TOOL = ToolSpec(
    name="clear_conversation",
    title="Clear a conversation",
    description="Delete a conversation for good; its images stay.",
    input=ConversationArguments,
    annotations=DELETES,
    handle=handle,
)
