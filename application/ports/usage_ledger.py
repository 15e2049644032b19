"""Port: what was spent and saved."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from domain.money.budgets import SpendingEntry
from domain.money.usage_account import Savings, UsageAccount


class UsageLedger(Protocol):
    """Accounts of the jobs in a JobRepository: of all processes that share it.

    Every method raises ArchiveUnavailable when the database refuses.
    """

    async def spent(self, since: datetime, /) -> Sequence[SpendingEntry]:
        """Return what each job created after `since` uses of the limits, in any order."""

    async def credit(self, saved: Mapping[str, Savings], day: date, /) -> None:
        """Add what results of these models saved to that day's accounts."""

    async def accounts(self, since: datetime, /) -> Sequence[UsageAccount]:
        """Return one account for each day and model with jobs or savings, the newest day first."""
