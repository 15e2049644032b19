"""The records of uploads: rows of `images` without a job, in the database of the jobs."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    literal,
    select,
    tuple_,
    update,
)

from adapters.records.dialect import LenientDateTime, insert_or_touch, upsert
from adapters.records.engine import Database
from adapters.records.prompt_matching import contains_words
from adapters.records.readable_rows import readable
from adapters.records.row_mapping import Values, to_stored_image, to_utc_naive
from adapters.records.schema import images, trashed_images
from domain.image import StoredRef
from domain.image_filters import EVERY_IMAGE, ImageFilter
from domain.job_records import JobPosition, OwnedImage
from domain.uploads import Upload

T = TypeVar("T")

READ_FAILED = "The uploads could not be read"
WRITE_FAILED = "The upload could not be recorded"
IS_UPLOAD = images.c.uploaded_at.is_not(None)
IS_STORED = images.c.ref.is_not(None)
BEGUN = ("uploaded_at",)
"""What changes in an earlier upload when the same image arrives again: its days begin anew, so that
it does not expire while its bytes are being stored."""


class SqlUploadRepository:
    """An UploadRepository over `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, upload: Upload, /) -> None:
        row = _to_row(upload)
        if upload.image.stored:
            await self._write(lambda connection: upsert(connection, images, row))
        else:
            await self._write(lambda connection: insert_or_touch(connection, images, row, BEGUN))

    async def get(self, image: OwnedImage, /) -> Upload | None:
        found = await self._read(lambda connection: _find(connection, *_is(image), limit=1))
        return found[0] if found else None

    async def mask(self, mask_id: str, /, *, owner: str) -> Upload | None:
        return await self._read(lambda connection: _find_mask(connection, mask_id, owner))

    async def recent(
        self,
        *,
        owner: str,
        limit: int,
        start: JobPosition | None = None,
        matching: ImageFilter = EVERY_IMAGE,
    ) -> Sequence[Upload]:
        if matching.model:
            return []
        is_image = images.c.mask_of.is_(None)
        wanted = [images.c.owner == owner, is_image, *_conditions(start, matching)]
        return await self._read(lambda connection: _find(connection, *wanted, limit=limit))

    async def older_than(self, before: datetime, /) -> Sequence[OwnedImage]:
        return await self._from_before(before, IS_STORED)

    async def unfinished(self, before: datetime, /) -> Sequence[OwnedImage]:
        return await self._from_before(before, ~IS_STORED)

    async def finish(self, image: OwnedImage, stored: StoredRef | None, /) -> None:
        unfinished = (*_is(image), IS_UPLOAD, ~IS_STORED)
        change = (
            update(images).where(*unfinished).values({"ref": stored.ref})
            if stored
            else delete(images).where(*unfinished)
        )
        await self._write(lambda connection: connection.execute(change))

    async def _from_before(
        self, before: datetime, condition: ColumnElement[bool]
    ) -> Sequence[OwnedImage]:
        if not self._database.has_records:  # a cleanup creates no database
            return []
        is_old = images.c.uploaded_at < to_utc_naive(before)
        query = select(images.c.image_id, images.c.owner).where(IS_UPLOAD, condition, is_old)
        rows = await self._read(
            lambda connection: connection.execute(query.order_by(images.c.uploaded_at)).all()
        )
        return [OwnedImage(*row) for row in rows]

    async def _read(self, work: Callable[[Connection], T]) -> T:
        def read() -> T:
            with self._database.records().engine.connect() as connection:
                return work(connection)

        return await self._database.run_in_thread(read, READ_FAILED)

    async def _write(self, work: Callable[[Connection], object]) -> None:
        def write() -> None:
            with self._database.records().writing.begin() as connection:
                work(connection)

        await self._database.run_in_thread(write, WRITE_FAILED)


def _find(connection: Connection, *conditions: ColumnElement[bool], limit: int) -> list[Upload]:
    query = select(images).where(IS_UPLOAD, IS_STORED, *conditions)
    newest = query.order_by(images.c.uploaded_at.desc(), images.c.job_id.desc()).limit(limit)
    return [*readable(connection, images, connection.execute(newest), _to_upload)]


def _find_mask(connection: Connection, mask_id: str, owner: str) -> Upload | None:
    for table in (images, trashed_images):
        query = select(table).where(table.c.job_id == mask_id, table.c.owner == owner)
        is_mask = (table.c.mask_of.is_not(None), table.c.ref.is_not(None))
        for found in readable(
            connection, table, connection.execute(query.where(*is_mask)), _to_upload
        ):
            return found
    return None


def _is(image: OwnedImage) -> tuple[ColumnElement[bool], ...]:
    return images.c.image_id == image.id, images.c.owner == image.owner


def _conditions(start: JobPosition | None, matching: ImageFilter) -> list[ColumnElement[bool]]:
    conditions = list[ColumnElement[bool]]()
    if start is not None:
        position = tuple_(images.c.uploaded_at, images.c.job_id)
        conditions.append(position <= tuple_(_moment(start.created_at), start.id))
    if matching.words:
        conditions.append(contains_words(matching.words, images.c.upload_name))
    if matching.since is not None:
        conditions.append(images.c.uploaded_at >= _moment(matching.since))
    if matching.before is not None:
        conditions.append(images.c.uploaded_at < _moment(matching.before))
    return conditions


def _moment(moment: datetime) -> ColumnElement[datetime]:
    return literal(to_utc_naive(moment), LenientDateTime)


def _to_row(upload: Upload) -> Values:
    image, size = upload.image, upload.image.dimensions
    return {
        "job_id": upload.id,
        "position": 0,
        "image_id": image.id,
        "owner": upload.owner,
        "ref": image.stored and image.stored.ref,
        "format": image.format,
        "width": size.width if size else 0,
        "height": size.height if size else 0,
        "bytes": image.size,
        "notes": json.dumps(image.notes),
        "uploaded_at": to_utc_naive(upload.created_at),
        "mask_of": upload.mask_of or None,
        **({"upload_name": upload.name} if upload.name else {}),  # else the last name stays
    }


def _to_upload(row: Row[Any]) -> Upload:
    return Upload(
        id=row.job_id,
        owner=row.owner,
        name=row.upload_name or "",
        created_at=row.uploaded_at.replace(tzinfo=UTC),
        image=to_stored_image(row),
        mask_of=row.mask_of or "",
    )
