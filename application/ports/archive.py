"""Port: where pictures and the records of jobs are kept for good."""

from typing import Protocol

from domain.images import Image
from domain.jobs import Job
from domain.requests import PictureRequest


class Archive(Protocol):
    """Keeps what was paid for. What it has said to keep survives a power cut.

    Every method raises ArchiveUnavailable when the disk or the database refuses.
    """

    async def ready(self) -> None:
        """Return if a picture could be kept now; asked before money is spent."""

    async def record(self, job: Job[PictureRequest], /) -> None:
        """Remember the state of a job, durably, before returning; a later state replaces it."""

    async def keep(self, image: Image, /) -> str:
        """Write a picture untouched and durably; return its place, an absolute path.

        The whole file appears under its name at once or not at all. Nothing is overwritten:
        equal bytes share a file. Where the usual folder refuses, another one is tried.
        """

    async def keep_rendition(self, rendition: Image, /, *, of: Image) -> str:
        """Write another form of a picture beside it, under a name that begins with its id.

        It is no picture of its own: `find` does not know it.
        """

    async def quarantine(self, data: bytes, /, *, job_id: str) -> str:
        """Keep bytes that are no picture but were perhaps paid for; return their place."""

    async def find(self, picture_id: str, /, *, owner: str) -> Image:
        """The picture with this `img_…` id; raise NotFound if this owner has none such."""
