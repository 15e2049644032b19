"""Safeguard: what was paid for is on disk before anyone is told about it."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TypeVar

from application.async_tools import carried_through
from application.ports.image_provider import (
    Delivered,
    Dispatched,
    ImageProvider,
    Painting,
    PartialImage,
)
from application.ports.image_store import Archive
from application.safeguards.safeguard import Safeguard
from domain.errors import ArchiveUnavailable, Canceled, UnreadableImage
from domain.image import Image
from domain.jobs import Job
from domain.provider_errors import BadProviderReply, OutcomeUnknown, ProviderError
from domain.requests import PictureRequest
from domain.results import Picture

R = TypeVar("R", bound=PictureRequest)

WHERE_IT_IS = " What came of it is kept in DATA_DIR/quarantine, under the name of the job."
CUT_SHORT = "The job was ended while the picture was being painted."


class Archived(Safeguard):
    """Records a job before it is sent, and keeps its pictures before they are delivered.

    Raises ArchiveUnavailable, before anything is sent, when the record or a picture could not
    be written. What has arrived is carried to the disk even if the job is told to end. A disk
    that refuses only then spoils nothing: the pictures are delivered with a note that they are
    not stored. What came of a call that broke off goes to the quarantine: its last previews, and
    what there is of the reply.
    """

    def __init__(self, inner: ImageProvider, archive: Archive) -> None:
        super().__init__(inner)
        self.archive = archive

    async def guard(self, job: Job[R], paint: Callable[[Job[R]], Painting]) -> Painting:
        sent = job.dispatched()
        await self.archive.ready()
        await self._announced(sent)
        settled, previews = False, Previews()
        try:
            yield Dispatched()
            async with aclosing(paint(sent)) as painting:
                async for event in painting:
                    if isinstance(event, Delivered):
                        event = await carried_through(self._kept(sent, event))
                        settled = True
                    elif isinstance(event, PartialImage):
                        previews.note(event)
                    yield event
        except ProviderError as error:
            await carried_through(self._buried(sent, error, previews))
            settled = True
            raise
        finally:
            if not settled:
                cut_short = OutcomeUnknown(CUT_SHORT)
                await carried_through(self._buried(sent, cut_short, previews))

    async def _announced(self, job: Job[R]) -> None:
        recording = asyncio.ensure_future(self.archive.record(job))
        try:
            await asyncio.shield(recording)
        except asyncio.CancelledError:
            await carried_through(self._withdrawn(job, recording))
            raise

    async def _withdrawn(self, job: Job[R], recording: asyncio.Future[None]) -> None:
        with suppress(ArchiveUnavailable):
            await recording
            await self._note(job.failed(Canceled("The request was canceled before it was sent.")))

    async def _kept(self, job: Job[R], came: Delivered) -> Delivered:
        notes = list(came.notes)
        pictures = [await self._placed(picture, notes) for picture in came.pictures]
        isolated = [await self._isolated(data, job.id) for data in came.rubbish]
        notes += [f"What is no picture is kept in {place}" for place in isolated if place]
        stored = job.stored(
            tuple(pictures),
            came.usage,
            came.request_id,
            revised_prompt=came.revised_prompt,
            notes=tuple(notes),
        )
        if not await self._note(stored):
            notes.append("The job's record could not be written.")
        return replace(came, pictures=stored.pictures, notes=tuple(notes))

    async def _placed(self, picture: Picture, notes: list[str]) -> Picture:
        try:
            place = await self.archive.keep(picture.image)
        except ArchiveUnavailable as error:
            notes.append(f"Not stored: {error.message} Save the picture from this answer.")
            return picture
        return replace(picture, place=place)

    async def _buried(self, job: Job[R], error: ProviderError, previews: "Previews") -> None:
        if isinstance(error, BadProviderReply | OutcomeUnknown):
            remains = [(data, "bin") for data in error.remains] + previews.remains()
            places = [await self._isolated(data, job.id, suffix) for data, suffix in remains]
            error.quarantined = tuple(place for place in places if place)
            error.remains = ()  # they may be large, and errors are remembered
            if error.quarantined:
                error.hint += WHERE_IT_IS
        unknown = isinstance(error, OutcomeUnknown)
        await self._note(job.unknown(error) if unknown else job.failed(error))

    async def _isolated(self, data: bytes, job_id: str, suffix: str = "bin") -> str:
        try:
            return await self.archive.quarantine(data, job_id=job_id, suffix=suffix)
        except ArchiveUnavailable:
            return ""

    async def _note(self, job: Job[R]) -> bool:
        try:
            await self.archive.record(job)
        except ArchiveUnavailable:
            return False
        return True


class Previews:
    """The last preview of each picture, which is all there is of it if the call breaks off."""

    def __init__(self) -> None:
        self._last: dict[int, Image] = {}

    def note(self, preview: PartialImage) -> None:
        """Take this one in place of those before it: it is finer."""
        self._last[preview.picture] = preview.image

    def remains(self) -> list[tuple[bytes, str]]:
        """Bytes and file suffix of each."""
        return [(image.data, _suffix(image)) for image in self._last.values()]


def _suffix(image: Image) -> str:
    try:
        return image.format.extension
    except UnreadableImage:
        return "bin"
