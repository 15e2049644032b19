"""The tool read_image: an image in chunks, each below the client's limit for a message."""

from typing import Annotated, Literal

from mcp_types import CallToolResult
from msgspec import Meta, Struct

from application.use_cases.read_image_chunk import ImageChunk
from domain.errors import NotFound
from domain.renditions import ViewSpec
from entrypoints.mcp.resource_request import CHUNK_STEP
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import max_image_bytes, to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec

MAX_CHUNK = 512 * 1024 // CHUNK_STEP * CHUNK_STEP
"""Bytes of a chunk: a multiple of 3, so that the base64 of chunks can be joined."""
SIDES = {"preview": 1024, "thumb": 256}


class ReadArguments(Struct, forbid_unknown_fields=True):
    """Arguments of read_image."""

    id: Annotated[str, Meta(description="The img_… ID.")]
    view: Annotated[
        Literal["full", "preview", "thumb"],
        Meta(description="The provider's bytes, or at most 1024 or 256 pixels a side."),
    ] = "full"
    chunk: Annotated[int, Meta(ge=1, description="Number of the chunk, from 1 on.")] = 1


class ReadResult(Struct, rename="camel", kw_only=True):
    """A chunk. The `data` of all chunks, joined, is the base64 of the image."""

    id: str
    mime_type: str
    bytes: int
    width: int
    height: int
    chunk: int
    chunks: int
    data: str


async def handle(call: ToolCall, arguments: ReadArguments) -> CallToolResult:
    """Read one chunk of an image, or of a smaller view of it, which has one."""
    image_id = await call.image_id(arguments.id)
    room = max_image_bytes(call.max_bytes, 1) // CHUNK_STEP * CHUNK_STEP
    size = min(room, MAX_CHUNK)
    if arguments.view == "full":
        chunk = await call.container.read_image_chunk()(
            image_id, arguments.chunk, size=size, owner=call.caller.owner
        )
    else:
        chunk = await _smaller(call, image_id, SIDES[arguments.view], size)
    return _result(call, image_id, chunk)


async def _smaller(call: ToolCall, image_id: str, side: int, size: int) -> ImageChunk:
    original = await call.container.view_image()(image_id, ViewSpec(), owner=call.caller.owner)
    smaller = await call.container.preview_images().portable(
        original.image, max_side=side, max_bytes=size
    )
    if smaller is None:
        hint = "Read it in full."
        raise NotFound(f"No smaller view of {image_id} can be made.", hint=hint)
    return ImageChunk(image=smaller, number=1, size=size)


def _result(call: ToolCall, image_id: str, chunk: ImageChunk) -> CallToolResult:
    image, size = chunk.image, chunk.image.dimensions
    facts = ReadResult(
        id=image_id,
        mime_type=image.format.media_type,
        bytes=len(image.data),
        width=size.width,
        height=size.height,
        chunk=chunk.number,
        chunks=chunk.count,
        data=call.image_data(chunk.data),
    )
    text = f"Chunk {chunk.number} of {chunk.count} of {image_id}."
    return to_text_result(text, facts)


TOOL = ToolSpec(
    name="read_image",
    title="Read an image in chunks",
    description="For the image viewer only: the bytes of an image in chunks.",
    input=ReadArguments,
    annotations=READS,
    handle=handle,
)
