"""Taking pictures away: their files first, then what is recorded of them.

A crash between the two leaves a record without files, which can be deleted again.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Row, delete, func, select

from adapters.records.job_table import JobTable
from adapters.records.row_mapping import to_utc_naive
from adapters.records.schema import images, jobs
from application.ports.image_store import DeletionResult

NOTHING = DeletionResult(images=0, bytes=0, fingerprints=frozenset())


class FileIndex:
    """The files of pictures and of their renditions, by the ids that their names begin with.

    Each folder is read once: thousands of pictures may be looked for.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, list[Path]]] = {}

    def files(self, places: Iterable[str | None], picture_id: str) -> list[Path]:
        """Those of one picture, in the folders of its places."""
        folders = {Path(place).parent for place in places if place}
        return [file for folder in folders for file in self._index(folder).get(picture_id, [])]

    def _index(self, folder: Path) -> dict[str, list[Path]]:
        if folder not in self._folders:
            shelf = self._folders[folder] = defaultdict(list)
            for file in folder.iterdir() if folder.is_dir() else ():
                shelf[re.split("[.-]", file.name, maxsplit=1)[0]].append(file)
        return self._folders[folder]


def delete_picture(
    records: JobTable, picture_id: str, owner: str, shelves: FileIndex | None = None
) -> DeletionResult:
    """Delete this owner's picture; NOTHING if there is none. Raises OSError, SQLAlchemyError."""
    shelves = shelves or FileIndex()
    its = (images.c.image_id == picture_id) & (images.c.owner == owner)
    query = select(images.c.ref, jobs.c.fingerprint).join_from(
        images, jobs, jobs.c.id == images.c.job_id
    )
    with records.writing.begin() as connection:
        found = connection.execute(query.where(its)).all()
        shared = connection.scalar(
            select(func.count())
            .select_from(images)
            .where(images.c.image_id == picture_id, images.c.owner != owner)
        )
        places = [place for place, _ in found]
        removed = 0 if shared else _remove(shelves.files(places, picture_id))
        connection.execute(delete(images).where(its))
    if not found:
        return NOTHING
    return DeletionResult(
        images=1, bytes=removed, fingerprints=frozenset(fingerprint for _, fingerprint in found)
    )


def prune(records: JobTable, before: datetime, keep_bytes: int) -> DeletionResult:
    """Delete the oldest pictures, as the port has it. Raises OSError, SQLAlchemyError."""
    gone, shelves = NOTHING, FileIndex()
    rest = _oldest_first(records, shelves)
    held = sum(size for _, size in rest)
    for row, size in rest:
        if held <= keep_bytes or row.made_at >= to_utc_naive(before):
            break
        gone = _sum(gone, delete_picture(records, row.image_id, row.owner, shelves))
        held -= size
    return gone


def _oldest_first(
    records: JobTable, shelves: FileIndex
) -> list[tuple[Row[str, str, str, datetime], int]]:
    """Every owner's every picture with the bytes of its files, by when it was made last."""
    made_at = func.max(jobs.c.created_at).label("made_at")
    ref = func.max(images.c.ref).label("ref")
    query = (
        select(images.c.image_id, images.c.owner, ref, made_at)
        .join(jobs, jobs.c.id == images.c.job_id)
        .where(images.c.ref.is_not(None))
        .group_by(images.c.image_id, images.c.owner)
        .order_by(made_at)
    )
    with records.engine.connect() as connection:
        rows = connection.execute(query).all()
    found = ((row, shelves.files([row.ref], row.image_id)) for row in rows)
    return [(row, sum(map(_size, files), 0)) for row, files in found]


def _remove(files: Iterable[Path]) -> int:
    removed = 0
    for file in files:
        size = _size(file)
        file.unlink(missing_ok=True)
        removed += size
    return removed


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


def _sum(one: DeletionResult, other: DeletionResult) -> DeletionResult:
    return DeletionResult(
        images=one.images + other.images,
        bytes=one.bytes + other.bytes,
        fingerprints=one.fingerprints | other.fingerprints,
    )
