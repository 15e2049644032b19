"""Counts the money that callers saved because an equal request had been paid for."""

from collections.abc import Callable
from decimal import Decimal

from application.ports.clock import Clock
from application.ports.usage_ledger import UsageLedger
from domain.errors import ArchiveUnavailable
from domain.events import Finished, ServiceEvent
from domain.money.usage_account import Savings


class SavingsCounter:
    """An EventSink that adds up savings in memory, and writes them to the ledger in `flush`.

    So a cached result waits for no disk. A process that is killed loses the savings since its last
    flush, which is no money that was spent. Callers that join after a job's end are not counted.
    """

    def __init__(self, ledger: Callable[[], UsageLedger], clock: Clock) -> None:
        """`ledger` is called when there is something to write: loading one may take long."""
        self._ledger = ledger
        self._clock = clock
        self._saved: dict[str, Savings] = {}

    def publish(self, event: ServiceEvent, /) -> None:
        if not isinstance(event, Finished):
            return
        result = event.result
        answers = event.joined_callers + result.is_cached
        if answers:
            usd = (result.generation_cost or Decimal(0)) * answers
            self._add(result.model, Savings(answers=answers, usd=usd))

    async def flush(self) -> None:
        """Write the savings; raise ArchiveUnavailable, and keep them, if that fails."""
        if not self._saved:
            return
        saved, self._saved = self._saved, {}
        try:
            await self._ledger().credit(saved, self._clock.now().date())
        except ArchiveUnavailable:
            for model, savings in saved.items():
                self._add(model, savings)
            raise

    def _add(self, model: str, savings: Savings) -> None:
        self._saved[model] = self._saved.get(model, Savings()) + savings
