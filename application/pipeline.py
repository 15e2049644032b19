"""The one way that every request goes, whichever door it came through."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from application.ports.clock import Clock
from application.ports.image_provider import (
    Delivered,
    Dispatched,
    ImageProvider,
    Painting,
    PartialImage,
)
from application.running_jobs import RunningJob, RunningJobs
from application.ticket import Ticket
from domain.events import Finished, JobDispatched, JobEvent, JobStarted, PartialReady
from domain.fingerprint import fingerprint
from domain.jobs import Job
from domain.models import Choice
from domain.requests import PictureRequest
from domain.results import ImageSet

R = TypeVar("R", bound=PictureRequest)


class Pipeline:
    """Check against the model card, fingerprint, join a running job or start one, paint."""

    def __init__(self, provider: ImageProvider, jobs: RunningJobs, clock: Clock) -> None:
        self.provider = provider
        self.jobs = jobs
        self.clock = clock

    def start(
        self, asked: R, paint: Callable[[Job[R]], Painting], *, owner: str, fresh: bool
    ) -> Ticket:
        """Return the caller's ticket for the job that serves the request.

        An equal job of the same owner is joined, unless `fresh`. Raises UnsupportedByModel
        before anything is spent, and ShuttingDown.
        """
        now = self.clock.now()
        catalog = self.provider.catalog
        choice = catalog.choose(asked.model, now.date())
        effective = replace(asked, model=choice.model)
        catalog.check(effective, choice.card, now.date())
        job = self._job(effective, choice, owner, now)
        running = None if fresh else self.jobs.joinable(job.fingerprint)
        if running is None:
            running = self.jobs.start(job, lambda running: self._work(running, job, paint))
        notes = (*choice.notes, *_unused(asked))
        return Ticket(running, asked_model=choice.asked, notes=notes)

    def _job(self, effective: R, choice: Choice, owner: str, now: datetime) -> Job[R]:
        name, endpoint = self.provider.name, self.provider.endpoint
        return Job(
            id=f"job_{uuid4().hex}",
            owner=owner,
            provider=name,
            request=effective,
            card=choice.card,
            asked_model=choice.asked,
            fingerprint=fingerprint(effective, provider=name, endpoint=endpoint, owner=owner),
            created_at=now,
        )

    async def _work(
        self, running: RunningJob, job: Job[R], paint: Callable[[Job[R]], Painting]
    ) -> None:
        running.tell(JobStarted(job_id=job.id, job=job))
        ending: Finished | None = None
        async with aclosing(paint(job)) as painting:
            async for event in painting:
                if isinstance(event, Delivered):
                    ending = Finished(job_id=job.id, images=self._images(job, event))
                else:
                    running.tell(_told(job.id, event))
        assert ending is not None, f"{job.provider} ended without Delivered"
        running.tell(ending)

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


def _told(job_id: str, event: Dispatched | PartialImage) -> JobEvent:
    if isinstance(event, Dispatched):
        return JobDispatched(job_id=job_id)
    return PartialReady(job_id=job_id, image=event.image, picture=event.picture, index=event.index)


def _unused(request: PictureRequest) -> list[str]:
    if request.output_compression is None or request.format.has_compression:
        return []
    return ["output_compression means nothing for png, which loses nothing; it was not sent."]
