"""The one way that every request goes, whichever door it came through."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar
from uuid import uuid4

from application.jobs.idempotency import AskedBefore
from application.jobs.job_handle import Ticket
from application.jobs.job_runner import RunningJobs
from application.jobs.running_job import RunningJob
from application.ports.clock import Clock
from application.ports.image_provider import (
    Delivered,
    Dispatched,
    ImageProvider,
    Painting,
    PartialImage,
    Queued,
)
from application.rendition_service import Renditions
from application.result_cache import Memory
from domain.events import Finished, JobDispatched, JobEvent, JobQueued, JobStarted, PartialReady
from domain.fingerprint import asked_digest, fingerprint
from domain.image_formats import ImageFormat
from domain.jobs import Job, RequestKey
from domain.models import Choice
from domain.requests import PictureRequest
from domain.results import ImageSet

R = TypeVar("R", bound=PictureRequest)


class Pipeline:
    """Check against the model card, fingerprint, join a job or start one, recall or paint, keep."""

    def __init__(
        self,
        provider: ImageProvider,
        memory: Memory,
        renditions: Renditions,
        jobs: RunningJobs,
        asked_before: AskedBefore,
        clock: Clock,
    ) -> None:
        self.provider = provider
        self.memory = memory
        self.renditions = renditions
        self.jobs = jobs
        self.asked_before = asked_before
        self.clock = clock

    async def start(
        self,
        asked: R,
        paint: Callable[[Job[R]], Painting],
        *,
        owner: str,
        fresh: bool,
        key: str | None,
    ) -> Ticket:
        """Return the caller's ticket for the job that serves the request.

        That is the job of the owner's `key`, if there is one, or an equal job at work, unless
        `fresh`. Raises what GenerateImage raises.
        """
        job, choice = self._checked(asked, owner, key)
        running = await self._at_work(job, fresh=fresh)
        joined = running is not None
        if running is None:
            recall = not fresh
            running = self.jobs.start(
                job, lambda running: self._work(running, job, paint, recall=recall)
            )
        ticket = self._ticket(running, asked, choice, joined=joined)
        if joined and job.key != running.job.key:
            await self._named(job.key, running, ticket)
        return ticket

    async def _named(self, key: RequestKey | None, running: RunningJob, ticket: Ticket) -> None:
        try:
            await self.asked_before.means(key, running.job.id, owner=running.job.owner)
        except BaseException:  # who is given no ticket is not waited for
            ticket.let_go()
            raise

    def _ticket(
        self, running: RunningJob, asked: PictureRequest, choice: Choice, *, joined: bool
    ) -> Ticket:
        return Ticket(
            running,
            asked,
            self.renditions,
            asked_model=choice.asked,
            notes=(*choice.notes, *_unused(asked)),
            joined=joined,
        )

    def _checked(self, asked: R, owner: str, key: str | None) -> tuple[Job[R], Choice]:
        """The job that would serve the effective request, and the model that would paint it."""
        now, catalog = self.clock.now(), self.provider.catalog
        choice = catalog.choose(asked.model, now.date())
        effective = replace(asked, model=choice.model, format=asked.provider_format)
        catalog.check(effective, choice.card, now.date())
        name, endpoint = self.provider.name, self.provider.endpoint
        job = Job(
            id=f"job_{uuid4().hex}",
            owner=owner,
            provider=name,
            request=effective,
            card=choice.card,
            asked_model=choice.asked,
            fingerprint=fingerprint(effective, provider=name, endpoint=endpoint, owner=owner),
            created_at=now,
            key=None if key is None else RequestKey(key, asked_digest(asked)),
            notes=choice.notes,
        )
        return job, choice

    async def _at_work(self, job: Job[R], *, fresh: bool) -> RunningJob | None:
        """The job that the key means, or an equal one that paints already."""
        running = await self.asked_before.found(job)
        if running is None and not fresh:
            running = self.jobs.joinable(job.fingerprint)
        return running

    async def _work(
        self,
        running: RunningJob,
        job: Job[R],
        paint: Callable[[Job[R]], Painting],
        *,
        recall: bool,
    ) -> None:
        running.tell(JobStarted(job_id=job.id, job=job, fresh=not recall))
        images = await self.memory.recall(job, running.tell) if recall else None
        if images is not None:
            await self.asked_before.means(job.key, images.job_id, owner=job.owner)
            running.tell(Finished(job_id=job.id, images=images))
            return
        images = await self._painted(running, job, paint)
        running.tell(Finished(job_id=job.id, images=images))
        await self.memory.keep(job, images, running.tell)  # off the reply's path, still joinable

    async def _painted(
        self, running: RunningJob, job: Job[R], paint: Callable[[Job[R]], Painting]
    ) -> ImageSet:
        images: ImageSet | None = None
        async with aclosing(paint(job)) as painting:
            async for event in painting:
                if isinstance(event, Delivered):
                    images = self._images(job, event)
                else:
                    running.tell(_told(job.id, event))
        assert images is not None, f"{job.provider} ended without Delivered"
        return images

    def _images(self, job: Job[R], came: Delivered) -> ImageSet:
        priced = replace(job, usage=came.usage)
        return ImageSet(
            job_id=job.id,
            pictures=came.pictures,
            provider=job.provider,
            model=job.request.model or job.card.name,
            asked_model=job.asked_model,
            made_at=self.clock.now(),
            revised_prompt=came.revised_prompt,
            usage=came.usage,
            cost=priced.cost,
            request_id=came.request_id,
            notes=came.notes,
        )


def _told(job_id: str, event: Queued | Dispatched | PartialImage) -> JobEvent:
    if isinstance(event, Queued):
        return JobQueued(job_id=job_id, ahead=event.ahead)
    if isinstance(event, Dispatched):
        return JobDispatched(job_id=job_id)
    return PartialReady(job_id=job_id, image=event.image, picture=event.picture, index=event.index)


def _unused(request: PictureRequest) -> list[str]:
    if request.output_compression is None or request.format is not ImageFormat.PNG:
        return []
    return ["output_compression means nothing for png, which loses nothing; it was not sent."]
