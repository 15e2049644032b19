"""What callers did not have to pay, because an equal request had been paid for."""

from collections.abc import Callable
from decimal import Decimal

from application.ports.clock import Clock
from application.ports.usage_ledger import UsageLedger
from domain.errors import ArchiveUnavailable
from domain.events import Finished, ServiceEvent
from domain.money.usage_account import Savings


class SavingsCounter:
    """An EventSink that adds up in memory, and writes to the ledger when it is told to `flush`.

    So an answer from the cache waits for no disk. What was added since the last flush is lost if
    the process is killed: that is no money that was spent. Who joins after a job's end is not
    counted.
    """

    def __init__(self, ledger: Callable[[], UsageLedger], clock: Clock) -> None:
        """The ledger is fetched when there is something to write, for it may take long to load."""
        self._ledger = ledger
        self._clock = clock
        self._saved: dict[str, Savings] = {}

    def publish(self, event: ServiceEvent, /) -> None:
        if not isinstance(event, Finished):
            return
        images = event.result
        answers = event.joined_callers + images.is_cached
        if answers:
            usd = (images.generation_cost or Decimal(0)) * answers
            self._add(images.model, Savings(answers=answers, usd=usd))

    async def flush(self) -> None:
        """Write what was added; raise ArchiveUnavailable, and keep it, where that cannot be."""
        if not self._saved:
            return
        saved, self._saved = self._saved, {}
        try:
            await self._ledger().credit(saved, self._clock.now().date())
        except ArchiveUnavailable:
            for model, amount in saved.items():
                self._add(model, amount)
            raise

    def _add(self, model: str, more: Savings) -> None:
        self._saved[model] = self._saved.get(model, Savings()) + more
