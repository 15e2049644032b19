"""The resources of the MCP server, one module each."""

from collections.abc import Sequence

from entrypoints.mcp.resource_spec import ResourceSpec
from entrypoints.mcp.resources import chunk, image, metadata, models, preview, thumb, usage

SCHEME = "image://"
RESOURCES: Sequence[ResourceSpec] = (
    models.RESOURCE,
    usage.RESOURCE,
    image.RESOURCE,
    preview.RESOURCE,
    thumb.RESOURCE,
    metadata.RESOURCE,
    chunk.RESOURCE,
)
"""In the order in which clients list them."""
