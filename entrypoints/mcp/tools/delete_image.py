"""The tool delete_image."""

from typing import Annotated

from mcp_types import CallToolResult
from msgspec import Meta, Struct

from entrypoints.jobs.image_references import naming_images
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_text_result
from entrypoints.mcp.tool_spec import DELETES, ToolSpec
from entrypoints.wire.argument_specs import IMAGE
from entrypoints.wire.outputs import DeleteImageResult
from entrypoints.wire.trash_results import deletion, deletion_text, restored_text


class DeleteArguments(Struct, forbid_unknown_fields=True):
    """Arguments of delete_image."""

    id: Annotated[
        str,
        Meta(
            description="The image's ID.",
            extra=IMAGE,
        ),
    ]
    undo: Annotated[bool, Meta(description="Restore it.")] = False


async def handle(call: ToolCall, arguments: DeleteArguments) -> CallToolResult:
    """Move one of the caller's images to the trash, or restore it from there."""
    owner = call.caller.owner
    id_ = await call.image_id(arguments.id, newest=False, trashed=arguments.undo)
    if arguments.undo:
        async with naming_images(call.container, owner, trashed=True):
            await call.container.restore_image()(id_, owner=owner)
        restored = DeleteImageResult(id=id_, restored=True)
        return to_text_result(restored_text([id_]), restored)
    undo = f'delete_image {{"id": "{id_}", "undo": true}}'
    deleted = await call.container.delete_image()(id_, owner=owner)
    text = deletion_text(id_, deleted, undo=undo)
    return to_text_result(text, deletion(id_, deleted, undo=undo))


TOOL = ToolSpec(
    name="delete_image",
    title="Delete an image",
    description="Move an image to the trash, or back.",
    input=DeleteArguments,
    annotations=DELETES,
    handle=handle,
)
