"""The one way that every request goes, whichever door it came through."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar
from uuid import uuid4

from application.jobs.idempotency import IdempotentJobs
from application.jobs.job_handle import JobHandle
from application.jobs.job_runner import JobRunner
from application.jobs.running_job import RunningJob
from application.ports.clock import Clock
from application.ports.image_provider import (
    Accepted,
    Delivered,
    ImageProvider,
    PartialImage,
    ProviderStream,
)
from application.rendition_service import RenditionService
from application.result_cache import ResultCache
from domain.events import Finished, JobAccepted, JobStarted, PartialReady
from domain.fingerprint import fingerprint, request_digest
from domain.image_formats import ImageFormat
from domain.jobs import IdempotencyKey, Job
from domain.models import ModelSelection
from domain.requests import ImageRequest
from domain.results import ImageResult

R = TypeVar("R", bound=ImageRequest)


class JobService:
    """Check against the model card, fingerprint, join a job or start one, recall or paint, keep."""

    def __init__(
        self,
        provider: ImageProvider,
        memory: ResultCache,
        renditions: RenditionService,
        jobs: JobRunner,
        asked_before: IdempotentJobs,
        clock: Clock,
    ) -> None:
        self.provider = provider
        self.memory = memory
        self.renditions = renditions
        self.jobs = jobs
        self.asked_before = asked_before
        self.clock = clock

    async def submit(
        self,
        asked: R,
        paint: Callable[[Job[R]], ProviderStream],
        *,
        owner: str,
        fresh: bool,
        key: str | None,
    ) -> JobHandle:
        """Return the caller's ticket for the job that serves the request.

        That is the job of the owner's `key`, if there is one, or an equal job at work, unless
        `fresh`. Raises what GenerateImage raises.
        """
        job, choice = self._prepare(asked, owner, key)
        running = await self._find_running(job, fresh=fresh)
        joined = running is not None
        if running is None:
            recall = not fresh
            running = self.jobs.start(
                job, lambda running: self._execute(running, job, paint, recall=recall)
            )
        ticket = self._handle(running, asked, choice, joined=joined)
        if joined and job.key != running.job.key:
            await self._bind_key(job.key, running, ticket)
        return ticket

    async def _bind_key(
        self, key: IdempotencyKey | None, running: RunningJob, ticket: JobHandle
    ) -> None:
        try:
            await self.asked_before.bind(key, running.job.id, owner=running.job.owner)
        except BaseException:  # who is given no ticket is not waited for
            ticket.release()
            raise

    def _handle(
        self, running: RunningJob, asked: ImageRequest, choice: ModelSelection, *, joined: bool
    ) -> JobHandle:
        return JobHandle(
            running,
            asked,
            self.renditions,
            asked_model=choice.requested_model,
            notes=(*choice.notes, *_ignored_option_notes(asked)),
            joined=joined,
        )

    def _prepare(self, asked: R, owner: str, key: str | None) -> tuple[Job[R], ModelSelection]:
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
            requested_model=choice.requested_model,
            fingerprint=fingerprint(effective, provider=name, endpoint=endpoint, owner=owner),
            created_at=now,
            key=None if key is None else IdempotencyKey(key, request_digest(asked)),
            notes=choice.notes,
        )
        return job, choice

    async def _find_running(self, job: Job[R], *, fresh: bool) -> RunningJob | None:
        """The job that the key means, or an equal one that paints already."""
        running = await self.asked_before.find(job)
        if running is None and not fresh:
            running = self.jobs.by_fingerprint(job.fingerprint)
        return running

    async def _execute(
        self,
        running: RunningJob,
        job: Job[R],
        paint: Callable[[Job[R]], ProviderStream],
        *,
        recall: bool,
    ) -> None:
        running.emit(JobStarted(job_id=job.id, job=job, fresh=not recall))
        images = await self.memory.get(job, running.emit) if recall else None
        if images is not None:
            await self.asked_before.bind(job.key, images.job_id, owner=job.owner)
            running.emit(Finished(job_id=job.id, result=images))
            return
        images = await self._generate(running, job, paint)
        running.emit(Finished(job_id=job.id, result=images))
        await self.memory.put(job, images, running.emit)  # off the reply's path, still joinable

    async def _generate(
        self, running: RunningJob, job: Job[R], paint: Callable[[Job[R]], ProviderStream]
    ) -> ImageResult:
        images: ImageResult | None = None
        async with aclosing(paint(job)) as painting:
            async for event in painting:
                match event:
                    case Delivered():
                        images = self._to_result(job, event)
                    case PartialImage(image=image, image_index=image_index, index=index):
                        running.emit(
                            PartialReady(
                                job_id=job.id, image=image, image_index=image_index, index=index
                            )
                        )
                    case Accepted(handle=handle):
                        running.emit(JobAccepted(job_id=job.id, handle=handle))
                    case _:
                        running.emit(event)
        assert images is not None, f"{job.provider} ended without Delivered"
        return images

    def _to_result(self, job: Job[R], came: Delivered) -> ImageResult:
        priced = replace(job, usage=came.usage)
        return ImageResult(
            job_id=job.id,
            images=came.images,
            provider=job.provider,
            model=job.request.model or job.card.name,
            requested_model=job.requested_model,
            created_at=self.clock.now(),
            revised_prompt=came.revised_prompt,
            usage=came.usage,
            generation_cost=priced.cost,
            request_id=came.request_id,
            notes=came.notes,
        )


def _ignored_option_notes(request: ImageRequest) -> list[str]:
    if request.output_compression is None or request.format is not ImageFormat.PNG:
        return []
    return ["output_compression means nothing for png, which loses nothing; it was not sent."]
