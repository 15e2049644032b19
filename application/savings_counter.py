"""Counts the money that callers saved because an equal request was paid for before."""

from collections.abc import Callable
from decimal import Decimal

from application.ports.clock import Clock
from application.ports.usage_ledger import UsageLedger
from domain.errors import ArchiveUnavailable
from domain.events import Finished, ServiceEvent
from domain.money.usage_account import Savings


class SavingsCounter:
    """An EventSink that adds up savings in memory and writes them to the ledger in `flush`.

    A cached result therefore never waits for the ledger. A process that is killed loses the savings
    since its last flush, but no record of money spent. Callers that join after a job's end are not
    counted.
    """

    def __init__(self, ledger: Callable[[], UsageLedger], clock: Clock) -> None:
        """`ledger` is called at the first write, because loading it may take long."""
        self._ledger = ledger
        self._clock = clock
        self._saved: dict[str, Savings] = {}

    def publish(self, event: ServiceEvent, /) -> None:
        if not isinstance(event, Finished):
            return
        result = event.result
        free_results = event.joined_callers + result.is_cached
        if free_results:
            usd = (result.generation_cost or Decimal(0)) * free_results
            self._add(result.model, Savings(results=free_results, usd=usd))

    async def flush(self) -> None:
        """Write the savings. If that fails, keep them and raise ArchiveUnavailable."""
        if not self._saved:
            return
        saved, self._saved = self._saved, {}
        try:
            await self._ledger().credit(saved, self._clock.now().astimezone().date())
        except ArchiveUnavailable:
            for model, savings in saved.items():
                self._add(model, savings)
            raise

    def _add(self, model: str, savings: Savings) -> None:
        self._saved[model] = self._saved.get(model, Savings()) + savings
