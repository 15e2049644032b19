"""Advice on a job that a budget refused: what fits instead, or from when on."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from application.cost_estimates import CostEstimates
from domain.jobs import Job
from domain.models import Catalog
from domain.money.advice import Later, advice
from domain.money.alternatives import Alternative, alternatives
from domain.money.budgets import BudgetLimits
from domain.money.obstacles import Room, allowed_from, obstacles
from domain.money.spending import SpendingEntry
from domain.requests import ImageRequest

R = TypeVar("R", bound=ImageRequest)


class BudgetAdvice:
    """Looks for alternatives with the same estimates and limits as the Budget safeguard."""

    def __init__(self, estimates: CostEstimates, limits: BudgetLimits) -> None:
        self.estimates = estimates
        self.limits = limits

    async def advise(
        self, job: Job[R], catalog: Catalog, spent: Sequence[SpendingEntry], now: datetime
    ) -> str:
        """What a caller can request instead of this job now, beside this spending, or when."""
        found = obstacles(job, self.limits, spent, now)
        room, whole_limits = Room.now(self.limits, spent, now), Room.now(self.limits, (), now)
        possible: list[Alternative] = []
        for stage in alternatives(job, catalog, now.date()):
            estimated = await self._estimated(stage)
            fitting = [each for each in estimated if room.fits(each.job)]
            if fitting:
                return advice(found, now, fitting)
            possible += [each for each in estimated if whole_limits.fits(each.job)]
        return advice(found, now, (), self._later(possible, spent, now))

    async def _estimated(self, stage: Sequence[Alternative]) -> list[Alternative]:
        jobs = await self.estimates.estimate([each.job for each in stage])
        return [replace(each, job=job) for each, job in zip(stage, jobs, strict=True)]

    def _later(
        self, possible: Iterable[Alternative], spent: Sequence[SpendingEntry], now: datetime
    ) -> Later | None:
        cheapest = min(
            possible,
            key=lambda each: (each.job.estimate or Decimal(0), each.job.request.n, each.changes),
            default=None,
        )
        if cheapest is None:
            return None
        at = allowed_from(obstacles(cheapest.job, self.limits, spent, now), now)
        return None if at is None else Later(cheapest, at)
