"""The resource image://{id}/chunk/{n}."""

from collections.abc import Sequence

from mcp_types import BlobResourceContents

from domain.errors import NotFound
from entrypoints.mcp.resource_contents import BYTES, chunk_facts, image_contents
from entrypoints.mcp.resource_request import ResourceRequest
from entrypoints.mcp.resource_spec import Contents, ResourceSpec, Values
from entrypoints.mcp.resources.image_ids import suggest_ids

MAX_DIGITS = 6


async def read(request: ResourceRequest, values: Values) -> Contents:
    """One chunk, with its place in the image and the digest of the whole."""
    id_ = await request.image_id(values["id"])
    chunk = await request.container.read_image_chunk()(
        id_, _number(values["n"]), size=request.chunk_bytes, owner=request.caller.owner
    )
    uri = f"image://{id_}/chunk/{chunk.number}"
    facts = chunk_facts(chunk.image, chunk.size) | {"chunk": chunk.number, "offset": chunk.offset}
    if chunk.count == 1:
        return [image_contents(request, uri, chunk.image, facts)]
    blob = request.image_data(chunk.data)
    return [BlobResourceContents(uri=uri, mime_type=BYTES, blob=blob, _meta=facts)]


async def suggest_numbers(request: ResourceRequest, text: str, known: Values) -> Sequence[str]:
    """The numbers of the chunks of the image whose ID is known; none for an unknown ID."""
    try:
        image = await request.image(known.get("id", "").strip().lower())
    except NotFound:
        return []
    numbers = range(1, chunk_facts(image, request.chunk_bytes)["chunks"] + 1)
    return [str(number) for number in numbers if str(number).startswith(text.strip())]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise NotFound(
            f"{text[:80]!r} is not the number of a chunk.", hint="The first chunk is chunk/1."
        )
    return int(text)


RESOURCE = ResourceSpec(
    name="image-chunk",
    title="Part of an image",
    description="Part n of an image, from 1 on. Joined, all parts are the image.",
    uri="image://{id}/chunk/{n}",
    read=read,
    suggest={"id": suggest_ids, "n": suggest_numbers},
)
