"""The one path of every request: check it, find or start its job, and execute the job."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from uuid import uuid4

from application.conversations import OpenTurn
from application.day_budget import DayBudget
from application.jobs.cache_lookups import CacheLookups, Lookup, has_result
from application.jobs.idempotency import IdempotentJobs
from application.jobs.job_handle import JobHandle
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
from domain.fingerprint import fingerprint, request_digest
from domain.job_records import JobRecord
from domain.jobs import IdempotencyKey, Job
from domain.recipes import Recipe
from domain.requests import ImageRequest
from domain.results import ImageResult

Admission = Callable[[AnyJob], Awaitable[bool]]
"""Counts a job that needs the provider, or raises to refuse it before it starts.

Returns whether it waited for a person, while equal jobs may have finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOptions:
    """Whose request it is, and how it may be served: the arguments of GenerateImage."""

    owner: str
    fresh: bool = False
    key: str | None = None
    retried: bool = False
    admit: Admission | None = None


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
    ) -> None:
        self.providers = providers
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

        That is the job of the owner's `key`, if there is one; else an equal running job, unless
        `fresh`; else for a `retried` request the job of an earlier attempt; else a new one. `sent`
        is the request as the caller sent it, where the server has changed its images or added what
        it builds on. The result becomes `turn` of a conversation.
        Raises what GenerateImage raises.
        """
        self.renditions.check_format(request.format)
        sent = sent or request
        if turn is not None:
            request, notes = turn.add_context(request), (*turn.notes, *notes)
        job = self._prepare(request, options, sent, turn)
        fresh = options.fresh and not options.retried
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
            running = self.runner.start(job, self.execute(job, fresh=fresh, lookup=lookup))
        notes = (*notes, *job.notes, *request.ignored_options)
        return self._handle(running, request, job.requested_model, notes, turn, joined=joined)

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

    def _handle(
        self,
        running: RunningJob,
        request: ImageRequest,
        requested_model: str,
        notes: tuple[str, ...],
        turn: OpenTurn | None,
        *,
        joined: bool,
    ) -> JobHandle:
        return JobHandle(
            running,
            request,
            self.renditions,
            self.day_budget,
            requested_model=requested_model,
            notes=notes,
            joined=joined,
            turn=turn,
        )

    async def _find(self, job: AnyJob, turn: OpenTurn | None, *, fresh: bool) -> RunningJob | None:
        """The job that serves the request already."""
        running = await self.idempotent_jobs.find(job)
        if turn is not None:
            turn.repeated = running is not None
        if running is None and not fresh:
            running = self.runner.by_fingerprint(job.fingerprint)
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

    def _prepare(
        self,
        request: ImageRequest,
        options: SubmitOptions,
        sent: ImageRequest,
        turn: OpenTurn | None,
    ) -> AnyJob:
        """Check the request against its model's card; return the job that would serve it."""
        now, catalog = self.clock.now(), self.providers.catalog
        selection = catalog.choose(request.model, now.date())
        sized = selection.card.sized(request)
        catalog.check(sized, selection, now.date())
        provider = self.providers.named(selection.provider)
        name, endpoint = provider.name, provider.endpoint
        effective = replace(
            sized,
            model=selection.model,
            format=selection.card.format_for(request),
            deliver=None,
            context=request.context and request.context.for_provider(name),
        )
        return Job(
            id=f"job_{uuid4().hex}",
            owner=options.owner,
            provider=name,
            request=effective,
            card=selection.card,
            requested_model=selection.requested_model,
            fingerprint=fingerprint(
                effective, provider=name, endpoint=endpoint, owner=options.owner
            ),
            created_at=now,
            recipe=Recipe.of(sent if turn is None else turn.request, effective),
            key=None if options.key is None else IdempotencyKey(options.key, request_digest(sent)),
            notes=(*selection.notes, *selection.card.size_notes(request)),
            turn=None if turn is None else turn.id,
        )

    async def execute(self, job: AnyJob, *, fresh: bool, lookup: Lookup | None = None) -> Execution:
        """Serve the job from the cache, unless `fresh`, or else from the provider.

        `lookup` is one that has ended, in place of a new one.
        Yields the job's events in their order up to Finished, and then CacheFailed if the cache
        could not be filled. Raises the ImageServiceError that the job fails with.
        """
        yield JobStarted.of(job, fresh=fresh)
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

    def can_resume(self, record: JobRecord) -> bool:
        """Whether the job has a handle, its provider can resume it, and it is not running here."""
        is_running = self.runner.by_id(record.id, owner=record.owner) is not None
        known = record.handle is not None and self.providers.can_resume(record.provider)
        return known and not is_running

    def resume(self, record: JobRecord) -> RunningJob:
        """Run the rest of a job that `can_resume`; equal requests join it meanwhile.

        Raises ShuttingDown after the drain has begun.
        """
        assert record.handle is not None, "only accepted work can be resumed"
        day = record.created_at.date()
        job = resumed_job(record, self.providers.card(record.provider, record.model, day))
        return self.runner.start_resumed(job, self._resume(job, record.handle))

    async def _resume(self, job: AnyJob, handle: str) -> Execution:
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
                    case Accepted(handle=handle):
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
