"""The resource image://{id}."""

from mcp_types import TextResourceContents

from domain.image import Image
from entrypoints.mcp.resource_contents import chunk_facts, image_contents
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import Contents, ResourceSpec, Values
from entrypoints.mcp.resources import preview
from entrypoints.mcp.resources.image_ids import suggest_ids


async def read(request: ResourceRequest, values: Values) -> Contents:
    """The whole image if it fits into one message, or else a preview and how to get the bytes."""
    image = await request.image(values["id"])
    uri, facts = f"image://{image.id}", chunk_facts(image, request.chunk_bytes)
    if facts["chunks"] == 1:
        return [image_contents(request, uri, image, facts)]
    text = _how_to_go_on(image, facts["chunks"])
    note = TextResourceContents(uri=uri, mime_type="text/plain", text=text, _meta=facts)
    shown = await preview.preview_of(request, image)
    return [note] if shown is None else [shown, note]


def _how_to_go_on(image: Image, chunks: int) -> str:
    start = f"image://{image.id}/chunk/"
    return (
        f"{image.id} has {len(image.data):,} bytes, more than one message to this client takes, so "
        f"this is a preview. For the image itself, read {start}1 to {start}{chunks} and join their "
        f"bytes in this order. The SHA-256 of the whole is {image.digest}."
    )


RESOURCE = ResourceSpec(
    name="image",
    title="Image",
    description="An image as the provider sent it; a preview if it is too large for one message.",
    uri="image://{id}",
    read=read,
    suggest={"id": suggest_ids},
)
