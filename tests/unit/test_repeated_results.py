"""`last` means the image that a caller got last, also if it came from the cache."""

import pytest

from application.repeated_results import RepeatedResults
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

    async def repeat(self, given: object, /) -> None:
        if self.refuses:
            raise ArchiveUnavailable("The disk is full.")
        self.given.append(given)


async def test_only_cached_results_are_noted_and_what_cannot_be_written_is_written_later() -> None:
    records, clock = Reluctant(), FrozenClock()
    repeated = RepeatedResults(lambda: records, clock)
    publish_all(repeated, generated(job("job_1")))
    await repeated.flush()
    publish_all(repeated, cached(job("job_2"), "disk"))
    with pytest.raises(ArchiveUnavailable):
        await repeated.flush()
    publish_all(repeated, cached(job("job_3"), "memory"))
    records.refuses = False
    await repeated.flush()
    await repeated.flush()
    assert records.given == [{"job_2": clock.now(), "job_3": clock.now()}]
