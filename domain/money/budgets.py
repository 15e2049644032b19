"""Spending limits, how much of them is used, and when they allow a call again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from domain.jobs import Job
from domain.money.spending import SpendingEntry, SpendingTotal
from domain.requests import ImageRequest

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """How much of a limit is used; the cost of `unknown` further jobs is unknown.

    The whole limit is available again at `fully_available_at`, None if it is available now.
    """

    name: str
    limit: Decimal
    spent: Decimal
    unknown: int
    counts_images: bool
    fully_available_at: datetime | None

    @property
    def left(self) -> Decimal:
        """Never negative, although a call may have cost more than its estimate."""
        return max(Decimal(0), self.limit - self.spent)

    @property
    def available(self) -> Decimal:
        """The most that one call may use now: nothing while the cost of a call is unknown."""
        return Decimal(0) if self.unknown else self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingLimit:
    """A limit for the latest `span` of time, in images or else in US dollars.

    Entries dated in the future, by a clock that jumped, count up to one span ahead. Entries dated
    later would block the budget for as long as the clock had been wrong, so they do not count.
    """

    name: str
    span: timedelta
    limit: Decimal
    counts_images: bool

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """The times between which the jobs were created that count."""
        return now - self.span, now + self.span

    def status(self, used: SpendingTotal) -> BudgetStatus:
        """How much the jobs within the bounds use together."""
        return BudgetStatus(
            name=self.name,
            limit=self.limit,
            counts_images=self.counts_images,
            spent=Decimal(used.images) if self.counts_images else used.usd,
            unknown=0 if self.counts_images else used.unknown,
            fully_available_at=None if used.latest is None else used.latest + self.span,
        )

    def needed(self, job: Job[ImageRequest]) -> Decimal | None:
        """What the job needs of the limit, None if its cost is unknown."""
        return Decimal(job.request.n) if self.counts_images else job.estimate

    def allows(self, needed: Decimal | None, used: SpendingTotal) -> bool:
        """Whether this amount fits beside what is used. A call that costs nothing always does."""
        if needed is None:
            return False
        status = self.status(used)
        return needed == 0 or (not status.unknown and status.spent + needed <= self.limit)

    def available_at(
        self, needed: Decimal, spent: Iterable[SpendingEntry], now: datetime
    ) -> datetime | None:
        """When the limit allows this amount: `now` if it does already, None if it never will.

        A call that costs nothing is always allowed.
        """
        if needed == 0:
            return now
        if needed > self.limit:
            return None
        recent = self._recent_amounts(spent, now)
        unknown = sum(amount is None for _, amount in recent)
        total = sum((amount for _, amount in recent if amount is not None), needed)
        available = now
        for at, amount in recent:
            if not unknown and total <= self.limit:
                break
            unknown -= amount is None
            total -= amount or Decimal(0)
            available = at + self.span
        return available

    def _recent_amounts(
        self, spent: Iterable[SpendingEntry], now: datetime
    ) -> list[tuple[datetime, Decimal | None]]:
        """Entries within the span, the oldest first."""
        recent = [each for each in spent if abs(each.at - now) < self.span]
        amounts = [
            (each.at, Decimal(each.images) if self.counts_images else each.usd) for each in recent
        ]
        return sorted(amounts, key=lambda pair: pair[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLimits:
    """The spending limits: US dollars in 24 hours and for one call, and images in an hour.

    None sets no limit; 0 blocks all spending.
    """

    day_usd: Decimal | None = None
    images_hour: int | None = None
    call_usd: Decimal | None = None

    @property
    def day(self) -> RollingLimit | None:
        """The limit for the last 24 hours."""
        if self.day_usd is None:
            return None
        return RollingLimit(
            name="BUDGET_DAY_USD", span=DAY, limit=self.day_usd, counts_images=False
        )

    def rolling_limits(self) -> list[RollingLimit]:
        """The limits for a span of time; `call_usd` is not one of them."""
        limits = [] if self.day is None else [self.day]
        if self.images_hour is not None:
            images = Decimal(self.images_hour)
            limits.append(
                RollingLimit(name="BUDGET_IMAGES_HOUR", span=HOUR, limit=images, counts_images=True)
            )
        return limits

    def since(self, now: datetime) -> datetime | None:
        """The time from which on spending counts; None if there is no rolling limit."""
        return min((now - window.span for window in self.rolling_limits()), default=None)
