"""Keeps pictures as files, and records in a database which jobs they belong to."""

import os
import shutil
from datetime import datetime
from errno import EACCES, ENOSPC
from pathlib import Path

from adapters.records.durable_write import write_durably
from adapters.records.engine import Database
from adapters.records.image_deletion import delete_picture, prune
from adapters.records.image_recovery import ensure_file
from application.ports.image_store import DeletionResult
from domain.errors import NotFound
from domain.image import Image
from domain.jobs import Job
from domain.requests import ImageRequest

MIN_FREE_BYTES = 64_000_000
"""Bytes that must be free before a picture is paid for: four of the largest, with room to spare."""


class FileImageStore:
    """An Archive on this machine's disk.

    Pictures go to `pictures_folder`, records and quarantine to the folder of `database`. Folders
    are made when the first thing is kept. What the pictures folder refuses goes to `rescued` beside
    the records.
    """

    def __init__(self, database: Database, *, pictures_folder: Path) -> None:
        self._database = database
        self._pictures = pictures_folder
        self._rescued = database.folder / "rescued"

    async def check_writable(self) -> None:
        folder = self._pictures
        await self._database.run_in_thread(
            lambda: _probe(folder), f"Pictures could not be kept in {folder}"
        )

    async def record(self, job: Job[ImageRequest], /) -> None:
        database = self._database
        await database.run_in_thread(
            lambda: database.records().write(job), "The job could not be recorded"
        )

    async def put(self, image: Image, /) -> str:
        trouble = f"The picture could not be written to {self._rescued}"
        return str(
            await self._database.run_in_thread(lambda: self._write_to_any_folder(image), trouble)
        )

    async def ensure_stored(self, image: Image, /, *, owner: str, job_id: str) -> str:
        database = self._database
        place = await database.run_in_thread(
            lambda: ensure_file(
                database.records(), image, owner, job_id, lambda: self._write_to_any_folder(image)
            ),
            "The picture could not be written again",
        )
        if place is None:
            raise NotFound(f"{image.id} was deleted.")
        return str(place)

    async def put_rendition(self, rendition: Image, /, *, of: Image) -> str:
        suffix, trouble = rendition.format.extension, "The picture could not be written"
        return str(await self._put(self._pictures, of.id, suffix, rendition.data, trouble))

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        folder = self._database.folder / "quarantine"
        return str(await self._put(folder, job_id, suffix, data, "Nothing could be written"))

    async def find(self, picture_id: str, /, *, owner: str) -> Image:
        database = self._database
        places = await database.run_in_thread(
            lambda: database.records().locations(picture_id, owner), "The records could not be read"
        )
        image = await database.run_in_thread(
            lambda: _read_unchanged(places, picture_id), "It could not be read"
        )
        if image is None:
            hint = "Use an id from an earlier answer, exactly as it was given."
            why = "its file was moved, changed or deleted" if places else "no such picture is known"
            raise NotFound(f"{picture_id[:80]} cannot be had: {why}.", hint=hint)
        return image

    async def delete(self, picture_id: str, /, *, owner: str) -> DeletionResult:
        database = self._database
        deleted = await database.run_in_thread(
            lambda: delete_picture(database.records(), picture_id, owner),
            "The picture could not be deleted",
        )
        if not deleted.images:
            raise NotFound(f"{picture_id[:80]} cannot be deleted: no such picture is known.")
        return deleted

    async def prune(self, before: datetime, /, *, keep_bytes: int = 0) -> DeletionResult:
        database = self._database
        return await database.run_in_thread(
            lambda: prune(database.records(), before, keep_bytes), "Old pictures could not go"
        )

    def _write_to_any_folder(self, image: Image) -> Path:
        """For worker threads. Raises OSError where both folders refuse."""
        stem, suffix, writer = image.id, image.format.extension, self._database.lease().id
        try:
            return write_durably(self._pictures, stem, suffix, image.data, writer=writer)
        except OSError:
            return write_durably(self._rescued, stem, suffix, image.data, writer=writer)

    async def _put(self, folder: Path, stem: str, suffix: str, data: bytes, trouble: str) -> Path:
        database = self._database

        def write() -> Path:
            return write_durably(folder, stem, suffix, data, writer=database.lease().id)

        return await database.run_in_thread(write, f"{trouble} to {folder}")


def _probe(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(EACCES, os.strerror(EACCES))
    if shutil.disk_usage(folder).free < MIN_FREE_BYTES:
        raise OSError(ENOSPC, os.strerror(ENOSPC))


def _read_unchanged(places: list[Path], picture_id: str) -> Image | None:
    for place in places:
        try:
            image = Image(place.read_bytes())
        except OSError:
            continue
        if image.id == picture_id:
            return image
    return None
