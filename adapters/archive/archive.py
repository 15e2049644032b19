"""Keeps pictures as files and the records of jobs in SQLite."""

import asyncio
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from errno import EACCES, ENOSPC
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from adapters.archive.files import write_durably
from adapters.archive.records import JobRecords
from domain.errors import ArchiveUnavailable, NotFound
from domain.images import Image
from domain.jobs import Job
from domain.requests import PictureRequest

T = TypeVar("T")

LEAST_FREE = 64_000_000
"""Bytes that must be free before a picture is paid for: four of the largest, with room to spare."""


class FileArchive:
    """An Archive on this machine's disk.

    Pictures go to `pictures_folder`, records and quarantine to `data_folder`. Folders are made
    when the first thing is kept. All disk work is done in threads of its own, so that a slow disk
    holds up nothing else. What the pictures folder refuses goes to `data_folder/rescued`.
    """

    def __init__(self, *, pictures_folder: Path, data_folder: Path) -> None:
        self._pictures = pictures_folder
        self._data = data_folder
        self._opening = Lock()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="archive")

    async def ready(self) -> None:
        folder = self._pictures
        await self._done(lambda: _probe(folder), f"Pictures could not be kept in {folder}")

    async def record(self, job: Job[PictureRequest], /) -> None:
        await self._done(lambda: self._opened().write(job), "The job could not be recorded")

    async def keep(self, image: Image, /) -> str:
        try:
            return str(await self._written(self._pictures, image))
        except ArchiveUnavailable:
            return str(await self._written(self._data / "rescued", image))

    async def keep_rendition(self, rendition: Image, /, *, of: Image) -> str:
        return str(await self._written(self._pictures, rendition, name=of.id))

    async def quarantine(self, data: bytes, /, *, job_id: str) -> str:
        folder = self._data / "quarantine"
        write = partial(write_durably, folder, job_id, "bin", data)
        return str(await self._done(write, f"Nothing could be written to {folder}"))

    async def find(self, picture_id: str, /, *, owner: str) -> Image:
        places = await self._done(
            lambda: self._opened().places(picture_id, owner), "The records could not be read"
        )
        image = await self._done(lambda: _unchanged(places, picture_id), "It could not be read")
        if image is None:
            hint = "Use an id from an earlier answer, exactly as it was given."
            why = "its file was moved, changed or deleted" if places else "no such picture is known"
            raise NotFound(f"{picture_id[:80]} cannot be had: {why}.", hint=hint)
        return image

    async def close(self) -> None:
        records: JobRecords | None = self.__dict__.pop("_records", None)
        if records is not None:
            await self._done(records.close, "The records could not be closed")
        self._threads.shutdown(wait=False)

    @cached_property
    def _records(self) -> JobRecords:
        return JobRecords(self._data / "records.sqlite3")

    def _opened(self) -> JobRecords:
        with self._opening:
            return self._records

    async def _written(self, folder: Path, image: Image, name: str = "") -> Path:
        def write() -> Path:
            return write_durably(folder, name or image.id, image.format.extension, image.data)

        return await self._done(write, f"The picture could not be written to {folder}")

    async def _done(self, work: Callable[[], T], trouble: str) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except (OSError, SQLAlchemyError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise ArchiveUnavailable(f"{trouble} ({reason}).") from error


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
