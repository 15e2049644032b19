"""Results and errors as MCP tool results that stay within the client's size limit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import pybase64
from mcp_types import CallToolResult, ImageContent, ResourceLink, TextContent
from msgspec import UNSET, UnsetType

from application.use_cases.preview_images import PreviewImages
from domain.errors import ImageServiceError
from domain.image import Image
from domain.job_records import JobRecord
from domain.requests import ImageRequest
from domain.results import ImageResult
from domain.untrusted_text import single_line
from entrypoints.wire.caller import Caller
from entrypoints.wire.client_profiles import ClientProfile, profile_of
from entrypoints.wire.error_codes import error_text
from entrypoints.wire.image_results import (
    TOOL_HINTS,
    Hints,
    advice,
    further_facts,
    headline,
    pending_report,
    pending_text,
    structured_report,
    text_report,
)
from entrypoints.wire.inputs import Detail
from entrypoints.wire.outputs import ImagesResult, Shown, to_json
from entrypoints.wire.show_lines import show_lines

FRAME_OVERHEAD = 2_000
"""Bytes set aside for the JSON-RPC frame and what the SDK adds to a result."""
PER_IMAGE = 150
"""Bytes of JSON around the base64 of one image, and of the note that it is not shown in full."""
REPORT_ROOM = 2_000
"""Bytes set aside for what is reported of each image: most reports take less, in text and facts.
So the bytes that are left for an image are known before the image exists."""

SMALL_PREVIEW = 100_000
"""Bytes of each inline image of a call with `detail: preview`."""
MAX_TITLE = 80
WHOLE = (
    "An image that is shown smaller is larger than one message to this client: open its path or "
    "URL, or read image://ID/chunk/1 and so on; image://ID/metadata has the number of chunks."
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultForm:
    """How the client of a call takes results.

    The whole message has at most `max_bytes` bytes. `resource_links`: whether the client's version
    of the protocol has them. `detail` is what this call asked for, in place of all that suits the
    client.
    """

    max_bytes: int
    caller: Caller = field(default_factory=Caller)
    profile: ClientProfile = field(default_factory=lambda: profile_of(""))
    resource_links: bool = False
    hints: Hints = TOOL_HINTS
    image_data: ImageData = base64_of
    detail: Detail | UnsetType = UNSET

    @property
    def worded(self) -> Hints:
        """The hints in the text of this result."""
        return replace(self.hints, linked=self.detail == "link")

    def image_bytes(self, count: int, *, reported: int = 0) -> int:
        """Bytes that each of `count` images may have inline; 0 for none."""
        if self.detail == "link":
            return 0
        room = max_image_bytes(self.max_bytes, count, reported=reported)
        return min(room, SMALL_PREVIEW) if self.detail == "preview" else room


async def to_tool_result(
    images: ImageResult, request: ImageRequest | None, preview: PreviewImages, form: ResultForm
) -> CallToolResult:
    """Text first, then the images, then links to them, then the same facts structured.

    An image that does not fit is replaced by a smaller preview, or by nothing; its ID and place are
    in the text and the structured content either way.
    """
    facts = structured_report(images, form.caller.link, paths=form.caller.reads_files)
    first_line, title = headline(images, request), _title(images, request)
    links = _links(images, title) if form.resource_links and form.profile.resource_links else []
    further = [show_lines(facts.images, title, form.profile, form.caller)]
    if form.detail == "full":
        further.insert(0, WHOLE)
    text = _text(first_line, images, facts, form, further)
    reported = sum(map(len, map(to_json, (text, facts, *(each.model_dump() for each in links)))))
    room = form.image_bytes(len(images.images), reported=reported)
    previews = await preview(images, max_bytes=room)
    for entry, image, inline in zip(facts.images, images.images, previews, strict=True):
        entry.shown = _shown_as(image.delivered, inline)
    if all(entry.shown == "full" for entry in facts.images):
        further = [line for line in further if line != WHOLE]
    result = to_text_result(_text(first_line, images, facts, form, further), facts)
    result.content += [
        ImageContent(
            type="image", data=form.image_data(inline.data), mime_type=inline.format.media_type
        )
        for inline in previews
        if inline is not None
    ]
    result.content += links
    return result


def _text(
    first_line: str,
    images: ImageResult,
    facts: ImagesResult,
    form: ResultForm,
    further: Sequence[str],
) -> str:
    """The text of a result. Its hints are put into the facts, too."""
    facts.hints = [*advice(images, form.hints), *filter(None, further)] or UNSET
    lines = [further_facts(facts), *further]
    return text_report(first_line, images, facts, form.worded, lines)


def _title(images: ImageResult, request: ImageRequest | None) -> str:
    prompt = request.prompt if request else images.revised_prompt
    return single_line(prompt or "", MAX_TITLE)


def _links(images: ImageResult, title: str) -> list[ResourceLink]:
    """Links to the stored images, as the provider sent them."""
    return [
        ResourceLink(
            type="resource_link",
            uri=f"image://{image.id}",
            name=image.id,
            title=title or None,
            mime_type=image.image.format.media_type,
            size=len(image.image.data),
        )
        for image in images.images
        if image.stored
    ]


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
