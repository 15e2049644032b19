"""Pictures and jobs of before, as text and as structured data, for all doors."""

from msgspec import UNSET

from application.use_cases.list_images import ImageListing
from domain.job_records import JobRecord, StoredImage
from entrypoints.wire.outputs import ListedImage, ListedJob, ListImagesResult

MAX_PROMPT_SHOWN = 200
"""Characters: enough to recognize a picture by."""

STATE_TEXT = {
    "reserved": "waits to be sent",
    "dispatched": "is being painted",
    "unknown": "was sent, and its end is not known: a charge is possible",
}


def listing(listed: ImageListing, limit: int) -> ListImagesResult:
    """The newest `limit` pictures, and all jobs that are not settled."""
    images = [
        listed_image(record, picture) for record in listed.completed for picture in record.images
    ]
    return ListImagesResult(
        images=images[:limit], jobs=[listed_job(record) for record in listed.unsettled]
    )


def listing_text(listed: ImageListing, limit: int) -> str:
    """A line each."""
    found = listing(listed, limit)
    lines = [f"{len(found.images)} image(s), the newest first:" if found.images else "No images."]
    lines += [
        f"- {image.id} · {image.made_at} · {image.path or 'not stored'} · {image.prompt}"
        for image in found.images
    ]
    lines += [
        f"Job {job.job_id} of {job.created_at} {STATE_TEXT[job.state]}: {job.prompt}"
        for job in found.jobs
    ]
    return "\n".join(lines)


def listed_job(record: JobRecord) -> ListedJob:
    """All that is worth telling of a job."""
    told = ListedJob(
        job_id=record.id,
        state=record.state.value,
        action=record.action,
        prompt=record.prompt[:MAX_PROMPT_SHOWN],
        model=record.model,
        created_at=record.created_at.isoformat(timespec="seconds"),
        changed_at=record.changed_at.isoformat(timespec="seconds"),
    )
    if record.failure is not None:
        told.code, told.message = record.failure.code, record.failure.message
        told.hint, told.charged = record.failure.hint, record.charged.value
    if record.cost is not None:
        told.cost_usd = float(record.cost)
    if record.images:
        told.images = [listed_image(record, picture) for picture in record.images]
    return told


def listed_image(record: JobRecord, picture: StoredImage) -> ListedImage:
    """A picture, and what it was made of."""
    size = picture.dimensions
    return ListedImage(
        id=picture.id,
        job_id=record.id,
        path=picture.location or UNSET,
        made_at=record.changed_at.isoformat(timespec="seconds"),
        prompt=record.prompt[:MAX_PROMPT_SHOWN],
        model=record.model,
        format=picture.format,
        width=size.width if size else UNSET,
        height=size.height if size else UNSET,
        bytes=picture.size,
    )
