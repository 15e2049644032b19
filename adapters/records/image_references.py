"""The owners of images and the places where they are stored, in SQL."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    func,
    or_,
    select,
    union_all,
    update,
)

from adapters.records.image_trash import move_to_trash
from adapters.records.job_table import JobTable
from adapters.records.row_mapping import stored_ref, to_utc_naive
from adapters.records.schema import images, jobs, trashed_images
from application.ports.image_records import ImageReferences, RecordedImage
from domain.image import StoredRef
from domain.job_records import OwnedImage

AFTER_HEX = "g"
"""Follows every hex digit: an ID begins with a prefix if it is between it and it with this."""
again, any_job = images.alias("again"), jobs.alias("any_job")
CREATED_AT = func.coalesce(jobs.c.created_at, images.c.uploaded_at)
"""When the image was requested or uploaded."""
IS_KNOWN = or_(jobs.c.id.is_not(None), images.c.uploaded_at.is_not(None))
"""Whether a row, joined with its job, is an image of a job or an upload."""
SAME_IMAGE = (again.c.image_id == images.c.image_id) & (again.c.owner == images.c.owner)


def image_refs(records: JobTable, image: OwnedImage) -> list[StoredRef]:
    """Every place where the owner's image was stored, the latest first."""
    query = (
        select(images.c.ref, images.c.bytes)
        .outerjoin(jobs, jobs.c.id == images.c.job_id)
        .where(_is(image), IS_KNOWN)
        .order_by(CREATED_AT.desc())
    )
    with records.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [stored for ref, size in rows if (stored := stored_ref(ref, size))]


def images_by_prefix(
    records: JobTable, id_prefix: str, *, owner: str, limit: int
) -> list[RecordedImage]:
    """The stored images of this owner whose IDs begin so; read from the index of IDs."""
    begins_so = images.c.image_id.between(id_prefix, id_prefix + AFTER_HEX)
    query = _recorded().where(begins_so, images.c.owner == owner)
    return _read(records, query.order_by(images.c.image_id).limit(limit))


def images_by_age(records: JobTable, before: datetime | None) -> list[RecordedImage]:
    """The stored images of all owners whose latest job is from before, by its creation.

    Without those that their owners uploaded, too.
    """
    uploads = select(again.c.job_id).where(SAME_IMAGE, again.c.uploaded_at.is_not(None))
    query = _recorded().where(jobs.c.id.is_not(None), ~uploads.exists())
    if before is not None:  # reads the jobs of that time, and those of their images
        end = to_utc_naive(before)
        later = select(again.c.job_id).join(any_job, any_job.c.id == again.c.job_id)
        later = later.where(SAME_IMAGE, again.c.ref.is_not(None), any_job.c.created_at >= end)
        old_ids = select(any_job.c.id).where(any_job.c.created_at < end)
        query = query.where(images.c.job_id.in_(old_ids), ~later.exists())
    return _read(records, query.order_by("created_at"))


def total_bytes(records: JobTable) -> int | None:
    """The recorded sizes of all stored images; None if one is unknown or damaged."""
    stored = (
        select(images.c.bytes).where(images.c.ref.is_not(None), images.c.uploaded_at.is_(None)),
        select(trashed_images.c.bytes).where(trashed_images.c.ref.is_not(None)),
    )
    sizes = union_all(*stored).subquery()
    known = (func.typeof(sizes.c.bytes) == "integer") & (sizes.c.bytes > 0)
    query = select(func.coalesce(func.sum(sizes.c.bytes), 0), func.count().filter(~known))
    with records.engine.connect() as connection:
        total, unknown = connection.execute(query.select_from(sizes)).one()
    return None if unknown else int(total)


@contextmanager
def references(
    records: JobTable, wanted: Collection[OwnedImage]
) -> Iterator[list[ImageReferences]]:
    """Yield the references to these images; their changes are written when the block ends.

    The block is one transaction, and no other writes until it ends. If it raises, nothing changes.
    """
    with records.writing.begin() as connection:
        found = _find(connection, wanted)
        yield found
        for each in found:
            _write(connection, each)


def _recorded() -> Select[tuple[str, str, str, datetime]]:
    """The ID, owner, ref, and creation of the latest job or upload of each stored image."""
    created_at = func.max(CREATED_AT).label("created_at")
    ref = func.max(images.c.ref).label("ref")
    return (
        select(images.c.image_id, images.c.owner, ref, created_at)
        .outerjoin(jobs, jobs.c.id == images.c.job_id)
        .where(images.c.ref.is_not(None), IS_KNOWN)
        .group_by(images.c.image_id, images.c.owner)
    )


def _read(records: JobTable, query: Select[tuple[str, str, str, datetime]]) -> list[RecordedImage]:
    with records.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        RecordedImage(
            image=OwnedImage(row.image_id, row.owner),
            stored=stored,
            created_at=row.created_at.replace(tzinfo=UTC),
        )
        for row in rows
        if (stored := stored_ref(row.ref)) and isinstance(row.created_at, datetime)
    ]


def _find(connection: Connection, wanted: Collection[OwnedImage]) -> list[ImageReferences]:
    query = (
        select(
            *(images.c.image_id, images.c.owner, images.c.ref, images.c.uploaded_at),
            jobs.c.fingerprint,
        )
        .outerjoin(jobs, jobs.c.id == images.c.job_id)
        .where(images.c.image_id.in_({image.id for image in wanted}), IS_KNOWN)
        .order_by(CREATED_AT.desc())
    )
    found: dict[OwnedImage, list[tuple[StoredRef | None, object]]] = {}
    uploaded: dict[OwnedImage, datetime] = {}
    for image_id, owner, ref, uploaded_at, fingerprint in connection.execute(query):
        image = OwnedImage(image_id, owner)
        found.setdefault(image, []).append((stored_ref(ref), fingerprint))
        if isinstance(uploaded_at, datetime):  # the latest: it may be a mask as well
            moment = uploaded_at.replace(tzinfo=UTC)
            uploaded[image] = max(uploaded.get(image, moment), moment)
    others = {image.id for image in found.keys() - set(wanted)}
    return [
        ImageReferences(
            image=image,
            stored=tuple(dict.fromkeys(stored for stored, _ in found[image] if stored)),
            fingerprints=frozenset(each for _, each in found[image] if isinstance(each, str)),
            shared=image.id in others,
            uploaded_at=uploaded.get(image),
        )
        for image in wanted
        if image in found
    ]


def _write(connection: Connection, references: ImageReferences) -> None:
    if references.forgotten:
        connection.execute(delete(images).where(_is(references.image)))
    elif references.upload_forgotten:
        is_upload = images.c.uploaded_at.is_not(None)
        connection.execute(delete(images).where(_is(references.image), is_upload))
    elif references.trashed_at is not None:
        move_to_trash(connection, references.image, references.trashed_at)
    elif references.moved_to is not None:
        values = {"ref": references.moved_to.ref}
        connection.execute(update(images).where(_is(references.image)).values(values))


def _is(image: OwnedImage) -> ColumnElement[bool]:
    return (images.c.image_id == image.id) & (images.c.owner == image.owner)
