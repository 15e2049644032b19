"""The contents of resources: JSON, images, and the bytes of images."""

from typing import Any

import msgspec
from mcp_types import BlobResourceContents, TextResourceContents

from application.use_cases.read_image_chunk import count_chunks
from domain.image import Image
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import JSON

BYTES = "application/octet-stream"
"""The media type of a part of an image: no program can show it."""


def json_contents(uri: str, value: object) -> TextResourceContents:
    """The value as JSON, on several lines."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return TextResourceContents(uri=uri, mime_type=JSON, text=text)


def image_contents(
    request: ResourceRequest, uri: str, image: Image, meta: dict[str, Any] | None = None
) -> BlobResourceContents:
    """An image that a client can show."""
    blob = request.image_data(image.data)
    media_type = image.format.media_type
    return BlobResourceContents(uri=uri, mime_type=media_type, blob=blob, _meta=meta)


def chunk_facts(image: Image, size: int) -> dict[str, Any]:
    """What a client needs to read an image in chunks of `size` bytes, and to check the whole."""
    return {
        "bytes": len(image.data),
        "sha256": image.digest,
        "chunks": count_chunks(image, size),
    }
