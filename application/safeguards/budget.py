"""Safeguard: the limits on spending are never exceeded."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress

from application.async_tools import run_to_completion
from application.budget_advice import BudgetAdvice
from application.cost_estimates import CostEstimates
from application.ports.clock import Clock
from application.ports.image_provider import ImageProvider, ProviderStream
from application.ports.job_repository import AlreadyRunning, JobRepository
from application.safeguards.safeguard import CallNext, R, Safeguard
from domain.errors import Canceled, ImageServiceError
from domain.events import JobQueued
from domain.job_records import busy_elsewhere, may_retry
from domain.jobs import Job
from domain.money.budget_errors import BudgetExhausted
from domain.money.budget_policy import check_budget
from domain.money.budgets import BudgetLimits
from domain.money.spending import Spending, SpendingEntry
from domain.requests import ImageRequest


class Budget(Safeguard):
    """Reserves the estimated cost of a job before it is sent, and releases it if it is not sent.

    The reservation is the job's first record and binds its key. The records that Archiving makes
    replace the estimate by the cost. Raises BudgetExhausted, Busy if another process has reserved
    a job under the same key, and ArchiveUnavailable if the reservation could not be written.
    Nothing is sent then.
    """

    def __init__(
        self,
        inner: ImageProvider,
        records: JobRepository,
        estimates: CostEstimates,
        limits: BudgetLimits,
        clock: Clock,
    ) -> None:
        super().__init__(inner)
        self.records = records
        self.estimates = estimates
        self.advice = BudgetAdvice(estimates, limits)
        self.limits = limits
        self.clock = clock

    def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        """Its reservation is recorded, and nothing more is spent."""
        return self.resume_inner(job, handle)

    async def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        (job,) = await self.estimates.estimate([job])
        reserving = asyncio.ensure_future(self._reserve(job))
        end: ImageServiceError = Canceled()
        sent = False
        try:
            await asyncio.shield(reserving)
            async with aclosing(call_next(job)) as stream:
                async for event in stream:
                    sent = sent or not isinstance(event, JobQueued)
                    yield event
        except ImageServiceError as error:
            end = error
            raise
        finally:
            if not sent:
                await run_to_completion(self._release(job.failed(end), reserving))

    async def _reserve(self, job: Job[R]) -> None:
        now = self.clock.now()
        spending: Sequence[SpendingEntry] = ()

        def check(spent: Spending) -> None:
            nonlocal spending
            try:
                check_budget(job, self.limits, spent, now)
            except BudgetExhausted:
                spending = spent.entries()
                raise

        try:
            reserved = await self.records.reserve(
                job, since=self.limits.since(now), check=check, may_replace=may_retry
            )
        except BudgetExhausted as error:
            error.hint = await self.advice.advise(job, self.catalog, spending, now)
            raise
        if isinstance(reserved, AlreadyRunning):
            raise busy_elsewhere()

    async def _release(self, job: Job[R], reserving: asyncio.Future[None]) -> None:
        """Release the reservation, unless it was refused or could not be written."""
        with suppress(ImageServiceError):
            await reserving
            await self.records.save(job)
