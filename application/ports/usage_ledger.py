"""Port: what was spent, and what may still be."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from domain.jobs import Job
from domain.money.budgets import BudgetLimits, SpendingEntry
from domain.money.usage_account import Savings, UsageAccount
from domain.requests import ImageRequest


class UsageLedger(Protocol):
    """Keeps accounts over the same records as the Archive, and so over all processes' jobs.

    Every method raises ArchiveUnavailable when the disk or the database refuses.
    """

    async def reserve(
        self, job: Job[ImageRequest], /, limits: BudgetLimits, *, now: datetime
    ) -> None:
        """Record the job, durably, unless there is no room for its estimate within `limits`.

        Looking and recording are one step: however many ask at once, in however many
        processes, what is reserved and spent never passes a limit. Raises BudgetExhausted, and
        then nothing is recorded. From here on the job counts, until it is recorded as failed
        without a charge.
        """

    async def release(self, job: Job[ImageRequest], /) -> None:
        """Record the end of a job that was reserved and never sent.

        Where that raises, it is made up for as by `Archive.record`.
        """

    async def spent(self, since: datetime, /) -> Sequence[SpendingEntry]:
        """What jobs took that were asked for after `since`, in any order."""

    async def credit(self, saved: Mapping[str, Savings], day: date, /) -> None:
        """Add what answers by these models have saved to the account of that day."""

    async def accounts(self, since: datetime, /) -> Sequence[UsageAccount]:
        """One for each day and model with jobs or savings since then, the newest day first."""
