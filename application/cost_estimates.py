"""Estimates of what jobs cost, from the model cards and from what earlier calls cost."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from application.ports.clock import Clock
from application.ports.usage_ledger import UsageLedger
from domain.errors import ArchiveUnavailable
from domain.jobs import Job
from domain.money.estimates import (
    MAX_SEEN_CALLS,
    SEEN_WITHIN,
    CallKind,
    SeenCalls,
    estimate_cost,
)
from domain.requests import ImageRequest

R = TypeVar("R", bound=ImageRequest)


class CostEstimates:
    """Estimates jobs before they are sent. Reads the ledger, and writes nothing."""

    def __init__(self, ledger: UsageLedger, clock: Clock) -> None:
        self.ledger = ledger
        self.clock = clock

    async def estimate(self, jobs: Sequence[Job[R]]) -> list[Job[R]]:
        """Return the jobs with their estimates.

        If the ledger cannot be read, the model cards alone decide: no call fails for that.
        """
        # What is free has nothing to learn, so sketches never wait for the ledger.
        kinds = {CallKind.of(job) for job in jobs if job.card.estimate(job.request) != 0}
        seen = await self._seen(kinds) if kinds else {}
        return [
            replace(job, estimate=estimate_cost(job, seen.get(CallKind.of(job), ())))
            for job in jobs
        ]

    async def _seen(self, kinds: set[CallKind]) -> SeenCalls:
        since = self.clock.now() - SEEN_WITHIN
        try:
            return await self.ledger.seen_calls(kinds, since=since, limit=MAX_SEEN_CALLS)
        except ArchiveUnavailable:
            return {}
