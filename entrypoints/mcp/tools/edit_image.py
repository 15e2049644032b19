"""The tool edit_image."""

from collections.abc import Mapping
from typing import Any

from mcp_types import CallToolResult

from entrypoints.jobs.submit import read_edit, submit
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_spec import GENERATES, ToolSpec
from entrypoints.wire.inputs import EditArguments
from entrypoints.wire.outputs import ImagesResult


async def read(call: ToolCall, arguments: Mapping[str, Any]) -> EditArguments:
    """Read the arguments, and tell everything that is wrong with them or with the images."""
    return await read_edit(call.container, arguments, call.caller.owner)


async def handle(call: ToolCall, arguments: EditArguments) -> CallToolResult:
    """Start or join the job for these arguments and wait for its images."""
    job = await submit(call.container, arguments, call.caller, call.ask)
    return await call.answer_job(job, arguments.detail)


TOOL = ToolSpec(
    name="edit_image",
    title="Edit images",
    description="Edit or combine images from a text prompt, optionally only inside a mask's "
    "transparent area. Costs money. Refer to earlier images by their img_… IDs.",
    input=EditArguments,
    output=ImagesResult,
    annotations=GENERATES,
    handle=handle,
    read=read,
)
