"""Safeguard: an image that was paid for is stored before any caller gets it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from application.async_tools import run_to_completion
from application.ports.image_provider import (
    Accepted,
    Delivered,
    ImageProvider,
    PartialImage,
    ProviderStream,
)
from application.ports.image_store import ImageStore
from application.ports.job_repository import JobRepository
from application.safeguards.safeguard import CallNext, R, Safeguard, is_resumable
from domain.errors import ArchiveUnavailable, Canceled, ImageServiceError, UnreadableImage
from domain.events import JobDispatched
from domain.image import Image
from domain.jobs import Job
from domain.provider_errors import (
    BadProviderReply,
    OutcomeUnknown,
    ProviderError,
    is_readable_later,
)
from domain.requests import ImageRequest
from domain.results import ResultImage

QUARANTINE_HINT = " The response was saved in DATA_DIR/quarantine, under the job ID."
STILL_OPEN = (
    "The provider has accepted the work, and the server fetches the image as soon as it can: see "
    "job {job}. The same request sent again waits for it, unless it is fresh."
)
STORED_LATER = "The provider still has the result, and the server stores it as soon as it can."
INTERRUPTED = "The job was interrupted while the image was being generated."

OnArrival = Callable[[Job[ImageRequest], Sequence[ResultImage]], None]


class Archiving(Safeguard):
    """Records a job before it is sent, and stores its images before they are delivered.

    Raises ArchiveUnavailable before anything is sent, if the record or an image could not be
    written. Images that have arrived are stored even if the job is canceled meanwhile. If storing
    fails only then, the images are delivered with a note that they are not stored. When a call
    breaks off, its last previews and the bytes of its reply are quarantined.

    The handle of accepted work is recorded before the next event is read; one that cannot be is not
    passed on. Such work ends only with its outcome, once it is stored, or with WorkLost: until then
    its record stays open, so that it can be resumed, and every other error is an OutcomeUnknown.

    `on_arrival` is called with images that have arrived, just before they are stored. It must
    return at once, and its errors are ignored.
    """

    def __init__(
        self,
        inner: ImageProvider,
        images: ImageStore,
        records: JobRepository,
        on_arrival: OnArrival = lambda _job, _images: None,
    ) -> None:
        super().__init__(inner)
        self.images = images
        self.records = records
        self.on_arrival = on_arrival

    async def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        sent = job.dispatched()
        await self.images.check_writable()
        await self._record_dispatch(sent)
        async with aclosing(self._recorded(sent, call_next, is_new=True)) as events:
            async for event in events:
                yield event

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        await self.images.check_writable()
        events = self._recorded(job, lambda job: self.resume_inner(job, handle))
        async with aclosing(events) as stream:
            async for event in stream:
                yield event

    async def _recorded(
        self, sent: Job[R], call_next: CallNext[R], *, is_new: bool = False
    ) -> ProviderStream:
        """Read the work of a dispatched job, and record how it ends."""
        end_recorded, previews = False, LastPartials()
        try:
            if is_new:
                yield JobDispatched(job_id=sent.id, estimate=sent.estimate)
            async with aclosing(call_next(sent)) as stream:
                async for event in stream:
                    match event:
                        case Delivered():
                            event = await run_to_completion(self._store(sent, event))
                            end_recorded = True
                        case Accepted(handle=handle):
                            before = sent
                            sent = await run_to_completion(self._record_handle(sent, handle))
                            if sent is before:  # no process could read its outcome later
                                continue
                        case PartialImage():
                            previews.add(event)
                    yield event
        except ProviderError as error:
            end_recorded = True
            if sent.handle is None or not is_readable_later(error):
                await run_to_completion(self._record_failure(sent, error, previews))
                raise
            raise _left_open(sent, error) from error.__cause__
        finally:
            if not (end_recorded or sent.handle):
                interrupted = OutcomeUnknown(INTERRUPTED)
                await run_to_completion(self._record_failure(sent, interrupted, previews))

    async def _record_handle(self, job: Job[R], handle: str) -> Job[R]:
        """The job with this handle, if it is of use and could be recorded; else as it was."""
        if not is_resumable(self.inner):
            return job
        accepted = job.accepted(handle)
        try:
            await self.records.save(accepted)
        except ImageServiceError:  # the call itself goes on
            return job
        return accepted

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
            await self._try_record(job.failed(Canceled()))

    async def _store(self, job: Job[R], delivered: Delivered) -> Delivered:
        with suppress(Exception):  # must not cost a paid image
            self.on_arrival(job, delivered.images)
        notes = list(delivered.notes)
        title = job.title
        images = [await self._store_image(image, title, notes) for image in delivered.images]
        places = [await self._quarantine(data, job.id) for data in delivered.undecodable]
        notes += [f"Data that is not an image was saved to {place}" for place in places if place]
        stored = replace(delivered, images=tuple(images), notes=tuple(notes))
        if job.handle is not None and not all(image.stored for image in images):
            notes.append(STORED_LATER)
        elif not await self._try_record(job.stored(stored.images, stored)):
            notes.append("The job's record could not be written.")
        return replace(stored, notes=tuple(notes))

    async def _store_image(self, image: ResultImage, title: str, notes: list[str]) -> ResultImage:
        try:
            stored = await self.images.put(image.image, title=title)
        except ArchiveUnavailable as error:
            notes.append(f"Not stored: {error.message} Save the image from this result.")
            return image
        return replace(image, stored=stored)

    async def _record_failure(
        self, job: Job[R], error: ProviderError, previews: "LastPartials"
    ) -> None:
        if isinstance(error, BadProviderReply | OutcomeUnknown):
            files = [(data, "bin") for data in error.raw_remainder] + previews.files()
            places = [await self._quarantine(data, job.id, suffix) for data, suffix in files]
            error.quarantined = tuple(place for place in places if place)
            error.raw_remainder = ()  # it may be large, and the error outlives the job
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


def _left_open(job: Job[ImageRequest], error: ProviderError) -> OutcomeUnknown:
    """The error of accepted work whose outcome can be read later."""
    unknown = error if isinstance(error, OutcomeUnknown) else OutcomeUnknown(error.message)
    unknown.request_id = error.request_id
    unknown.hint = STILL_OPEN.format(job=job.id)
    unknown.raw_remainder = ()  # it may be large, and the whole reply comes later
    return unknown


class LastPartials:
    """The last preview of each image: all that is left of it if the call breaks off."""

    def __init__(self) -> None:
        self._last: dict[int, Image] = {}

    def add(self, preview: PartialImage) -> None:
        """Replace the earlier preview of this image, because a later one is finer."""
        self._last[preview.image_index] = preview.image

    def files(self) -> list[tuple[bytes, str]]:
        """The bytes and the file suffix of each preview."""
        return [(image.data, _suffix(image)) for image in self._last.values()]


def _suffix(image: Image) -> str:
    try:
        return image.format.extension
    except UnreadableImage:
        return "bin"
