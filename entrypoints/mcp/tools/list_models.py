"""The tool list_models."""

from mcp_types import CallToolResult

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec
from entrypoints.wire.inputs import NoArguments
from entrypoints.wire.model_results import ModelsResult, catalog_entries, model_lines


async def handle(call: ToolCall, _: NoArguments) -> CallToolResult:
    """List the models of all providers."""
    from entrypoints.wire.model_tables import catalog_text
    from entrypoints.wire.plain_console import plain_console

    listing = call.container.list_models()()
    result = ModelsResult(models=catalog_entries(listing))
    text = f"{catalog_text(listing, plain_console())}\n{model_lines(result.models)}"
    return to_text_result(text, result)


TOOL = ToolSpec(
    name="list_models",
    title="List models",
    description="List models: sizes, qualities, prices, shutdown dates.",
    input=NoArguments,
    annotations=READS,
    handle=handle,
)
