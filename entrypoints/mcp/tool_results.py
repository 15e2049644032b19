"""Results and errors as MCP tool results that stay within the client's size limit."""

from collections.abc import Callable

import msgspec
import pybase64
from mcp_types import CallToolResult, ImageContent, TextContent

from application.use_cases.preview_images import PreviewImages
from domain.errors import ImageServiceError
from domain.image import Image
from domain.job_records import JobRecord
from domain.requests import ImageRequest
from domain.results import ImageResult
from entrypoints.wire.caller import Caller
from entrypoints.wire.error_codes import error_text
from entrypoints.wire.image_results import (
    TOOL_HINTS,
    Hints,
    headline,
    pending_report,
    pending_text,
    structured_report,
    text_report,
)
from entrypoints.wire.outputs import Shown, to_json

FRAME_OVERHEAD = 2_000
"""Bytes set aside for the JSON-RPC frame and what the SDK adds to a result."""
PER_IMAGE = 150
"""Bytes of JSON around the base64 of one image, and of the note that it is not shown in full."""
REPORT_ROOM = 2_000
"""Bytes set aside for what is reported of each image: most reports take less, in text and facts.
So the bytes that are left for an image are known before the image exists."""

ImageData = Callable[[bytes], str]
"""The base64 of bytes of an image, or a marker that the transport replaces by it."""


def base64_of(data: bytes) -> str:
    """The base64 of bytes of an image."""
    return pybase64.b64encode_as_string(data)


def max_image_bytes(max_bytes: int, count: int, *, reported: int = 0) -> int:
    """Bytes that each of `count` images may have in a message of `max_bytes` bytes.

    `reported` is the size of all that is reported of them, if it is known: it matters only above
    REPORT_ROOM for each image.
    """
    room = max_bytes - FRAME_OVERHEAD - max(reported, count * REPORT_ROOM)
    return (room // count - PER_IMAGE) * 3 // 4


async def to_tool_result(
    images: ImageResult,
    request: ImageRequest | None,
    preview: PreviewImages,
    max_bytes: int,
    caller: Caller,
    hints: Hints = TOOL_HINTS,
    image_data: ImageData = base64_of,
) -> CallToolResult:
    """Text first, then the images, then the same facts structured.

    The whole message stays under `max_bytes`: an image that does not fit is replaced by a smaller
    preview, or by nothing; its ID and path are in the text and the structured content either way.
    """
    facts = structured_report(images, caller.link, paths=caller.reads_files)
    first_line = headline(images, request)
    text = text_report(first_line, images, facts, hints)
    reported = len(to_json(text)) + len(to_json(facts))
    room = max_image_bytes(max_bytes, len(images.images), reported=reported)
    previews = await preview(images, max_bytes=room)
    for entry, image, inline in zip(facts.images, images.images, previews, strict=True):
        entry.shown = _shown_as(image.delivered, inline)
    if any(entry.shown != "full" for entry in facts.images):
        text = text_report(first_line, images, facts, hints)
    result = to_text_result(text, facts)
    result.content += [
        ImageContent(type="image", data=image_data(inline.data), mime_type=inline.format.media_type)
        for inline in previews
        if inline is not None
    ]
    return result


def to_pending_result(record: JobRecord) -> CallToolResult:
    """The result of a job that is still running: how to get its images later."""
    return to_text_result(pending_text(record), pending_report(record))


def to_text_result(text: str, facts: msgspec.Struct) -> CallToolResult:
    """A result without images: the same facts in words and structured."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=msgspec.to_builtins(facts),
    )


def to_tool_error(error: ImageServiceError) -> CallToolResult:
    """Everything is in the text, because some clients show nothing else of an error."""
    return CallToolResult(content=[TextContent(type="text", text=error_text(error))], is_error=True)


def _shown_as(image: Image, inline: Image | None) -> Shown:
    if inline is None:
        return "none"
    return "full" if inline is image else "preview"
