"""An end that could not be written when it came is written once that can be done."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest

from application.ports.image_provider import Delivered
from application.safeguards.archiving import Archiving
from application.safeguards.budget import Budget
from domain.errors import ArchiveUnavailable, Canceled
from domain.events import JobDispatched
from domain.image import StoredRef
from domain.jobs import Job, JobState
from domain.money.budgets import BudgetLimits
from domain.provider_errors import OutcomeUnknown, ProviderError, RateLimited
from domain.requests import ImageRequest
from domain.results import ResultFacts, ResultImage
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.usage_ledger import NOW, TEN, Books, costing
from tests.testkit.fakes import PNG, FakeProvider, FrozenClock, job_for

pytestmark = pytest.mark.anyio

BUSY = 0.05
"""Seconds after which a writer gives up here."""


class Records(DataFolder):
    """A data folder whose database another process can lock."""

    def locked(self) -> closing[sqlite3.Connection]:
        """Nothing else is written until it is closed."""
        other = sqlite3.connect(self.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        return closing(other)

    def state(self, id_: str = "job_1") -> str:
        """What another process finds in the database."""
        ((state,),) = self.sql("SELECT state FROM jobs WHERE id = ?", id_)
        return str(state)


@pytest.fixture
async def records(
    tmp_path: Path, anyio_backend: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Records]:
    monkeypatch.setattr("adapters.records.dialect.BUSY_TIMEOUT", BUSY)
    its = Records(tmp_path)
    yield its
    await its.close()


@dataclass(frozen=True)
class End:
    """A last state, how it is written, and what was written of the job before."""

    of: Callable[[Job[ImageRequest]], Job[ImageRequest]]
    sent: bool = True


ENDS = {
    "stored": End(lambda job: job.stored((ResultImage(image=PNG, stored=StoredRef(ref="p")),))),
    "failed": End(lambda job: job.failed(RateLimited("Not now."))),
    "unknown": End(lambda job: job.ended(OutcomeUnknown("Cut."))),
    "released": End(lambda job: job.failed(Canceled("Never sent.")), sent=False),
}


async def came_too_early(records: Records, end: End) -> JobState:
    """Let the job end while the database is locked; return the state that it should have."""
    job = job_for()
    job = job.dispatched() if end.sent else job
    await records.records.save(job)
    ended = end.of(job)
    with records.locked():
        with pytest.raises(ArchiveUnavailable):
            await records.records.save(ended)
        assert (await records.record()).is_open
    assert records.state() == job.state
    return ended.state


async def recover(records: Records) -> None:
    assert await records.recover() == 0


async def record_another(records: Records) -> None:
    await records.records.save(job_for(id="job_2"))


async def close(records: Records) -> None:
    await records.close()


@pytest.mark.parametrize("catch_up", [recover, record_another, close])
@pytest.mark.parametrize("end", ENDS.values(), ids=[*ENDS])
async def test_once_the_lock_is_gone_the_next_who_writes_writes_it(
    records: Records, end: End, catch_up: Callable[[Records], Awaitable[None]]
) -> None:
    wanted = await came_too_early(records, end)
    await catch_up(records)
    assert records.state() == wanted


async def test_who_asks_for_the_job_or_its_picture_is_told_the_truth_at_once(
    records: Records,
) -> None:
    job = job_for().dispatched()
    await records.records.save(job)
    entry = ResultImage(image=PNG, stored=await records.images.put(PNG))
    with records.locked(), pytest.raises(ArchiveUnavailable):
        await records.records.save(job.stored((entry,), ResultFacts(request_id="req_1")))
    assert await records.library.find(PNG.id, owner="local") == PNG
    told = await records.record()
    assert (told.state, told.request_id) == (JobState.STORED, "req_1")


async def test_nobody_who_reads_waits_for_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.records.dialect.BUSY_TIMEOUT", 2)
    records = Records(tmp_path)
    job = job_for().dispatched()
    await records.records.save(job)
    with records.locked():
        with pytest.raises(ArchiveUnavailable):
            await records.records.save(job.failed(RateLimited("Not now.")))
        started = monotonic()
        for _ in range(5):
            assert (await records.record()).is_open
        assert monotonic() - started < 1
        with pytest.raises(ArchiveUnavailable):
            await records.records.save(job_for(id="job_2"))
        assert monotonic() - started > 2
    await records.close()
    assert records.state() == JobState.FAILED


async def test_a_job_that_is_only_sent_is_not_written_later(records: Records) -> None:
    await records.records.save(job_for())
    with records.locked(), pytest.raises(ArchiveUnavailable):
        await records.records.save(job_for().dispatched())
    await records.recover()
    assert records.state() == JobState.RESERVED


async def test_a_late_release_makes_room_for_the_next_reservation(records: Records) -> None:
    job = costing("job_1", "10")
    books = Books(records.ledger, records.records)
    await books.reserve(job, TEN)
    with records.locked(), pytest.raises(ArchiveUnavailable):
        await records.records.save(job.failed(Canceled("Never sent.")))
    await books.reserve(costing("job_2", "10"), TEN)


async def test_a_picture_that_was_paid_for_is_known_although_the_lock_outlasted_its_record(
    records: Records,
) -> None:
    line = Budget(
        Archiving(FakeProvider(), records.images, records.records),
        records.records,
        BudgetLimits(),
        FrozenClock(),
    )
    painting = line.generate(job_for())
    assert isinstance(await anext(painting), JobDispatched)
    with records.locked():
        came = await anext(painting)
    assert isinstance(came, Delivered)
    assert came.notes == ("The job's record could not be written.",)
    await painting.aclose()
    assert await records.library.find(PNG.id, owner="local") == PNG
    (account,) = await records.ledger.accounts(NOW.replace(year=2000))
    assert account.images == 1


@pytest.mark.parametrize("fault", [RateLimited("Not now."), OutcomeUnknown("Cut.")])
async def test_how_a_call_failed_is_known_although_the_lock_outlasted_its_record(
    records: Records, fault: ProviderError
) -> None:
    line = Archiving(FakeProvider(fails=[fault]), records.images, records.records)
    painting = line.generate(job_for())
    await anext(painting)
    with records.locked(), pytest.raises(type(fault)):
        await anext(painting)
    told = await records.record()
    assert told.failure is not None
    assert (told.is_open, told.failure.code) == (False, fault.code)


async def test_a_close_that_finds_the_lock_still_there_leaves_the_job_to_the_next_process(
    records: Records, tmp_path: Path
) -> None:
    await came_too_early(records, ENDS["failed"])
    with records.locked():
        await records.close()
    other = Records(tmp_path)
    assert await other.recover() == 1
    assert other.state() == JobState.UNKNOWN
    await other.close()
