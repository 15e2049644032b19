"""Safeguard: what was paid for is on disk before anyone is told about it."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TypeVar

from application.async_tools import run_to_completion
from application.ports.image_provider import (
    Delivered,
    ImageProvider,
    PartialImage,
    ProviderStream,
)
from application.ports.image_store import ImageStore
from application.ports.job_repository import JobRepository
from application.safeguards.safeguard import Safeguard
from domain.errors import ArchiveUnavailable, Canceled, UnreadableImage
from domain.events import JobDispatched
from domain.image import Image
from domain.jobs import Job
from domain.provider_errors import BadProviderReply, OutcomeUnknown, ProviderError
from domain.requests import ImageRequest
from domain.results import ResultImage

R = TypeVar("R", bound=ImageRequest)

QUARANTINE_HINT = " What came of it is kept in DATA_DIR/quarantine, under the name of the job."
INTERRUPTED = "The job was ended while the picture was being painted."


class Archiving(Safeguard):
    """Records a job before it is sent, and keeps its pictures before they are delivered.

    Raises ArchiveUnavailable, before anything is sent, when the record or a picture could not
    be written. What has arrived is carried to the disk even if the job is told to end. A disk
    that refuses only then spoils nothing: the pictures are delivered with a note that they are
    not stored. What came of a call that broke off goes to the quarantine: its last previews, and
    what there is of the reply.
    """

    def __init__(self, inner: ImageProvider, images: ImageStore, records: JobRepository) -> None:
        super().__init__(inner)
        self.images = images
        self.records = records

    async def wrap(self, job: Job[R], paint: Callable[[Job[R]], ProviderStream]) -> ProviderStream:
        sent = job.dispatched()
        await self.images.check_writable()
        await self._record_dispatch(sent)
        settled, previews = False, LastPartials()
        try:
            yield JobDispatched(job_id=job.id)
            async with aclosing(paint(sent)) as painting:
                async for event in painting:
                    if isinstance(event, Delivered):
                        event = await run_to_completion(self._store(sent, event))
                        settled = True
                    elif isinstance(event, PartialImage):
                        previews.add(event)
                    yield event
        except ProviderError as error:
            await run_to_completion(self._record_failure(sent, error, previews))
            settled = True
            raise
        finally:
            if not settled:
                cut_short = OutcomeUnknown(INTERRUPTED)
                await run_to_completion(self._record_failure(sent, cut_short, previews))

    async def _record_dispatch(self, job: Job[R]) -> None:
        recording = asyncio.ensure_future(self.records.save(job))
        try:
            await asyncio.shield(recording)
        except asyncio.CancelledError:
            await run_to_completion(self._cancel_dispatch(job, recording))
            raise

    async def _cancel_dispatch(self, job: Job[R], recording: asyncio.Future[None]) -> None:
        with suppress(ArchiveUnavailable):
            await recording
            await self._try_record(
                job.failed(Canceled("The request was canceled before it was sent."))
            )

    async def _store(self, job: Job[R], came: Delivered) -> Delivered:
        notes = list(came.notes)
        pictures = [await self._store_image(picture, notes) for picture in came.images]
        isolated = [await self._quarantine(data, job.id) for data in came.undecodable]
        notes += [f"What is no picture is kept in {place}" for place in isolated if place]
        delivered = replace(came, images=tuple(pictures), notes=tuple(notes))
        if not await self._try_record(job.stored(delivered.images, delivered)):
            notes.append("The job's record could not be written.")
        return replace(delivered, notes=tuple(notes))

    async def _store_image(self, picture: ResultImage, notes: list[str]) -> ResultImage:
        try:
            stored = await self.images.put(picture.image)
        except ArchiveUnavailable as error:
            notes.append(f"Not stored: {error.message} Save the picture from this answer.")
            return picture
        return replace(picture, stored=stored)

    async def _record_failure(
        self, job: Job[R], error: ProviderError, previews: "LastPartials"
    ) -> None:
        if isinstance(error, BadProviderReply | OutcomeUnknown):
            remains = [(data, "bin") for data in error.raw_remainder] + previews.files()
            places = [await self._quarantine(data, job.id, suffix) for data, suffix in remains]
            error.quarantined = tuple(place for place in places if place)
            error.raw_remainder = ()  # they may be large, and errors are remembered
            if error.quarantined:
                error.hint += QUARANTINE_HINT
        await self._try_record(job.ended(error))

    async def _quarantine(self, data: bytes, job_id: str, suffix: str = "bin") -> str:
        try:
            return await self.images.quarantine(data, job_id=job_id, suffix=suffix)
        except ArchiveUnavailable:
            return ""

    async def _try_record(self, job: Job[R]) -> bool:
        try:
            await self.records.save(job)
        except ArchiveUnavailable:
            return False
        return True


class LastPartials:
    """The last preview of each picture, which is all there is of it if the call breaks off."""

    def __init__(self) -> None:
        self._last: dict[int, Image] = {}

    def add(self, preview: PartialImage) -> None:
        """Take this one in place of those before it: it is finer."""
        self._last[preview.image_index] = preview.image

    def files(self) -> list[tuple[bytes, str]]:
        """Bytes and file suffix of each."""
        return [(image.data, _suffix(image)) for image in self._last.values()]


def _suffix(image: Image) -> str:
    try:
        return image.format.extension
    except UnreadableImage:
        return "bin"
