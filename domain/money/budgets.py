"""What may be spent, what is spent of it, and when there is room again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, Self

from domain.errors import Charged
from domain.jobs import JobState

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


class Spending(NamedTuple):
    """What one job takes of the limits, from `at` on; `usd` None where nobody can say."""

    at: datetime
    usd: Decimal | None
    pictures: int

    @classmethod
    def of(
        cls,
        *,
        at: datetime,
        state: JobState,
        charged: Charged,
        pictures: int,
        cost: Decimal | None,
        estimate: Decimal | None,
    ) -> Self | None:
        """None for a job that failed free of charge; the estimate until the cost is known.

        `pictures` are those that were asked for.
        """
        if state is JobState.FAILED and charged is Charged.NO:
            return None
        return cls(at=at, usd=estimate if cost is None else cost, pictures=pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How much of a limit is taken; `unknown` jobs took nobody knows how much besides.

    All of it is free again at `free_at`, None if it is free now.
    """

    name: str
    limit: Decimal
    spent: Decimal
    unknown: int
    free_at: datetime | None

    @property
    def left(self) -> Decimal:
        """Never negative, although a call may have cost more than its estimate."""
        return max(Decimal(0), self.limit - self.spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A limit for the latest `span` of time; of pictures, or else of US dollars.

    What a clock that jumped has dated in the future counts too, up to one span ahead: whatever is
    dated later would close the budget for as long as the clock had been wrong.
    """

    name: str
    span: timedelta
    limit: Decimal
    of_pictures: bool

    def standing(self, spent: Iterable[Spending], now: datetime) -> Standing:
        """How much is taken by what is not older than the span."""
        taken = self._taken(spent, now)
        return Standing(
            name=self.name,
            limit=self.limit,
            spent=sum((amount for _, amount in taken if amount is not None), Decimal(0)),
            unknown=sum(amount is None for _, amount in taken),
            free_at=max((at + self.span for at, _ in taken), default=None),
        )

    def room_at(self, needed: Decimal, spent: Iterable[Spending], now: datetime) -> datetime | None:
        """When there is room for as much: `now` if there is, None if there will never be."""
        if needed > self.limit:
            return None
        taken = self._taken(spent, now)
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

    def _taken(
        self, spent: Iterable[Spending], now: datetime
    ) -> list[tuple[datetime, Decimal | None]]:
        """The oldest first."""
        recent = [each for each in spent if abs(each.at - now) < self.span]
        amounts = [
            (each.at, Decimal(each.pictures) if self.of_pictures else each.usd) for each in recent
        ]
        return sorted(amounts, key=lambda pair: pair[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be spent: US dollars in 24 hours and for one call, and pictures in an hour.

    None sets no limit; 0 lets nothing be spent.
    """

    day_usd: Decimal | None = None
    images_hour: int | None = None
    call_usd: Decimal | None = None

    def windows(self) -> list[Window]:
        """The limits that hold for a time."""
        found = []
        if self.day_usd is not None:
            found.append(
                Window(name="BUDGET_DAY_USD", span=DAY, limit=self.day_usd, of_pictures=False)
            )
        if self.images_hour is not None:
            images = Decimal(self.images_hour)
            found.append(
                Window(name="BUDGET_IMAGES_HOUR", span=HOUR, limit=images, of_pictures=True)
            )
        return found

    def since(self, now: datetime) -> datetime | None:
        """The moment from which on spending matters; None if it never does."""
        return min((now - window.span for window in self.windows()), default=None)
