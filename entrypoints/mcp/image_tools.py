"""The tools that look at pictures of before, and take them away."""

from typing import TYPE_CHECKING, Any

import msgspec
from mcp_types import CallToolResult, TextContent

from entrypoints.wire.inputs import DeleteArguments, ListArguments
from entrypoints.wire.listings import listing, listing_text
from entrypoints.wire.outputs import DeleteImageResult
from entrypoints.wire.parsing import parse

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container


async def list_images(
    container: "Container", arguments: dict[str, Any], owner: str
) -> CallToolResult:
    """Answer the tool list_images."""
    limit = parse(ListArguments, arguments).limit
    listed = await container.list_images()(owner=owner, limit=limit)
    return told(listing_text(listed, limit), listing(listed, limit))


async def delete_image(
    container: "Container", arguments: dict[str, Any], owner: str
) -> CallToolResult:
    """Answer the tool delete_image."""
    id_ = parse(DeleteArguments, arguments).id
    deleted = await container.delete_image()(id_, owner=owner)
    text = f"Deleted {id_}: {deleted.bytes:,} bytes. What it cost stays recorded."
    return told(text, DeleteImageResult(id=id_, bytes=deleted.bytes))


def told(text: str, result: msgspec.Struct) -> CallToolResult:
    """A result without pictures: the same in words and for programs."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=msgspec.to_builtins(result),
    )
