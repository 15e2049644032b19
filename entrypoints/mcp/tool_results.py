"""Finished and failed jobs as MCP tool results that no client chokes on."""

import msgspec
import pybase64
from mcp_types import CallToolResult, ContentBlock, ImageContent, TextContent

from application.gather_all import together
from application.rendition_service import Renditions
from domain.errors import StudioError
from domain.image import Image
from domain.job_records import JobRecord
from domain.requests import PictureRequest
from domain.results import ImageSet
from entrypoints.wire.error_codes import explained
from entrypoints.wire.image_results import (
    Link,
    painting_report,
    painting_text,
    structured_report,
    text_report,
)
from entrypoints.wire.outputs import Shown, to_json

ENVELOPE = 2_000
"""Bytes set aside for the JSON-RPC frame and what the SDK adds to a result."""
PER_IMAGE = 150
"""Bytes of JSON around the base64 of one image, and of what is said if it is not shown whole."""


async def succeeded(
    images: ImageSet,
    request: PictureRequest | None,
    renditions: Renditions,
    max_bytes: int,
    link: Link | None = None,
) -> CallToolResult:
    """Text first, then the pictures, then the same facts structured.

    The whole message stays under `max_bytes`: what does not fit goes as a preview that does, or
    not at all, with its id and path in text and structured content.
    """
    whole: list[Shown] = ["full"] * len(images.pictures)
    text = text_report(images, request, whole, link)
    facts = structured_report(images, whole, link)
    room = max_bytes - ENVELOPE - len(to_json(text)) - len(to_json(facts))
    each = (room // len(images.pictures) - PER_IMAGE) * 3 // 4
    previews = await together(
        [renditions.preview(picture, max_bytes=each) for picture in images.pictures]
    )
    shown = [
        _how(picture.delivered, inline)
        for picture, inline in zip(images.pictures, previews, strict=True)
    ]
    if shown != whole:
        text = text_report(images, request, shown, link)
        facts = structured_report(images, shown, link)
    content: list[ContentBlock] = [TextContent(type="text", text=text)]
    content += [_block(inline) for inline in previews if inline is not None]
    return CallToolResult(content=content, structured_content=msgspec.to_builtins(facts))


def painting(record: JobRecord) -> CallToolResult:
    """The pictures are not done yet: how to have them later."""
    return CallToolResult(
        content=[TextContent(type="text", text=painting_text(record))],
        structured_content=msgspec.to_builtins(painting_report(record)),
    )


def failed(error: StudioError) -> CallToolResult:
    """Everything in the text, because some clients show nothing else of an error."""
    return CallToolResult(content=[TextContent(type="text", text=explained(error))], is_error=True)


def _how(image: Image, inline: Image | None) -> Shown:
    if inline is None:
        return "none"
    return "full" if inline is image else "preview"


def _block(image: Image) -> ImageContent:
    data = pybase64.b64encode_as_string(image.data)
    return ImageContent(type="image", data=data, mime_type=image.format.media_type)
