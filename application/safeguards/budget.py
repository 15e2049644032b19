"""Safeguard: no more is spent than the limits allow."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TypeVar

from application.async_tools import run_to_completion
from application.ports.clock import Clock
from application.ports.image_provider import ImageProvider, ProviderStream
from application.ports.usage_ledger import UsageLedger
from application.safeguards.safeguard import Safeguard
from domain.errors import Canceled, ImageServiceError
from domain.events import JobQueued
from domain.jobs import Job
from domain.money.budgets import BudgetLimits
from domain.requests import ImageRequest

R = TypeVar("R", bound=ImageRequest)

NEVER_SENT = "The request was canceled before it was sent."


class Budget(Safeguard):
    """Reserves what a job may cost before it is sent, and lets go of it if it is not.

    The estimate goes inward with the job. What it cost in the end is settled by the records that
    Archived makes. Raises BudgetExhausted, and ArchiveUnavailable where the reservation could not
    be written; nothing is sent then.
    """

    def __init__(
        self, inner: ImageProvider, ledger: UsageLedger, limits: BudgetLimits, clock: Clock
    ) -> None:
        super().__init__(inner)
        self.ledger = ledger
        self.limits = limits
        self.clock = clock

    async def wrap(self, job: Job[R], paint: Callable[[Job[R]], ProviderStream]) -> ProviderStream:
        job = replace(job, estimate=job.card.estimate(job.request))
        reserving = asyncio.ensure_future(
            self.ledger.reserve(job, self.limits, now=self.clock.now())
        )
        end: ImageServiceError = Canceled(NEVER_SENT)
        sent = False
        try:
            await asyncio.shield(reserving)
            async with aclosing(paint(job)) as painting:
                async for event in painting:
                    sent = sent or not isinstance(event, JobQueued)
                    yield event
        except ImageServiceError as error:
            end = error
            raise
        finally:
            if not sent:
                await run_to_completion(self._release(job.failed(end), reserving))

    async def _release(self, job: Job[R], reserving: asyncio.Future[None]) -> None:
        """A reservation that was refused, or not written, needs no release."""
        with suppress(ImageServiceError):
            await reserving
            await self.ledger.release(job)
