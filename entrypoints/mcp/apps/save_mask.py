"""The tool save_mask: a mask that a person has marked in the viewer, kept for an edit."""

from typing import Annotated

from mcp_types import CallToolResult
from msgspec import Meta, Struct

from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import CHANGES, ToolSpec
from entrypoints.wire.image_texts import decoded


class MaskArguments(Struct, forbid_unknown_fields=True):
    """Arguments of save_mask."""

    image: Annotated[str, Meta(description="The img_… ID of the image that the mask is for.")]
    data: Annotated[
        str,
        Meta(description="A PNG of its size in base64, transparent where the image may change."),
    ]


class MaskResult(Struct, rename="camel"):
    """The ID of the mask, for edit_image."""

    mask_id: str


async def handle(call: ToolCall, arguments: MaskArguments) -> CallToolResult:
    """Store the mask, and return its ID."""
    image_id = await call.image_id(arguments.image)
    data = decoded(arguments.data, "data")
    mask_id = await call.container.save_mask()(image_id, data, owner=call.caller.owner)
    text = f"Stored {mask_id} for {image_id}."
    return to_text_result(text, MaskResult(mask_id))


TOOL = ToolSpec(
    name="save_mask",
    title="Save a mask",
    description="For the image viewer only: store a mask for an image. Free.",
    input=MaskArguments,
    annotations=CHANGES,
    handle=handle,
)
