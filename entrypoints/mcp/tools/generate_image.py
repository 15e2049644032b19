"""The tool generate_image."""

from collections.abc import Mapping
from typing import Any

from mcp_types import CallToolResult

from entrypoints.jobs.submit import read_generation, submit
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_spec import GENERATES, ToolSpec
from entrypoints.wire.inputs import GenerateArguments
from entrypoints.wire.outputs import ImagesResult


async def read(call: ToolCall, arguments: Mapping[str, Any]) -> GenerateArguments:
    """Read the arguments, and tell everything that is wrong with them."""
    return await read_generation(call.container, arguments)


async def handle(call: ToolCall, arguments: GenerateArguments) -> CallToolResult:
    """Start or join the job for these arguments and wait for its images."""
    job = await submit(call.container, arguments, call.caller, call.ask)
    return await call.answer_job(job, arguments.detail)


TOOL = ToolSpec(
    name="generate_image",
    title="Generate an image",
    description="Generate images from a text prompt with a GPT Image model. Costs money. "
    "Returns the image, its ID and its file path.",
    input=GenerateArguments,
    output=ImagesResult,
    annotations=GENERATES,
    handle=handle,
    read=read,
)
