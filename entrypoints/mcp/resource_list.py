"""Stored images as entries of `resources/list`."""

from collections.abc import Sequence

from mcp_types import Annotations, Resource

from application.use_cases.list_images import ImageListing
from domain.job_records import JobRecord, StoredImage
from domain.untrusted_text import single_line
from domain.uploads import Upload

MAX_NAME = 80
"""Characters of a prompt that names an image."""


def image_resources(found: ImageListing) -> Sequence[Resource]:
    """An entry for each image, in the order of the listing; equal images have one."""
    entries = [_entry(record, image) for record in found.completed for image in record.images]
    return [*{entry.uri: entry for entry in reversed(entries)}.values()][::-1]


def _entry(record: JobRecord | Upload, image: StoredImage) -> Resource:
    size = f"{image.dimensions} {image.format}".strip() if image.dimensions else image.format
    if isinstance(record, Upload):
        words, source, at = record.name, "uploaded", record.created_at
    else:
        words, source, at = record.prompt, record.model, record.changed_at
    created = at.isoformat(timespec="seconds")
    return Resource(
        uri=f"image://{image.id}",
        name=single_line(words, MAX_NAME) or image.id,
        description=", ".join(filter(None, (size, source))),
        mime_type=f"image/{image.format}" if image.format else None,
        size=image.size,
        annotations=Annotations(last_modified=created),
    )
