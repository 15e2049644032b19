"""The tool cache_stats."""

from mcp_types import CallToolResult

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec
from entrypoints.wire.cache_results import stats_result, stats_text
from entrypoints.wire.inputs import NoArguments


async def handle(call: ToolCall, _: NoArguments) -> CallToolResult:
    """Report the state of every cache tier."""
    tiers = await call.container.cache_stats()()
    return to_text_result(stats_text(tiers), stats_result(tiers))


TOOL = ToolSpec(
    name="cache_stats",
    title="Image cache statistics",
    description="Show what the cache holds in memory and on disk, and its hits and misses.",
    input=NoArguments,
    annotations=READS,
    handle=handle,
)
