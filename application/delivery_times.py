"""Records when callers got results from a cache, so that `last` means one of those too."""

from collections.abc import Callable
from datetime import datetime

from application.ports.clock import Clock
from application.ports.job_repository import JobRepository
from domain.errors import ArchiveUnavailable
from domain.events import Finished, ServiceEvent


class DeliveryTimes:
    """An EventSink that keeps the times in memory and writes them to the records in `flush`.

    A cached result therefore never waits for the records. A process that is killed loses the times
    since its last flush: `last` then means a newer image.
    """

    def __init__(self, records: Callable[[], JobRepository], clock: Clock) -> None:
        """`records` is called at the first write, because loading it may take long."""
        self._records = records
        self._clock = clock
        self._times: dict[str, datetime] = {}

    def publish(self, event: ServiceEvent, /) -> None:
        if isinstance(event, Finished) and event.result.is_cached:
            self._times[event.result.job_id] = self._clock.now()

    async def flush(self) -> None:
        """Write the times. If that fails, keep them and raise ArchiveUnavailable."""
        if not self._times:
            return
        times, self._times = self._times, {}
        try:
            await self._records().record_deliveries(times)
        except ArchiveUnavailable:
            self._times = times | self._times
            raise
