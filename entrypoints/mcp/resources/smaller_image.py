"""Smaller forms of an image, which every client can show."""

from mcp_types import BlobResourceContents

from domain.errors import NotFound
from domain.image import Image
from entrypoints.mcp.resource_contents import image_contents
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import Contents, Values


async def smaller_image(
    request: ResourceRequest, image: Image, view: str, max_side: int
) -> BlobResourceContents | None:
    """A PNG or JPEG of the image that fits into one message; None if none can be made."""
    smaller = await request.container.preview_images().portable(
        image, max_side=max_side, max_bytes=request.chunk_bytes
    )
    if smaller is None:
        return None
    return image_contents(request, f"image://{image.id}/{view}", smaller)


async def read_smaller(
    request: ResourceRequest, values: Values, view: str, max_side: int
) -> Contents:
    """The contents of the resource `view`; raise NotFound if no such form can be made."""
    image = await request.image(values["id"])
    contents = await smaller_image(request, image, view, max_side)
    if contents is None:
        hint = f"Read image://{image.id}/chunk/1, which is its first bytes."
        raise NotFound(f"No {view} of {image.id} can be made.", hint=hint)
    return [contents]
