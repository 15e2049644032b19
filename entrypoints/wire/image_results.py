"""The result of a job as text and as structured data, for every entry point."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from msgspec import UNSET

from domain.counts import count
from domain.job_records import JobRecord
from domain.money.amounts import dollars
from domain.renditions import Rendition
from domain.requests import EditRequest, ImageRequest
from domain.results import ImageResult, ResultImage, ServedFrom
from entrypoints.wire.cost_text import cost_line
from entrypoints.wire.outputs import (
    ImageEntry,
    ImagesResult,
    ListedImage,
    RenditionEntry,
    Shown,
    TokenUsage,
    UploadResult,
)

MAX_REVISED_PROMPT = 8_000
SHOWN_TEXT: dict[Shown, str] = {
    "full": "shown here",
    "preview": "shown here as a smaller preview",
    "none": "too large to show here",
}

LINKED = "linked only, as requested"

LinkedImage = ResultImage | ListedImage | ImageEntry
Link = Callable[[LinkedImage], str]
"""The URL of a stored image, for clients that may be on another machine."""


def headline(images: ImageResult, request: ImageRequest | None) -> str:
    """The first line, which clients of version 1 parse.

    `request` is what the images were generated for; None if that was an earlier call.
    """
    if images.is_upload:
        return f"{count(len(images.images), 'image')}, uploaded {_created_at(images)}."
    if request is None:
        return f"{count(len(images.images), 'image')}, created {_created_at(images)}."
    if isinstance(request, EditRequest):
        return "Edited image(s) successfully."
    return f"Generated {len(images.images)} image(s) successfully."


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a client can do with a result, in the words of its own interface.

    `edit` is empty if no image can be edited. `in_result`: whether results include images.
    `linked`: whether this one has links only, because the caller asked for them.
    """

    new_image: str
    edit: str
    in_result: bool = False
    linked: bool = False


TOOL_HINTS = Hints(
    new_image="For a new image, pass fresh: true.",
    edit="To edit an image, pass its ID to edit_image.",
    in_result=True,
)


def text_report(
    first_line: str,
    images: ImageResult,
    facts: ImagesResult,
    hints: Hints = TOOL_HINTS,
    further: Sequence[str] = (),
) -> str:
    """The result in words, with the `further` lines before its cost.

    `facts` is the structured report of the same images; it states how each of them is shown.
    """
    lines = [first_line]
    if facts.revised_prompt:
        lines.append(f"Revised prompt: {facts.revised_prompt}")
    lines += [_line(entry, hints) for entry in facts.images]
    free = " · free" if images.generation_cost == 0 and not images.is_prepaid else ""
    if not images.is_upload:
        lines.append(f"Model {facts.model}{free} · {facts.job_id}")
    if images.turn is not None:
        lines.append(f"Conversation {images.turn.conversation}, turn {images.turn.number}")
    if images.is_cached:
        source = f"From the cache ({facts.served_from}), created {facts.made_at}."
        lines.append(f"{source} {hints.new_image}")
    lines += [f"Note: {note}" for note in images.notes]
    if can_edit(images, hints):
        lines.append(hints.edit)
    lines += further
    lines.append(cost_line(images))
    return "\n".join(line for line in lines if line)


def can_edit(images: ImageResult, hints: Hints) -> bool:
    """Whether the images of a result can be edited."""
    return bool(hints.edit) and all(image.stored for image in images.images)


def advice(images: ImageResult, hints: Hints) -> list[str]:
    """What the text of a result says about further calls."""
    new_image = [hints.new_image] if images.is_cached else []
    return [*new_image, hints.edit] if can_edit(images, hints) else new_image


def further_facts(facts: ImagesResult) -> str:
    """The facts of the structured report that people need less, in one line for a model."""
    if isinstance(facts, UploadResult):
        return "An input image: no call generated it."
    lines = [f"Provider {facts.provider}", f"requested {facts.asked_model}"]
    if facts.served_from:
        lines += [f"served from {facts.served_from}", f"created {facts.made_at}"]
    if facts.request_id:
        lines.append(f"request {facts.request_id}")
    if facts.usage:
        lines.append(f"tokens: {facts.usage}")
    return " · ".join(lines)


