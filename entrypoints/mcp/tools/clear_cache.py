"""The tool clear_cache."""

from mcp_types import CallToolResult

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import DELETES, ToolSpec
from entrypoints.wire.cache_results import cleared_result, cleared_text
from entrypoints.wire.inputs import NoArguments
from entrypoints.wire.outputs import ClearCacheResult


async def handle(call: ToolCall, _: NoArguments) -> CallToolResult:
    """Empty the cache."""
    cleared = await call.container.clear_cache()()
    return to_text_result(cleared_text(cleared), cleared_result(cleared))


TOOL = ToolSpec(
    name="clear_cache",
    title="Clear the image cache",
    description="Clear the cache of previous results. Stored images are kept.",
    input=NoArguments,
    output=ClearCacheResult,
    annotations=DELETES,
    handle=handle,
)
