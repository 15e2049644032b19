"""The limits that do not allow a job now, and the room that they leave for others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from domain.jobs import Job
from domain.money.budgets import BudgetLimits, BudgetStatus, RollingLimit
from domain.money.spending import SpendingEntries, SpendingEntry
from domain.requests import ImageRequest

AnyJob = Job[ImageRequest]
CALL_LIMIT = "BUDGET_CALL_USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A limit that does not allow a job now.

    `needed` is what the job needs of it, None if its cost is unknown. The limit allows the job at
    `available_at`, None for never. `window` and `status` are None for the limit of one call.
    """

    name: str
    limit: Decimal
    needed: Decimal | None
    available_at: datetime | None = None
    window: RollingLimit | None = None
    status: BudgetStatus | None = None

    @property
    def counts_images(self) -> bool:
        """Whether the limit is a number of images, and not of US dollars."""
        return self.window is not None and self.window.counts_images


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The most that one call may use now, by all limits: US dollars and images. None: no limit."""

    usd: Decimal | None
    images: Decimal | None

    @classmethod
    def now(cls, limits: BudgetLimits, spent: Sequence[SpendingEntry], now: datetime) -> Self:
        """The room that this spending leaves."""
        entries, windows = SpendingEntries(spent), limits.rolling_limits()
        statuses = [(each, each.status(entries.total(*each.bounds(now)))) for each in windows]
        usd = [status.available for window, status in statuses if not window.counts_images]
        images = [status.available for window, status in statuses if window.counts_images]
        if limits.call_usd is not None:
            usd.append(limits.call_usd)
        return cls(usd=min(usd, default=None), images=min(images, default=None))

    def fits(self, job: AnyJob) -> bool:
        """Whether the limits allow the job now."""
        if self.images is not None and job.request.n > self.images:
            return False
        return self.usd is None or (job.estimate is not None and job.estimate <= self.usd)


def obstacles(
    job: AnyJob, limits: BudgetLimits, spent: Sequence[SpendingEntry], now: datetime
) -> list[Obstacle]:
    """Every limit that does not allow the job now."""
    found = []
    if limits.call_usd is not None and exceeds_call_limit(job, limits):
        found.append(Obstacle(name=CALL_LIMIT, limit=limits.call_usd, needed=job.estimate))
    for window in limits.rolling_limits():
        needed = window.needed(job)
        available_at = None if needed is None else window.available_at(needed, spent, now)
        if available_at is None or available_at > now:
            found.append(
                Obstacle(
                    name=window.name,
                    limit=window.limit,
                    needed=needed,
                    available_at=available_at,
                    window=window,
                    status=window.status(SpendingEntries(spent).total(*window.bounds(now))),
                )
            )
    return found


def exceeds_call_limit(job: AnyJob, limits: BudgetLimits) -> bool:
    """Whether the job may cost more than one call is allowed to, or an unknown amount."""
    most, needed = limits.call_usd, job.estimate
    return most is not None and (needed is None or needed > most)


def allowed_from(found: Sequence[Obstacle], now: datetime) -> datetime | None:
    """When all these limits allow the job; None if one of them never will."""
    times = [each.available_at for each in found]
    known = [time for time in times if time is not None]
    return max(known, default=now) if len(known) == len(times) else None
