"""The resource image://{id}/metadata."""

from entrypoints.mcp.resource_contents import chunk_facts, json_contents
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import JSON, Contents, ResourceSpec, Values
from entrypoints.mcp.resources.image_ids import suggest_ids
from entrypoints.wire.image_metadata import image_metadata

ROOM = 10_000
"""Bytes set aside for everything but the prompts."""
MAX_CHARACTER = 12
"""Bytes of a character in a message: an emoji that the SDK escapes."""


async def read(request: ResourceRequest, values: Values) -> Contents:
    """What is known of an image, and the number of its chunks for this client."""
    id_ = await request.image_id(values["id"])
    described = await request.container.describe_image()(id_, owner=request.caller.owner)
    metadata = image_metadata(described, request.caller, max_text=_max_text(request))
    metadata.chunks = chunk_facts(described.image, request.chunk_bytes)["chunks"]
    return [json_contents(f"image://{id_}/metadata", metadata)]


def _max_text(request: ResourceRequest) -> int:
    """Characters that each of the two prompts may have in one message."""
    return (request.max_bytes - ROOM) // (2 * MAX_CHARACTER)


RESOURCE = ResourceSpec(
    name="image-metadata",
    title="Metadata of an image",
    description="Prompt, model, size, digest, cost and job of an image.",
    uri="image://{id}/metadata",
    media_type=JSON,
    read=read,
    suggest={"id": suggest_ids},
)
