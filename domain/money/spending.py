"""What jobs use of the spending limits, each one and together."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol, Self

from domain.errors import ChargeStatus
from domain.jobs import JobState


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


class SpendingTotal(NamedTuple):
    """What several jobs use together; the cost of `unknown` of them is not in `usd`.

    The last of them was created at `latest`, None if there is none.
    """

    usd: Decimal = Decimal(0)
    images: int = 0
    unknown: int = 0
    latest: datetime | None = None

    @classmethod
    def of(cls, entries: Iterable[SpendingEntry]) -> Self:
        """The sum of all entries."""
        every = list(entries)
        return cls(
            usd=sum((each.usd for each in every if each.usd is not None), Decimal(0)),
            images=sum(each.images for each in every),
            unknown=sum(each.usd is None for each in every),
            latest=max((each.at for each in every), default=None),
        )

    def __add__(self, other: object) -> "SpendingTotal":
        """The total of the jobs of both."""
        if not isinstance(other, SpendingTotal):
            return NotImplemented
        times = [each.latest for each in (self, other) if each.latest is not None]
        return SpendingTotal(
            usd=self.usd + other.usd,
            images=self.images + other.images,
            unknown=self.unknown + other.unknown,
            latest=max(times, default=None),
        )


class Spending(Protocol):
    """The spending of jobs: the totals first, because reading every job takes long."""

    def total(self, after: datetime, before: datetime) -> SpendingTotal:
        """What the jobs use that were created between these times."""

    def entries(self) -> Sequence[SpendingEntry]:
        """What each job uses."""


class SpendingEntries(tuple[SpendingEntry, ...]):
    """A Spending in memory."""

    __slots__ = ()

    def total(self, after: datetime, before: datetime) -> SpendingTotal:
        return SpendingTotal.of(each for each in self if after < each.at < before)

    def entries(self) -> Sequence[SpendingEntry]:
        return self
