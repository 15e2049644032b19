"""The tool get_conversation."""

from mcp_types import CallToolResult

from domain.conversations import ConversationId
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec
from entrypoints.wire.conversation_results import conversation_result, conversation_text
from entrypoints.wire.inputs import ConversationArguments


async def handle(call: ToolCall, arguments: ConversationArguments) -> CallToolResult:
    """Show the turns of one of the caller's conversations."""
    id_ = ConversationId(arguments.conversation_id.strip())
    found = await call.container.get_conversation()(id_, owner=call.caller.owner)
    return to_text_result(conversation_text(found), conversation_result(found))


TOOL = ToolSpec(
    name="get_conversation",
    title="Show a conversation",
    description="Show the turns of a conversation.",
    input=ConversationArguments,
    annotations=READS,
    handle=handle,
)
