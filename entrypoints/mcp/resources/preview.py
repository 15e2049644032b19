"""The resource image://{id}/preview."""

from mcp_types import BlobResourceContents

from domain.image import Image
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import Contents, ResourceSpec, Values
from entrypoints.mcp.resources.image_ids import suggest_ids
from entrypoints.mcp.resources.smaller_image import read_smaller, smaller_image

MAX_SIDE = 1024
"""Pixels, as of the previews in results and over HTTP."""


async def preview_of(request: ResourceRequest, image: Image) -> BlobResourceContents | None:
    """A PNG or JPEG of the image that fits; None if none can be made."""
    return await smaller_image(request, image, "preview", MAX_SIDE)


async def read(request: ResourceRequest, values: Values) -> Contents:
    """A preview of an image."""
    return await read_smaller(request, values, "preview", MAX_SIDE)


RESOURCE = ResourceSpec(
    name="image-preview",
    title="Preview of an image",
    description=f"An image of at most {MAX_SIDE} pixels a side, as PNG or JPEG.",
    uri="image://{id}/preview",
    read=read,
    suggest={"id": suggest_ids},
)
