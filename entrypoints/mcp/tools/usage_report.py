"""The tool usage."""

from typing import Annotated

from mcp_types import CallToolResult
from msgspec import Meta, Struct

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec
from entrypoints.wire.usage_results import usage_lines, usage_result


class UsageArguments(Struct, forbid_unknown_fields=True):
    """Arguments of usage."""

    days: Annotated[int, Meta(ge=1, le=3660, description="Days, including today.")] = 30


async def handle(call: ToolCall, arguments: UsageArguments) -> CallToolResult:
    """Report the spending of all callers that share the records."""
    from entrypoints.wire.plain_console import plain_console
    from entrypoints.wire.usage_tables import usage_text

    report = await call.container.report_usage()(arguments.days)
    result = usage_result(report)
    return to_text_result(f"{usage_text(report, plain_console())}\n{usage_lines(result)}", result)


TOOL = ToolSpec(
    name="usage",
    title="Show spending",
    description="Show spending by day and model, and budgets.",
    input=UsageArguments,
    annotations=READS,
    handle=handle,
)
