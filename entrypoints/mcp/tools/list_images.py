"""The tool list_images."""

from typing import Annotated

from mcp_types import CallToolResult
from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec
from entrypoints.wire.image_filters import read_query
from entrypoints.wire.listings import listing, listing_text

Text = str | UnsetType


class ListArguments(Struct, forbid_unknown_fields=True):
    """Arguments of list_images."""

    limit: Annotated[int, Meta(ge=1, le=100, description="Number of images, 1 to 100.")] = 20
    cursor: Annotated[Text, Meta(description="nextCursor of the last page.")] = UNSET
    search: Annotated[Text, Meta(description="Words in the prompt.")] = UNSET
    model: Annotated[Text, Meta(description="Model.")] = UNSET
    since: Annotated[Text, Meta(description="Date, time, or age: 7d.")] = UNSET
    before: Annotated[Text, Meta(description="Date or time.")] = UNSET


async def handle(call: ToolCall, arguments: ListArguments) -> CallToolResult:
    """List the caller's images, and the unsettled jobs on the first page without filters."""
    query = read_query(
        now=call.container.clock().now().astimezone(),
        cursor=arguments.cursor or UNSET,
        search=arguments.search,
        model=arguments.model,
        since=arguments.since,
        before=arguments.before,
    )
    found = await call.container.list_images()(
        owner=call.caller.owner,
        limit=arguments.limit,
        cursor=query.cursor,
        matching=query.matching,
    )
    link, paths = call.caller.link, call.caller.reads_files
    listed = listing(found, arguments.limit, link, paths=paths, query=query)
    return to_text_result(listing_text(listed, query), listed)


TOOL = ToolSpec(
    name="list_images",
    title="List images",
    description="List or search images; also jobs that are unfinished or of unknown outcome.",
    input=ListArguments,
    annotations=READS,
    handle=handle,
)
