"""Use case: group what was used by day, hour, model, owner, client, action or outcome."""

from dataclasses import dataclass
from datetime import date

from application.ports.clock import Clock
from application.ports.usage_ledger import UsageLedger
from domain.local_times import begin_of_days
from domain.money.usage_breakdown import Dimension, UsageBreakdown


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageAnalysis:
    """The usage of all days from `since` on, of every caller."""

    since: date
    breakdown: UsageBreakdown


class AnalyzeUsage:
    """Reads the ledger."""

    def __init__(self, ledger: UsageLedger, clock: Clock) -> None:
        self.ledger = ledger
        self.clock = clock

    async def __call__(self, by: Dimension, days: int) -> UsageAnalysis:
        """Group the usage of the same days as ReportUsage; raise ArchiveUnavailable."""
        begin = begin_of_days(self.clock.now().astimezone(), days)
        return UsageAnalysis(since=begin.date(), breakdown=await self.ledger.breakdown(begin, by))
