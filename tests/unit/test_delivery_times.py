"""`last` means the image that a caller got last, also if it came from the cache."""

import pytest

from application.delivery_times import DeliveryTimes
from domain.errors import ArchiveUnavailable
from tests.testkit.events import cached, generated, job, publish_all
from tests.testkit.fakes import FrozenClock, MemoryJobRepository

pytestmark = pytest.mark.anyio


class Reluctant(MemoryJobRepository):
    """Records that refuse to be written."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[object] = []
        self.refuses = True

    async def record_deliveries(self, times: object, /) -> None:
        if self.refuses:
            raise ArchiveUnavailable("The disk is full.")
        self.given.append(times)


async def test_only_cached_results_are_noted_and_what_cannot_be_written_is_written_later() -> None:
    records, clock = Reluctant(), FrozenClock()
    delivery_times = DeliveryTimes(lambda: records, clock)
    publish_all(delivery_times, generated(job("job_1")))
    await delivery_times.flush()
    publish_all(delivery_times, cached(job("job_2"), "disk"))
    with pytest.raises(ArchiveUnavailable):
        await delivery_times.flush()
    publish_all(delivery_times, cached(job("job_3"), "memory"))
    records.refuses = False
    await delivery_times.flush()
    await delivery_times.flush()
    assert records.given == [{"job_2": clock.now(), "job_3": clock.now()}]
