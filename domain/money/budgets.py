"""Spending limits, how much of them is used, and when they allow a call again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, Self

from domain.errors import ChargeStatus
from domain.jobs import JobState

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


class SpendingEntry(NamedTuple):
    """What one job uses of the limits from `at` on; `usd` is None if the cost is unknown."""

    at: datetime
    usd: Decimal | None
    images: int

    @classmethod
    def of(
        cls,
        *,
        at: datetime,
        state: JobState,
        charged: ChargeStatus,
        images: int,
        cost: Decimal | None,
        estimate: Decimal | None,
    ) -> Self | None:
        """The entry of a job: its estimate until the cost is known, None if it failed uncharged.

        `images` is the requested number.
        """
        if state is JobState.FAILED and charged is ChargeStatus.NO:
            return None
        return cls(at=at, usd=estimate if cost is None else cost, images=images)


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

    def status(self, spent: Iterable[SpendingEntry], now: datetime) -> BudgetStatus:
        """How much the entries within the span use."""
        recent = self._recent_amounts(spent, now)
        return BudgetStatus(
            name=self.name,
            limit=self.limit,
            counts_images=self.counts_images,
            spent=sum((amount for _, amount in recent if amount is not None), Decimal(0)),
            unknown=sum(amount is None for _, amount in recent),
            fully_available_at=max((at + self.span for at, _ in recent), default=None),
        )

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
