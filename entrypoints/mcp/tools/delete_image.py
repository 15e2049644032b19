"""The tool delete_image."""

from typing import Annotated

from mcp_types import CallToolResult
from msgspec import Meta, Struct

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import DELETES, ToolSpec
from entrypoints.wire.argument_specs import IMAGE
from entrypoints.wire.outputs import DeleteImageResult


class DeleteArguments(Struct, forbid_unknown_fields=True):
    """Arguments of delete_image."""

    id: Annotated[
        str,
        Meta(
            description="The image's ID.",
            extra=IMAGE,
            extra_json_schema={"pattern": "^img_[0-9a-f]{32}$"},
        ),
    ]


async def handle(call: ToolCall, arguments: DeleteArguments) -> CallToolResult:
    """Delete one of the caller's images."""
    id_ = await call.image_id(arguments.id, newest=False)
    deleted = await call.container.delete_image()(id_, owner=call.caller.owner)
    text = f"Deleted {id_}: {deleted.bytes:,} bytes. Its cost stays on record."
    return to_text_result(text, DeleteImageResult(id=id_, bytes=deleted.bytes))


TOOL = ToolSpec(
    name="delete_image",
    title="Delete an image",
    description="Permanently delete an image and its files.",
    input=DeleteArguments,
    annotations=DELETES,
    handle=handle,
)
