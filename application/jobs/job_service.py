"""The one path of every request: check it, find or start its job, and execute the job."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from application.conversations import OpenTurn
from application.day_budget import DayBudget
from application.jobs.admission import Admission
from application.jobs.cache_lookups import CacheLookups, Lookup, has_result
from application.jobs.fallback import Fallback, with_fallback
from application.jobs.idempotency import IdempotentJobs
from application.jobs.job_handle import JobHandle
from application.jobs.job_preparation import JobPreparation, Submission, SubmitOptions
from application.jobs.job_runner import Execution, JobRunner
from application.jobs.resumed_job import resumed_job
from application.jobs.running_job import AnyJob, RunningJob
from application.ports.clock import Clock
from application.ports.image_provider import (
    Accepted,
    Delivered,
    PartialImage,
    ProviderStream,
)
from application.provider_registry import ProviderRegistry
from application.rendition_service import RenditionService
from application.result_cache import ResultCache
from domain.errors import CacheUnavailable
from domain.events import (
    CacheFailed,
    Finished,
    JobAccepted,
    JobDispatched,
    JobStarted,
    PartialReady,
    ServedFromCache,
)
from domain.job_records import JobRecord
from domain.jobs import IdempotencyKey
from domain.requests import ImageRequest
from domain.results import ImageResult


class JobService:
    """Serves each request with one job, which equal requests share."""

    def __init__(
        self,
        providers: ProviderRegistry,
        result_cache: ResultCache,
        renditions: RenditionService,
        runner: JobRunner,
        idempotent_jobs: IdempotentJobs,
        day_budget: DayBudget,
        clock: Clock,
        fallback: str | None = None,
    ) -> None:
        self.providers = providers
        self.preparation = JobPreparation(providers, clock, fallback)
        self.result_cache = result_cache
        self.renditions = renditions
        self.runner = runner
        self.idempotent_jobs = idempotent_jobs
        self.day_budget = day_budget
        self.clock = clock
        self.lookups = CacheLookups(result_cache)

    async def submit(
        self,
        request: ImageRequest,
        options: SubmitOptions,
        *,
        sent: ImageRequest | None = None,
        notes: tuple[str, ...] = (),
        turn: OpenTurn | None = None,
    ) -> JobHandle:
        """Return the caller's handle of the job that serves the request, with these notes first.

        That is the job of the owner's `key`, if there is one; else an equal running job, or one
        whose accepted work a process has left, unless `fresh`; else for a `retried` request the job
        of an earlier attempt; else a new one. `sent` is the request as the caller sent it, where
        the server has changed its images or added what it builds on. The result becomes `turn`.
        Raises what GenerateImage raises.
        """
        self.renditions.check_format(request.format)
        sent = sent or request
        if turn is not None:
            request, notes = turn.add_context(request), (*turn.notes, *notes)
        job, fallback = self.preparation.prepare(
            Submission(request=request, options=options, sent=sent, turn=turn)
        )
        fresh = options.fresh and not options.retried
        if self.providers.can_resume(job.provider):
            await self.adopt(await self.idempotent_jobs.accepted_before(job, fresh=fresh))
        running, lookup = await self._find(job, turn, fresh=fresh), None
        if running is None and options.retried:
            running = await self.idempotent_jobs.find_attempt(job)
            running = running or await self._find(job, turn, fresh=fresh)  # started meanwhile
        if running is None and options.admit is not None:
            running, lookup = await self._admit(job, turn, options.admit, fresh=fresh)
        joined = running is not None
        if running is not None:
            await self._join(running, job.key, turn)
        else:
            execution = self.execute(job, fresh=fresh, lookup=lookup, fallback=fallback)
            running = self.runner.start(job, execution, fallback=fallback.job if fallback else None)
        return self._handle(running, job, request, notes, turn, joined=joined)

    def _handle(
        self,
        running: RunningJob,
        job: AnyJob,
        request: ImageRequest,
        notes: tuple[str, ...],
        turn: OpenTurn | None,
        *,
        joined: bool,
    ) -> JobHandle:
        """The handle of a caller whose request alone would have been `job`."""
        return JobHandle(
            running,
            request,
            self.renditions,
            self.day_budget,
            requested_model=job.requested_model,
            notes=(*notes, *job.notes, *request.ignored_options),
            shared_key=job.shared_key,
            model_notes=job.notes,
            joined=joined,
            turn=turn,
        )

    async def _admit(
        self, job: AnyJob, turn: OpenTurn | None, admit: Admission, *, fresh: bool
    ) -> tuple[RunningJob | None, Lookup | None]:
        """Have the job admitted if neither the cache nor a running job serves it.

        Return the running job that serves it, and a lookup that is still true.
        """
        lookup = None if fresh else await self.lookups.finished(job)
        running = await self._find(job, turn, fresh=fresh)  # perhaps started meanwhile
        if running is None and not (lookup and has_result(lookup)):
            waited = await admit(job)
            running = await self._find(job, turn, fresh=fresh)
            lookup = None if waited else lookup
        return running, lookup

    async def _find(self, job: AnyJob, turn: OpenTurn | None, *, fresh: bool) -> RunningJob | None:
        """The job that serves the request already."""
        running = await self.idempotent_jobs.find(job)
        if turn is not None:
            turn.repeated = running is not None
        if running is None and not fresh:
            running = self.runner.equal_to(job)
        return running

    async def _join(
        self, running: RunningJob, key: IdempotencyKey | None, turn: OpenTurn | None
    ) -> None:
        """Add a caller to a running job, whose images become the caller's turn too."""
        await self.idempotent_jobs.join(running, key)
        if turn is None:
            return
        try:
            await turn.join(running.job.id)
        except BaseException:
            running.remove_waiter()
            raise

    async def execute(
        self,
        job: AnyJob,
        *,
        fresh: bool,
        lookup: Lookup | None = None,
        fallback: Fallback | None = None,
    ) -> Execution:
        """Serve the job from the cache, unless `fresh`, or else from the provider.

        `lookup` is one that has ended, in place of a new one.
        Yields the job's events in their order up to Finished, and then CacheFailed if the cache
        could not be filled. Raises the ImageServiceError that the job fails with.
        """
        yield JobStarted.of(job, fresh=fresh)

        def serve(job_or_fallback: AnyJob) -> Execution:
            known = lookup if job_or_fallback is job else None
            return self._serve(job_or_fallback, known, fresh=fresh)

        async with aclosing(with_fallback(serve, job, fallback)) as events:
            async for event in events:
                yield event

    async def _serve(self, job: AnyJob, lookup: Lookup | None, *, fresh: bool) -> Execution:
        if not fresh:
            async with aclosing(self._from_cache(job, lookup)) as events:
                async for event in events:
                    yield event
                    if isinstance(event, Finished):
                        return
        async with aclosing(self._from_provider(job, self.providers.stream(job))) as events:
            async for event in events:
                yield event

    async def _from_cache(self, job: AnyJob, lookup: Lookup | None) -> Execution:
        """Yield Finished last if the cache has a result."""
        try:
            result = await (lookup or self.result_cache.get(job))
        except CacheUnavailable as error:
            yield CacheFailed(job_id=job.id, reason=error.message)
            return
        if result is None:
            return
        yield ServedFromCache(job_id=job.id, source=result.served_from)
        await self.idempotent_jobs.bind(job.key, result.job_id, owner=job.owner)
        yield Finished(job_id=job.id, result=result)

    async def adopt(self, accepted: Sequence[JobRecord]) -> int:
        """Run the rest of these jobs, as far as this process gets them; return how many.

        Equal requests join them meanwhile. Raises ArchiveUnavailable, and ShuttingDown after the
        drain has begun.
        """
        adopted = await self.idempotent_jobs.adopt([*filter(self._can_resume, accepted)])
        started = [record for record in adopted if self._can_resume(record)]  # still not running
        for record in started:
            self._resume(record)
        return len(started)

    def _can_resume(self, record: JobRecord) -> bool:
        """Whether the job has a handle, its provider can resume it, and it is not running here."""
        is_running = self.runner.by_id(record.id, owner=record.owner) is not None
        known = record.handle is not None and self.providers.can_resume(record.provider)
        return known and not is_running

    def _resume(self, record: JobRecord) -> None:
        assert record.handle is not None, "only accepted work can be resumed"
        day = record.created_at.date()
        job = resumed_job(record, self.providers.card(record.provider, record.model, day))
        self.runner.start_resumed(job, self._read_rest(job, record.handle))

    async def _read_rest(self, job: AnyJob, handle: str) -> Execution:
        yield JobStarted.of(job)
        yield JobAccepted(job_id=job.id, handle=handle)
        async with aclosing(self._from_provider(job, self.providers.resume(job, handle))) as events:
            async for event in events:
                yield event

    async def _from_provider(self, job: AnyJob, events: ProviderStream) -> Execution:
        """Yield Finished before the cache is filled, because callers need not wait for that."""
        result: ImageResult | None = None
        estimate = job.estimate
        async with aclosing(events) as stream:
            async for event in stream:
                match event:
                    case Delivered():
                        result = replace(
                            job.result(event.images, event, created_at=self.clock.now()),
                            estimate=estimate,
                        )
                    case PartialImage(image=image, image_index=of, index=index):
                        yield PartialReady(job_id=job.id, image=image, image_index=of, index=index)
                    case Accepted(handle=handle, is_whole=is_whole):
                        if is_whole:  # a shutdown may cancel such a job
                            yield JobAccepted(job_id=job.id, handle=handle)
                    case JobDispatched():
                        estimate = event.estimate
                        yield event
                    case _:
                        yield event
        assert result is not None, f"{job.provider} ended without Delivered"
        yield Finished(job_id=job.id, result=result)
        try:
            await self.result_cache.put(job, result)
        except CacheUnavailable as error:
            yield CacheFailed(job_id=job.id, reason=error.message)
