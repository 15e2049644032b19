"""Port: accounts of spending and savings."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.money.estimates import CallKind, SeenCalls
from domain.money.spending import SpendingTotal
from domain.money.usage_account import Savings, UsageAccount
from domain.money.usage_breakdown import Dimension, ReuseKey, UsageBreakdown


class UsageLedger(Protocol):
    """Accounts of the jobs in a JobRepository, by all instances that share its records.

    Every method raises ArchiveUnavailable when the accounts cannot be read or written.
    """

    async def total(self, after: datetime, before: datetime, /) -> SpendingTotal:
        """Return what the jobs created between these times count against the limits together."""

    async def seen_calls(
        self, kinds: Collection[CallKind], /, *, since: datetime, limit: int
    ) -> SeenCalls:
        """Return the newest `limit` calls of each kind that were created after `since`.

        Only calls that delivered images and have a known cost, of all owners, the newest first.
        """

    async def credit(self, saved: Mapping[ReuseKey, Savings], at: datetime, /) -> None:
        """Add the savings to the accounts of the day and hour of `at`, in its time zone."""

    async def accounts(self, since: datetime, /) -> Sequence[UsageAccount]:
        """Return one account for each day and model with jobs or savings, the newest day first.

        Days are those of the time zone of `since`; savings keep the day that they were credited to.
        """

    async def breakdown(self, since: datetime, by: Dimension, /) -> UsageBreakdown:
        """Return the usage of all jobs and savings of the days of `accounts`, by this dimension.

        Its sums are those of the accounts. What a record does not tell is in a group of its own.
        """
