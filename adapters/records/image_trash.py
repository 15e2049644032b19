"""The trash in SQL: rows that moved there from the table of images."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from adapters.records.dialect import LenientDateTime
from adapters.records.job_table import JobTable
from adapters.records.row_mapping import stored_ref, to_utc_naive
from adapters.records.schema import images, jobs, trashed_images
from application.ports.image_records import TrashedImage, TrashedReferences
from domain.image import StoredRef
from domain.job_records import OwnedImage

COLUMNS = tuple(name for name, _ in images.c.items() if name in trashed_images.c)
"""What a row keeps on its way."""


def move_to_trash(connection: Connection, image: OwnedImage, at: datetime) -> None:
    """Move the owner's rows of this image to the trash."""
    deleted_at = literal(to_utc_naive(at), LenientDateTime).label("deleted_at")
    _move(connection, images, trashed_images, image, deleted_at)


def trash(records: JobTable, owner: str | None) -> list[TrashedImage]:
    """The images in the trash of this owner or of all, the latest deletion first."""
    query = (
        select(
            trashed_images.c.image_id,
            trashed_images.c.owner,
            trashed_images.c.ref,
            trashed_images.c.bytes,
            trashed_images.c.deleted_at,
            jobs.c.id.label("job_id"),
            func.coalesce(jobs.c.prompt, trashed_images.c.upload_name).label("prompt"),
        )
        .outerjoin(jobs, jobs.c.id == trashed_images.c.job_id)
        .where(or_(jobs.c.id.is_not(None), trashed_images.c.uploaded_at.is_not(None)))
        .order_by(trashed_images.c.deleted_at.desc(), jobs.c.created_at.desc())
    )
    if owner is not None:
        query = query.where(trashed_images.c.owner == owner)
    with records.engine.connect() as connection:
        rows = connection.execute(query).all()
    found: dict[OwnedImage, TrashedImage] = {}
    of_jobs: defaultdict[OwnedImage, set[str]] = defaultdict(set)
    for row in rows:
        image = OwnedImage(row.image_id, row.owner)
        of_jobs[image].update({row.job_id} - {None})
        if image not in found and isinstance(row.deleted_at, datetime):
            found[image] = TrashedImage(
                image=image,
                stored=stored_ref(row.ref, row.bytes),
                prompt=row.prompt,
                deleted_at=row.deleted_at.replace(tzinfo=UTC),
                jobs=frozenset(),
            )
    return [replace(each, jobs=frozenset(of_jobs[image])) for image, each in found.items()]


@contextmanager
def trashed_references(
    records: JobTable, wanted: Collection[OwnedImage]
) -> Iterator[list[TrashedReferences]]:
    """Yield the references to these images; their changes are written when the block ends.

    The block is one transaction, and no other writes until it ends. If it raises, nothing changes.
    """
    with records.writing.begin() as connection:
        found = _find(connection, wanted)
        yield found
        for each in found:
            _write(connection, each)


def _find(connection: Connection, wanted: Collection[OwnedImage]) -> list[TrashedReferences]:
    ids = {image.id for image in wanted}
    query = (
        select(
            trashed_images.c.image_id,
            trashed_images.c.owner,
            trashed_images.c.ref,
            trashed_images.c.job_id,
            trashed_images.c.uploaded_at,
        )
        .where(trashed_images.c.image_id.in_(ids))
        .order_by(trashed_images.c.deleted_at.desc())
    )
    rows: dict[OwnedImage, list[tuple[StoredRef | None, str]]] = {}
    for image_id, owner, ref, job_id, uploaded_at in connection.execute(query):
        of_job = job_id if uploaded_at is None else ""
        rows.setdefault(OwnedImage(image_id, owner), []).append((stored_ref(ref), of_job))
    used_ids = select(images.c.image_id).where(images.c.image_id.in_(ids))
    in_use = {*connection.execute(used_ids).scalars()}
    others = {image.id for image in rows.keys() - set(wanted)}
    return [
        TrashedReferences(
            image=image,
            stored=tuple(dict.fromkeys(stored for stored, _ in rows[image] if stored)),
            jobs=frozenset(job_id for _, job_id in rows[image] if job_id),
            in_use=image.id in in_use,
            shared=image.id in others,
        )
        for image in wanted
        if image in rows
    ]


def _write(connection: Connection, references: TrashedReferences) -> None:
    image = references.image
    if references.forgotten:
        connection.execute(delete(trashed_images).where(_is(trashed_images, image)))
    elif references.restored:
        _move(connection, trashed_images, images, image)
        for ref, stored in references.places.items():
            at_ref = _is(images, image) & (images.c.ref == ref)
            connection.execute(update(images).where(at_ref).values({"ref": stored.ref}))


def _move(
    connection: Connection,
    source: Table,
    target: Table,
    image: OwnedImage,
    *extra: ColumnElement[datetime],
) -> None:
    """Move the owner's rows; a row that the target has already is replaced."""
    wanted = _is(source, image)
    same = select(source.c.job_id, source.c.position).where(wanted)
    connection.execute(delete(target).where(tuple_(target.c.job_id, target.c.position).in_(same)))
    row = select(*(source.c[name] for name in COLUMNS), *extra).where(wanted)
    names = [*COLUMNS, *(column.name for column in extra)]
    connection.execute(insert(target).from_select(names, row))
    connection.execute(delete(source).where(wanted))


def _is(table: Table, image: OwnedImage) -> ColumnElement[bool]:
    return (table.c.image_id == image.id) & (table.c.owner == image.owner)
