"""What is known of a stored image, for programs."""

from msgspec import UNSET, Struct, UnsetType, field

from application.use_cases.describe_image import ImageDescription
from domain.job_records import JobRecord
from domain.results import ResultImage
from domain.uploads import Upload
from entrypoints.wire.caller import Caller


class ImageMetadata(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An image and the job that delivered it.

    `costUsd` is the cost of the job, which may have delivered several images; `estimatedUsd` stands
    in where it is unknown. `chunks` is the number of parts in which this client can read the image.
    `path` is there for clients on this machine, `url` over HTTP.
    """

    id: str
    format: str
    width: int
    height: int
    bytes: int
    sha256: str
    job_id: str
    action: str
    prompt: str
    revised_prompt: str | UnsetType = UNSET
    model: str
    asked_model: str
    provider: str
    created_at: str
    cost_usd: float | UnsetType = UNSET
    estimated_usd: float | UnsetType = UNSET
    job_images: list[str]
    notes: list[str] | UnsetType = UNSET
    chunks: int | UnsetType = UNSET
    path: str | UnsetType = UNSET
    url: str | UnsetType = UNSET


class UploadMetadata(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An input image that was uploaded, which no job delivered; `name` is that of its file.

    The other fields are those of ImageMetadata.
    """

    id: str
    source: str = field(default_factory=lambda: "upload")
    format: str
    width: int
    height: int
    bytes: int
    sha256: str
    name: str | UnsetType = UNSET
    created_at: str
    notes: list[str] | UnsetType = UNSET
    chunks: int | UnsetType = UNSET
    path: str | UnsetType = UNSET
    url: str | UnsetType = UNSET


def image_metadata(
    described: ImageDescription, caller: Caller, *, max_text: int
) -> ImageMetadata | UploadMetadata:
    """The description for this caller; prompts longer than `max_text` characters are cut."""
    image, record, stored = described.image, described.record, described.recorded.stored
    metadata = (
        _of_upload(described, record)
        if isinstance(record, Upload)
        else _of_job(described, record, max_text)
    )
    if caller.link is not None:
        metadata.url = caller.link(ResultImage(image=image, stored=stored))
    if caller.reads_files and stored is not None:
        metadata.path = str(stored)
    return metadata


def _of_upload(described: ImageDescription, upload: Upload) -> UploadMetadata:
    image = described.image
    return UploadMetadata(
        id=image.id,
        format=image.format.value,
        width=image.dimensions.width,
        height=image.dimensions.height,
        bytes=len(image.data),
        sha256=image.digest,
        name=upload.name or UNSET,
        created_at=upload.created_at.isoformat(timespec="seconds"),
        notes=[*described.recorded.notes] or UNSET,
    )


def _of_job(described: ImageDescription, record: JobRecord, max_text: int) -> ImageMetadata:
    image = described.image
    metadata = ImageMetadata(
        id=image.id,
        format=image.format.value,
        width=image.dimensions.width,
        height=image.dimensions.height,
        bytes=len(image.data),
        sha256=image.digest,
        job_id=record.id,
        action=record.action,
        prompt=_cut(record.prompt, max_text),
        revised_prompt=_cut(record.revised_prompt or "", max_text) or UNSET,
        model=record.model,
        asked_model=record.requested_model,
        provider=record.provider,
        created_at=record.changed_at.isoformat(timespec="seconds"),
        job_images=[each.id for each in record.images],
        notes=[*record.notes, *described.recorded.notes] or UNSET,
    )
    if record.cost is not None:
        metadata.cost_usd = float(record.cost)
    elif record.estimate is not None:
        metadata.estimated_usd = float(record.estimate)
    return metadata


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
