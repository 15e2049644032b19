"""A finished job as text and as structured data, for all doors."""

from collections.abc import Callable
from decimal import Decimal

from msgspec import UNSET

from domain.image import Image
from domain.job_records import JobRecord
from domain.renditions import Rendition
from domain.requests import EditRequest, ImageRequest
from domain.results import ImageResult, ResultImage, ServedFrom, Usage
from entrypoints.wire.outputs import (
    ImageEntry,
    ImagesResult,
    RenditionEntry,
    Shown,
    TokenUsage,
)

MAX_REVISED_PROMPT = 8_000

Link = Callable[[ResultImage], str]
"""Where a stored picture is found, for clients that may be on another machine."""


def headline(images: ImageResult, request: ImageRequest | None) -> str:
    """The first line, which older clients know by heart; another where no request was made now."""
    if request is None:
        return f"{len(images.images)} image(s), made {_made_at(images)}."
    if isinstance(request, EditRequest):
        return "Edited image(s) successfully."
    return f"Generated {len(images.images)} image(s) successfully."


def text_report(
    images: ImageResult,
    request: ImageRequest | None,
    shown: list[Shown],
    link: Link | None = None,
) -> str:
    """Every fact in words: some clients give the model nothing else."""
    lines = [headline(images, request)]
    if images.revised_prompt:
        lines.append(f"Revised prompt: {images.revised_prompt[:MAX_REVISED_PROMPT]}")
    pairs = zip(images.images, shown, strict=True)
    lines += [_line(picture, how, link) for picture, how in pairs]
    lines.append(f"Model {images.model} · {_cost(images)} · {images.job_id}")
    if images.is_cached:
        lines.append(
            f"From the cache ({images.served_from}), made {_made_at(images)}. "
            "For a new picture, ask with fresh: true."
        )
    lines += [f"Note: {note}" for note in images.notes]
    if all(picture.location for picture in images.images):
        lines.append("To change a picture, give its id to edit_image.")
    return "\n".join(lines)


def structured_report(
    images: ImageResult, shown: list[Shown], link: Link | None = None
) -> ImagesResult:
    """Every fact for programs, and no picture data."""
    pairs = zip(images.images, shown, strict=True)
    result = ImagesResult(
        job_id=images.job_id,
        images=[_entry(picture, how, link) for picture, how in pairs],
        provider=images.provider,
        model=images.model,
        asked_model=images.requested_model,
        made_at=_made_at(images),
        served_from=images.served_from,
    )
    if images.revised_prompt:
        result.revised_prompt = images.revised_prompt[:MAX_REVISED_PROMPT]
    if images.usage is not None:
        result.usage = _tokens(images.usage)
    cost = _told_cost(images)
    if cost is not None:
        result.cost_usd = float(cost)
    if images.saved is not None:
        result.saved_usd = float(images.saved)
    if images.request_id:
        result.request_id = images.request_id
    if images.notes:
        result.notes = list(images.notes)
    return result


def _tokens(usage: Usage) -> TokenUsage:
    return TokenUsage(
        text_in=usage.text_tokens_in, image_in=usage.image_tokens_in, out=usage.tokens_out
    )


def pending_text(record: JobRecord) -> str:
    """What to do where the pictures are not done yet."""
    return (
        f"Still painting: {record.id}. The picture is on its way and will be stored. Do not ask "
        f'for it anew; call get_image with {{"id": "{record.id}"}} in half a minute.'
    )


def pending_report(record: JobRecord) -> ImagesResult:
    """The same for programs."""
    return ImagesResult(
        job_id=record.id,
        images=[],
        provider=record.provider,
        model=record.model,
        asked_model=record.requested_model,
        state="painting",
    )


def _entry(picture: ResultImage, shown: Shown, link: Link | None) -> ImageEntry:
    image = picture.image
    entry = ImageEntry(
        id=picture.id,
        format=image.format.value,
        width=image.dimensions.width,
        height=image.dimensions.height,
        bytes=len(image.data),
        shown=shown,
    )
    if picture.location:
        entry.path = picture.location
        entry.url = link(picture) if link else UNSET
    if picture.rendition:
        entry.rendition = _rendition(picture.rendition)
    if picture.notes:
        entry.notes = list(picture.notes)
    return entry


def _rendition(rendition: Rendition) -> RenditionEntry:
    image = rendition.image
    return RenditionEntry(
        path=rendition.location or UNSET,
        format=image.format.value,
        width=image.dimensions.width,
        height=image.dimensions.height,
        bytes=len(image.data),
        how=rendition.description,
    )


def _line(picture: ResultImage, shown: Shown, link: Link | None) -> str:
    image = picture.image
    facts = [
        picture.id,
        f"{image.dimensions} {image.format.value}",
        f"{len(image.data):,} bytes",
        picture.location or "not stored",
    ]
    if picture.location and link:
        facts.append(link(picture))
    if shown == "preview":
        facts.append("shown here as a smaller preview")
    if shown == "none":
        facts.append("too large to show here")
    line = " · ".join([*facts, *picture.notes])
    return line if picture.rendition is None else f"{line}\n{_saved(picture.rendition, image)}"


def _saved(rendition: Rendition, original: Image) -> str:
    before, after = len(original.data), len(rendition.image.data)
    change = f"{abs(1 - after / before):.0%} {'smaller' if after < before else 'larger'}"
    place = rendition.location or "not stored"
    return f"  {rendition.description} · {after:,} bytes, {change} · {place}"


def _made_at(images: ImageResult) -> str:
    return images.created_at.isoformat(timespec="seconds")


def _told_cost(images: ImageResult) -> Decimal | None:
    """An answer that is told again says what it cost, as it did before."""
    return (
        images.generation_cost if images.served_from == ServedFrom.ARCHIVE else images.charged_cost
    )


def _cost(images: ImageResult) -> str:
    if images.is_prepaid:
        saved = f", ${images.saved:.4f} saved" if images.saved else ""
        return f"nothing was charged{saved}"
    if images.generation_cost is None:
        return "cost unknown"
    then = " when it was painted" if images.served_from == ServedFrom.ARCHIVE else ""
    return f"${images.generation_cost:.4f}{then}" if images.generation_cost else "free"
