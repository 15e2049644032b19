"""The tool list_images."""

from typing import Annotated

from mcp_types import CallToolResult
from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec
from entrypoints.wire.cursors import decode_cursor
from entrypoints.wire.listings import listing, listing_text


class ListArguments(Struct, forbid_unknown_fields=True):
    """Arguments of list_images."""

    limit: Annotated[int, Meta(ge=1, le=100, description="Number of images, 1 to 100.")] = 20
    cursor: Annotated[str | UnsetType, Meta(description="nextCursor of the last page.")] = UNSET


async def handle(call: ToolCall, arguments: ListArguments) -> CallToolResult:
    """List the caller's latest images and unsettled jobs."""
    limit = arguments.limit
    found = await call.container.list_images()(
        owner=call.caller.owner, limit=limit, cursor=decode_cursor(arguments.cursor or None)
    )
    listed = listing(found, limit, call.caller.link, paths=call.caller.reads_files)
    return to_text_result(listing_text(listed), listed)


TOOL = ToolSpec(
    name="list_images",
    title="List images",
    description="List the latest images, and jobs that are unfinished or whose outcome is unknown.",
    input=ListArguments,
    annotations=READS,
    handle=handle,
)
