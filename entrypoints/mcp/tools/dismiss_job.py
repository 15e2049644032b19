"""The tool dismiss_job."""

from typing import Annotated

from mcp_types import CallToolResult
from msgspec import Meta, Struct

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import CHANGES, ToolSpec
from entrypoints.wire.listings import job_line, listed_job


class DismissArguments(Struct, forbid_unknown_fields=True):
    """Arguments of dismiss_job."""

    id: Annotated[str, Meta(description="The job_… ID.")]


async def handle(call: ToolCall, arguments: DismissArguments) -> CallToolResult:
    """Leave one of the caller's jobs out of the lists; usage and budgets still count it."""
    owner, container = call.caller.owner, call.container
    job_id = arguments.id.strip()
    await container.dismiss_jobs()([job_id], owner=owner)
    record = await container.get_job()(job_id, owner=owner)
    dismissed = listed_job(record)
    text = f"Dismissed {job_id}: it is no longer listed. Usage and budgets still count it."
    return to_text_result(f"{text}\n{job_line(dismissed)}", dismissed)


TOOL = ToolSpec(
    name="dismiss_job",
    title="Dismiss a job",
    description="Stop listing a job of unknown outcome; budgets still count it.",
    input=DismissArguments,
    annotations=CHANGES,
    handle=handle,
)
