"""Use case: report spending, savings, and what is left of each budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add

from application.ports.clock import Clock
from application.ports.usage_ledger import UsageLedger
from domain.local_times import begin_of_days
from domain.money.budgets import BudgetLimits, BudgetStatus
from domain.money.usage_account import UsageAccount

ALL = "all days and models"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """The accounts of all days from `since` on, the newest first, and the status of each limit."""

    since: date
    accounts: Sequence[UsageAccount]
    statuses: Sequence[BudgetStatus]

    @property
    def total(self) -> UsageAccount:
        """The sum of all accounts: of every caller, all days from `since` on, and every model."""
        return reduce(add, self.accounts, UsageAccount(day=self.since, model=ALL))


class ReportUsage:
    """Reads the ledger."""

    def __init__(self, ledger: UsageLedger, limits: BudgetLimits, clock: Clock) -> None:
        self.ledger = ledger
        self.limits = limits
        self.clock = clock

    async def __call__(self, days: int) -> UsageReport:
        """Report the last `days` days, including today; raise ArchiveUnavailable.

        Days begin at midnight in the time zone of this machine.
        """
        now = self.clock.now().astimezone()
        begin, limits = begin_of_days(now, days), self.limits.rolling_limits()
        return UsageReport(
            since=begin.date(),
            accounts=await self.ledger.accounts(begin),
            statuses=[each.status(await self.ledger.total(*each.bounds(now))) for each in limits],
        )