def structured_report(
    images: ImageResult, link: Link | None = None, *, paths: bool = True
) -> ImagesResult:
    """Every fact for programs, without image data. Each image is marked as shown in full.

    `paths`: whether the client may be told where files are.
    """
    entries = [_entry(image, link, paths=paths) for image in images.images]
    if images.is_upload:
        return _upload(images, entries)
    result = ImagesResult(
        job_id=images.job_id,
        images=entries,
        provider=images.provider,
        model=images.model,
        asked_model=images.requested_model,
        made_at=_created_at(images),
        served_from=images.served_from,
        conversation_id=str(images.turn.conversation) if images.turn else UNSET,
        turn=images.turn.number if images.turn else UNSET,
    )
    if images.requested_size:
        result.asked_size = images.requested_size
    if images.revised_prompt:
        result.revised_prompt = images.revised_prompt[:MAX_REVISED_PROMPT]
    if images.usage is not None:
        result.usage = TokenUsage.of(images.usage)
    _add_costs(result, images)
    if images.request_id:
        result.request_id = images.request_id
    if images.notes:
        result.notes = list(images.notes)
    return result


def _add_costs(result: ImagesResult, images: ImageResult) -> None:
    cost = _reported_cost(images)
    if cost is not None:
        result.cost_usd = float(cost)
    elif images.estimate is not None and not images.is_prepaid:
        result.estimated_usd = float(images.estimate)
    if images.day_spending is not None:
        result.day_spent_usd = float(images.day_spending.spent)
        result.day_budget_usd = float(images.day_spending.limit)
    if images.saved is not None:
        result.saved_usd = float(images.saved)


def _upload(images: ImageResult, entries: list[ImageEntry]) -> UploadResult:
    return UploadResult(
        source="upload",
        job_id="",
        images=entries,
        provider="",
        model="",
        asked_model="",
        made_at=_created_at(images),
    )


def pending_text(record: JobRecord) -> str:
    """What to do while the job is still running."""
    cost = f" (about {dollars(record.estimate, up=True)})" if record.estimate else ""
    return (
        f"Still running: {record.id}{cost}. The image will be stored when it is finished. "
        f"{_next_call(record)}\n{further_facts(pending_report(record))} · model {record.model}"
    )


def _next_call(record: JobRecord) -> str:
    call = f'Call get_image with {{"id": "{record.id}"}} now; it waits for the image.'
    return f"Do not request it again. {call}"


def pending_report(record: JobRecord) -> ImagesResult:
    """The same, structured."""
    return ImagesResult(
        job_id=record.id,
        images=[],
        provider=record.provider,
        model=record.model,
        asked_model=record.requested_model,
        state="painting",
        estimated_usd=UNSET if record.estimate is None else float(record.estimate),
        hints=[_next_call(record)],
    )


def _entry(result: ResultImage, link: Link | None, *, paths: bool) -> ImageEntry:
    image = result.image
    entry = ImageEntry(
        id=result.id,
        format=image.format.value,
        width=image.dimensions.width,
        height=image.dimensions.height,
        bytes=len(image.data),
        shown="full",
    )
    if result.stored:
        entry.path = str(result.stored) if paths else UNSET
        entry.url = link(result) if link else UNSET
    if result.rendition:
        entry.rendition = _rendition(result.rendition, paths=paths)
    if result.notes:
        entry.notes = list(result.notes)
    return entry


def _rendition(rendition: Rendition, *, paths: bool) -> RenditionEntry:
    image = rendition.image
    return RenditionEntry(
        path=str(rendition.stored) if rendition.stored and paths else UNSET,
        format=image.format.value,
        width=image.dimensions.width,
        height=image.dimensions.height,
        bytes=len(image.data),
        how=rendition.description,
    )


def _line(entry: ImageEntry, hints: Hints) -> str:
    shown = LINKED if hints.linked else SHOWN_TEXT[entry.shown]
    facts = [
        entry.id,
        f"{entry.width}x{entry.height} {entry.format}",
        f"{entry.bytes:,} bytes",
        entry.path or ("" if entry.url else "not stored"),
        entry.url,
        shown if hints.in_result else "",
        *(entry.notes or ()),
    ]
    line = " · ".join(fact for fact in facts if fact)
    return f"{line}\n{_rendition_line(entry.rendition, entry)}" if entry.rendition else line


def _rendition_line(rendition: RenditionEntry, original: ImageEntry) -> str:
    ratio = rendition.bytes / original.bytes
    change = f"{abs(1 - ratio):.0%} {'smaller' if ratio < 1 else 'larger'}"
    line = f"  {rendition.how} · {rendition.bytes:,} bytes, {change}"
    if not rendition.path and original.url:
        return line  # where it is stored is not for this client
    return f"{line} · {rendition.path or 'not stored'}"


def _created_at(images: ImageResult) -> str:
    return images.created_at.isoformat(timespec="seconds")


def _reported_cost(images: ImageResult) -> Decimal | None:
    """A result that is repeated for its idempotency key states the original cost again."""
    return (
        images.generation_cost if images.served_from == ServedFrom.ARCHIVE else images.charged_cost
    )
