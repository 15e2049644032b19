"""What may be spent, what is spent of it, and when there is room again."""

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
    """What one job takes of the limits, from `at` on; `usd` None where nobody can say."""

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
        pictures: int,
        cost: Decimal | None,
        estimate: Decimal | None,
    ) -> Self | None:
        """None for a job that failed free of charge; the estimate until the cost is known.

        `pictures` are those that were asked for.
        """
        if state is JobState.FAILED and charged is ChargeStatus.NO:
            return None
        return cls(at=at, usd=estimate if cost is None else cost, images=pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """How much of a limit is taken; `unknown` jobs took nobody knows how much besides.

    All of it is free again at `free_at`, None if it is free now.
    """

    name: str
    limit: Decimal
    spent: Decimal
    unknown: int
    fully_available_at: datetime | None

    @property
    def left(self) -> Decimal:
        """Never negative, although a call may have cost more than its estimate."""
        return max(Decimal(0), self.limit - self.spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingLimit:
    """A limit for the latest `span` of time; of pictures, or else of US dollars.

    What a clock that jumped has dated in the future counts too, up to one span ahead: whatever is
    dated later would close the budget for as long as the clock had been wrong.
    """

    name: str
    span: timedelta
    limit: Decimal
    counts_images: bool

    def status(self, spent: Iterable[SpendingEntry], now: datetime) -> BudgetStatus:
        """How much is taken by what is not older than the span."""
        taken = self._recent_amounts(spent, now)
        return BudgetStatus(
            name=self.name,
            limit=self.limit,
            spent=sum((amount for _, amount in taken if amount is not None), Decimal(0)),
            unknown=sum(amount is None for _, amount in taken),
            fully_available_at=max((at + self.span for at, _ in taken), default=None),
        )

    def available_at(
        self, needed: Decimal, spent: Iterable[SpendingEntry], now: datetime
    ) -> datetime | None:
        """When there is room for as much: `now` if there is, None if there will never be."""
        if needed > self.limit:
            return None
        taken = self._recent_amounts(spent, now)
        unknown = sum(amount is None for _, amount in taken)
        total = sum((amount for _, amount in taken if amount is not None), needed)
        room = now
        for at, amount in taken:
            if not unknown and total <= self.limit:
                break
            unknown -= amount is None
            total -= amount or Decimal(0)
            room = at + self.span
        return room

    def _recent_amounts(
        self, spent: Iterable[SpendingEntry], now: datetime
    ) -> list[tuple[datetime, Decimal | None]]:
        """The oldest first."""
        recent = [each for each in spent if abs(each.at - now) < self.span]
        amounts = [
            (each.at, Decimal(each.images) if self.counts_images else each.usd) for each in recent
        ]
        return sorted(amounts, key=lambda pair: pair[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLimits:
    """What may be spent: US dollars in 24 hours and for one call, and pictures in an hour.

    None sets no limit; 0 lets nothing be spent.
    """

    day_usd: Decimal | None = None
    images_hour: int | None = None
    call_usd: Decimal | None = None

    def rolling_limits(self) -> list[RollingLimit]:
        """The limits that hold for a time."""
        found = []
        if self.day_usd is not None:
            found.append(
                RollingLimit(
                    name="BUDGET_DAY_USD", span=DAY, limit=self.day_usd, counts_images=False
                )
            )
        if self.images_hour is not None:
            images = Decimal(self.images_hour)
            found.append(
                RollingLimit(name="BUDGET_IMAGES_HOUR", span=HOUR, limit=images, counts_images=True)
            )
        return found

    def since(self, now: datetime) -> datetime | None:
        """The moment from which on spending matters; None if it never does."""
        return min((now - window.span for window in self.rolling_limits()), default=None)
