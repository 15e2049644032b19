"""Port: where pictures and the records of jobs are kept for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.image import Image
from domain.jobs import Job
from domain.requests import ImageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionResult:
    """How many pictures went, the bytes of all their files, and the jobs they had been made by."""

    images: int
    bytes: int
    fingerprints: frozenset[str]


class ImageStore(Protocol):
    """Keeps what was paid for. What it has said to keep survives a power cut.

    Every method raises ArchiveUnavailable when the disk or the database refuses.
    """

    async def check_writable(self) -> None:
        """Return if a picture could be kept now; asked before money is spent."""

    async def record(self, job: Job[ImageRequest], /) -> None:
        """Remember the state of a job, durably, before returning; a later state replaces it.

        An end that could not be written raises and is not forgotten: whatever next looks into the
        records, or closes them, writes it first, once that can be done. If it never can before the
        process ends, the job is settled like those of the dead.
        Raises Busy where the key of a new job has come to mean another one meanwhile.
        """

    async def put(self, image: Image, /) -> str:
        """Write a picture untouched and durably; return its place, an absolute path.

        The whole file appears under its name at once or not at all. Nothing is overwritten:
        equal bytes share a file. Where the usual folder refuses, another one is tried.
        """

    async def ensure_stored(self, image: Image, /, *, owner: str, job_id: str) -> str:
        """The place of a picture that this job brought; it is written again if its file is gone.

        Raises NotFound where this owner has no such picture recorded, or none any more. A job
        whose end could not be recorded has lost none: its picture was not deleted.
        """

    async def put_rendition(self, rendition: Image, /, *, of: Image) -> str:
        """Write another form of a picture beside it, under a name that begins with its id.

        It is no picture of its own: `find` does not know it.
        """

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        """Keep what is no finished picture but was perhaps paid for; return its place."""

    async def find(self, picture_id: str, /, *, owner: str) -> Image:
        """The picture with this `img_…` id; raise NotFound if this owner has none such."""

    async def delete(self, picture_id: str, /, *, owner: str) -> DeletionResult:
        """Delete a picture of this owner's and what was made of it; raise NotFound.

        Files that somebody else's picture shares stay. What its job cost stays recorded.
        """

    async def prune(self, before: datetime, /, *, keep_bytes: int = 0) -> DeletionResult:
        """Delete the oldest pictures of all owners, those made after `before` never.

        Stops when the rest has no more than `keep_bytes`.
        """
