"""Counts the money that callers saved because an equal request was paid for before."""

from collections.abc import Callable
from decimal import Decimal

from application.ports.clock import Clock
from application.ports.usage_ledger import UsageLedger
from domain.errors import ArchiveUnavailable
from domain.events import Failed, Finished, JobStarted, ServiceEvent
from domain.money.usage_account import Savings
from domain.money.usage_breakdown import ReuseKey


class SavingsCounter:
    """An EventSink that adds up savings in memory and writes them to the ledger in `flush`.

    A cached result therefore never waits for the ledger. A process that is killed loses the savings
    since its last flush, but no record of money spent. Callers that join after a job's end are not
    counted, and callers that join a running job are counted for the client that started it.
    """

    def __init__(self, ledger: Callable[[], UsageLedger], clock: Clock) -> None:
        """`ledger` is called at the first write, because loading it may take long."""
        self._ledger = ledger
        self._clock = clock
        self._saved: dict[ReuseKey, Savings] = {}
        self._running: dict[str, JobStarted] = {}

    def publish(self, event: ServiceEvent, /) -> None:
        if isinstance(event, JobStarted):
            self._running[event.job_id] = event
        elif isinstance(event, Finished | Failed):
            started = self._running.pop(event.job_id, None)
            if isinstance(event, Finished):
                self._count(event, started)

    def _count(self, event: Finished, started: JobStarted | None) -> None:
        result = event.result
        free_results = event.joined_callers + result.is_cached
        if free_results:
            usd = (result.generation_cost or Decimal(0)) * free_results
            key = ReuseKey(result.model)
            if started is not None:
                key = ReuseKey(result.model, started.owner, started.client, started.action)
            self._add(key, Savings(results=free_results, usd=usd))

    async def flush(self) -> None:
        """Write the savings. If that fails, keep them and raise ArchiveUnavailable."""
        if not self._saved:
            return
        saved, self._saved = self._saved, {}
        try:
            await self._ledger().credit(saved, self._clock.now().astimezone())
        except ArchiveUnavailable:
            for key, savings in saved.items():
                self._add(key, savings)
            raise

    def _add(self, key: ReuseKey, savings: Savings) -> None:
        self._saved[key] = self._saved.get(key, Savings()) + savings
