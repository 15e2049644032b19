"""Keeps pictures as files, and records in a database which jobs they belong to."""

import os
import shutil
from datetime import datetime
from errno import EACCES, ENOSPC
from pathlib import Path

from adapters.records.durable_write import write_durably
from adapters.records.engine import Database
from adapters.records.image_deletion import delete_picture, prune
from adapters.records.image_recovery import kept_again
from application.ports.image_store import Deleted
from domain.errors import NotFound
from domain.image import Image
from domain.jobs import Job
from domain.requests import PictureRequest

LEAST_FREE = 64_000_000
"""Bytes that must be free before a picture is paid for: four of the largest, with room to spare."""


class FileArchive:
    """An Archive on this machine's disk.

    Pictures go to `pictures_folder`, records and quarantine to the folder of `database`. Folders
    are made when the first thing is kept. What the pictures folder refuses goes to `rescued` beside
    the records.
    """

    def __init__(self, database: Database, *, pictures_folder: Path) -> None:
        self._database = database
        self._pictures = pictures_folder
        self._rescued = database.folder / "rescued"

    async def ready(self) -> None:
        folder = self._pictures
        await self._database.done(lambda: _probe(folder), f"Pictures could not be kept in {folder}")

    async def record(self, job: Job[PictureRequest], /) -> None:
        database = self._database
        await database.done(lambda: database.records().write(job), "The job could not be recorded")

    async def keep(self, image: Image, /) -> str:
        trouble = f"The picture could not be written to {self._rescued}"
        return str(await self._database.done(lambda: self._written_somewhere(image), trouble))

    async def place_of(self, image: Image, /, *, owner: str, job_id: str) -> str:
        database = self._database
        place = await database.done(
            lambda: kept_again(
                database.records(), image, owner, job_id, lambda: self._written_somewhere(image)
            ),
            "The picture could not be written again",
        )
        if place is None:
            raise NotFound(f"{image.id} was deleted.")
        return str(place)

    async def keep_rendition(self, rendition: Image, /, *, of: Image) -> str:
        suffix, trouble = rendition.format.extension, "The picture could not be written"
        return str(await self._put(self._pictures, of.id, suffix, rendition.data, trouble))

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        folder = self._database.folder / "quarantine"
        return str(await self._put(folder, job_id, suffix, data, "Nothing could be written"))

    async def find(self, picture_id: str, /, *, owner: str) -> Image:
        database = self._database
        places = await database.done(
            lambda: database.records().places(picture_id, owner), "The records could not be read"
        )
        image = await database.done(lambda: _unchanged(places, picture_id), "It could not be read")
        if image is None:
            hint = "Use an id from an earlier answer, exactly as it was given."
            why = "its file was moved, changed or deleted" if places else "no such picture is known"
            raise NotFound(f"{picture_id[:80]} cannot be had: {why}.", hint=hint)
        return image

    async def delete(self, picture_id: str, /, *, owner: str) -> Deleted:
        database = self._database
        deleted = await database.done(
            lambda: delete_picture(database.records(), picture_id, owner),
            "The picture could not be deleted",
        )
        if not deleted.pictures:
            raise NotFound(f"{picture_id[:80]} cannot be deleted: no such picture is known.")
        return deleted

    async def prune(self, before: datetime, /, *, keep_bytes: int = 0) -> Deleted:
        database = self._database
        return await database.done(
            lambda: prune(database.records(), before, keep_bytes), "Old pictures could not go"
        )

    def _written_somewhere(self, image: Image) -> Path:
        """For worker threads. Raises OSError where both folders refuse."""
        stem, suffix, writer = image.id, image.format.extension, self._database.writer().id
        try:
            return write_durably(self._pictures, stem, suffix, image.data, writer=writer)
        except OSError:
            return write_durably(self._rescued, stem, suffix, image.data, writer=writer)

    async def _put(self, folder: Path, stem: str, suffix: str, data: bytes, trouble: str) -> Path:
        database = self._database

        def write() -> Path:
            return write_durably(folder, stem, suffix, data, writer=database.writer().id)

        return await database.done(write, f"{trouble} to {folder}")


def _probe(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(EACCES, os.strerror(EACCES))
    if shutil.disk_usage(folder).free < LEAST_FREE:
        raise OSError(ENOSPC, os.strerror(ENOSPC))


def _unchanged(places: list[Path], picture_id: str) -> Image | None:
    for place in places:
        try:
            image = Image(place.read_bytes())
        except OSError:
            continue
        if image.id == picture_id:
            return image
    return None
