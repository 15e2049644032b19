"""Stored images and unsettled jobs as text and as structured data, for every entry point."""

from decimal import Decimal

from msgspec import UNSET
from msgspec.structs import replace

from application.use_cases.list_images import ImageListing
from domain.counts import count
from domain.errors import ChargeStatus
from domain.job_records import JobRecord, StoredImage
from domain.money.amounts import dollars
from domain.untrusted_text import single_line
from domain.uploads import Upload
from entrypoints.wire.cursors import EVERYTHING, ListQuery, encode_cursor
from entrypoints.wire.image_results import Link
from entrypoints.wire.outputs import ListedImage, ListedJob, ListImagesResult

MAX_PROMPT_SHOWN = 200
"""Characters: enough to recognize an image by its prompt."""

STATE_TEXT = {
    "reserved": "waiting to be sent",
    "dispatched": "being generated",
    "unknown": "outcome unknown; may have been billed",
}


def listing(
    listed: ImageListing,
    limit: int,
    link: Link | None = None,
    *,
    paths: bool = True,
    query: ListQuery = EVERYTHING,
) -> ListImagesResult:
    """The newest `limit` images of the query, and all unsettled jobs.

    `link` makes the URLs of stored images; `paths`: whether the client may be told paths.
    """
    images = [listed_image(record, image) for record in listed.completed for image in record.images]
    if link:
        images = [_linked(image, link, paths=paths) for image in images]
    return ListImagesResult(
        images=images[:limit],
        jobs=[listed_job(record) for record in listed.unsettled],
        next_cursor=encode_cursor(listed.next, query) if listed.next else UNSET,
        older_jobs=listed.older,
    )


def _linked(image: ListedImage, link: Link, *, paths: bool) -> ListedImage:
    if not image.path:
        return image
    return replace(image, path=image.path if paths else UNSET, url=link(image))


def listing_text(found: ListImagesResult, query: ListQuery = EVERYTHING) -> str:
    """One line for each image and for each unsettled job."""
    nothing = "No images." if query.matching.is_empty else "No images match."
    number = len(found.images)
    lines = [f"{count(number, 'image')}, newest first:" if number else nothing]
    lines += [
        f"- {image.id} · {image.made_at} · {_places(image)} · {_one_line(shown_words(image))} · "
        f"{_format(image)}, {image.bytes:,} bytes{_origin(image)}"
        for image in found.images
    ]
    lines += map(job_line, found.jobs)
    if found.next_cursor:
        lines.append(f"There are more: list with cursor {found.next_cursor}")
    if found.older_jobs:
        lines.append(
            f"{count(found.older_jobs, 'older job')} of unknown outcome: the command "
            "`gpt-image jobs list` or GET /jobs lists them."
        )
    return "\n".join(lines)


def job_line(job: ListedJob) -> str:
    """A job in one line. The state of one that has ended has no other words."""
    state = STATE_TEXT.get(job.state, job.state)
    prompt = _one_line(job.prompt)
    return f"Job {job.job_id} · {job.created_at} · {state} · {prompt} · {_job_facts(job)}"


def shown_words(image: ListedImage) -> str:
    """What people recognize the image by: its prompt, or the name of the uploaded file."""
    return f"uploaded {image.name or ''}".rstrip() if image.source else image.prompt or ""


def _origin(image: ListedImage) -> str:
    return "" if image.source else f" · {image.model} · {image.job_id}"


def _places(image: ListedImage) -> str:
    return " · ".join(place for place in (image.path, image.url) if place) or "not stored"


def _format(image: ListedImage) -> str:
    return f"{image.width}x{image.height} {image.format}" if image.width else image.format


def _job_facts(job: ListedJob) -> str:
    """What a list has of a job beside its state, its time and its prompt."""
    facts = [f"{job.state}, {job.action} with {job.model}", f"changed {job.changed_at}"]
    if job.cost_usd:
        facts.append(f"cost {dollars(Decimal(str(job.cost_usd)))}")
    if job.estimated_usd:
        facts.append(f"≈ {dollars(Decimal(str(job.estimated_usd)), up=True)} (estimated)")
    if job.code:
        facts.append(f"{job.code}: {job.message} {job.hint} Charged: {job.charged}.")
    return " · ".join(facts)


def _one_line(prompt: str) -> str:
    """The prompt in one line: it may come from another client than the one that reads the list."""
    return single_line(prompt, MAX_PROMPT_SHOWN)


def image_text(image: ListedImage) -> str:
    """Everything that is recorded of an image, one fact a line."""
    size = f"{image.width}x{image.height} " if image.width and image.height else ""
    return "\n".join(
        [
            image.id,
            f"uploaded at {image.made_at}, an input image"
            if image.source
            else f"made at {image.made_at} with {image.model}, by {image.job_id}",
            f"{size}{image.format}, {image.bytes:,} bytes",
            image.path or "not stored",
            single_line(image.name or image.prompt or "", MAX_PROMPT_SHOWN),
            *(image.notes or ()),
        ]
    )


def listed_job(record: JobRecord) -> ListedJob:
    """A job as clients read it."""
    listed = ListedJob(
        job_id=record.id,
        state=record.state.value,
        action=record.action,
        prompt=record.prompt[:MAX_PROMPT_SHOWN],
        model=record.model,
        created_at=record.created_at.isoformat(timespec="seconds"),
        changed_at=record.changed_at.isoformat(timespec="seconds"),
    )
    if record.failure is not None:
        listed.code, listed.message = record.failure.code, record.failure.message
        listed.hint, listed.charged = record.failure.hint, record.charged.value
    if record.cost is not None:
        listed.cost_usd = float(record.cost)
    elif record.estimate is not None and record.charged is not ChargeStatus.NO:
        listed.estimated_usd = float(record.estimate)
    listed.dismissed = record.dismissed
    if record.images:
        listed.images = [listed_image(record, image) for image in record.images]
    return listed


def listed_image(record: JobRecord | Upload, image: StoredImage) -> ListedImage:
    """A stored image, with the prompt and model that generated it, or the name of its file."""
    listed = ListedImage(
        id=image.id,
        path=str(image.stored) if image.stored else UNSET,
        made_at="",
        format=image.format,
        bytes=image.size,
    )
    if size := image.dimensions:
        listed.width, listed.height = size.width, size.height
    if isinstance(record, Upload):
        listed.source, listed.name = "upload", record.name or UNSET
        listed.notes = [*image.notes] or UNSET
        listed.made_at = record.created_at.isoformat(timespec="seconds")
    else:
        listed.job_id, listed.model = record.id, record.model
        listed.prompt = record.prompt[:MAX_PROMPT_SHOWN]
        listed.made_at = record.changed_at.isoformat(timespec="seconds")
    return listed
