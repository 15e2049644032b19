"""The resource image://{id}/thumb."""

from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import Contents, ResourceSpec, Values
from entrypoints.mcp.resources.image_ids import suggest_ids
from entrypoints.mcp.resources.smaller_image import read_smaller

MAX_SIDE = 256
"""Pixels, as of the thumbnails over HTTP."""


async def read(request: ResourceRequest, values: Values) -> Contents:
    """A thumbnail of an image."""
    return await read_smaller(request, values, "thumb", MAX_SIDE)


RESOURCE = ResourceSpec(
    name="image-thumb",
    title="Thumbnail of an image",
    description=f"An image of at most {MAX_SIDE} pixels a side, as PNG or JPEG.",
    uri="image://{id}/thumb",
    read=read,
    suggest={"id": suggest_ids},
)
