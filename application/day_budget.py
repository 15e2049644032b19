"""What is spent of the limit for a day, for the answers to callers."""

from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.usage_ledger import UsageLedger
from domain.errors import ArchiveUnavailable
from domain.money.budgets import BudgetLimits
from domain.money.day_spending import DaySpending
from domain.results import ImageResult

MAX_AGE = timedelta(seconds=5)
"""Free results may show spending of this age: a thousand of them then read the ledger once."""


class DayBudget:
    """Reads the ledger, if there is a limit for a day. Never raises."""

    def __init__(self, ledger: UsageLedger, limits: BudgetLimits, clock: Clock) -> None:
        self._ledger = ledger
        self._limit = limits.day
        self._clock = clock
        self._known: tuple[datetime, DaySpending] | None = None

    async def beside(self, result: ImageResult) -> DaySpending | None:
        """Return the spending of the last 24 hours, the cost of this result included.

        None if there is no limit for a day, if the ledger cannot be read, or for a free provider.
        """
        now = self._clock.now()
        free = result.generation_cost == 0 and not result.is_prepaid
        if self._limit is None or free:
            return None
        if result.is_prepaid and self._known is not None and now - self._known[0] < MAX_AGE:
            return self._known[1]
        try:
            used = await self._ledger.total(*self._limit.bounds(now))
        except ArchiveUnavailable:
            return None
        status = self._limit.status(used)
        spending = DaySpending(status.spent, status.limit, status.unknown)
        self._known = now, spending
        return spending
